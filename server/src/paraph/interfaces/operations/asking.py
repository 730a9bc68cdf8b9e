# SPDX-License-Identifier: Apache-2.0
"""An operator asks for a deed; the page after it shows who decides next."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, page
from paraph.interfaces.operations.deciding import said
from paraph.interfaces.operations.forms import FORMS
from paraph.kernel.errors import Refusal


@require_safe
@role_required(ADMIN)
def deeds(request: HttpRequest) -> HttpResponse:
    return page(request, "approvals", template="deeds", heading=_("Faire une demande"),
                rows=[(name, form.title, form.hint) for name, form in FORMS.items()])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(ADMIN)
def ask(request: HttpRequest, deed: str) -> HttpResponse:
    kind = FORMS.get(deed)
    if kind is None:
        raise Http404
    if request.method != "POST":
        return page(request, "approvals", template="ask", heading=kind.title, form=kind(initial=request.GET.dict()), kind=kind)
    form = kind(request.POST)
    if form.is_valid():
        try:
            form.ask(request.caller)
            return HttpResponseRedirect(reverse("operations:approvals"))
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    return page(request, "approvals", template="ask", heading=kind.title, form=form, kind=kind, status=422)
