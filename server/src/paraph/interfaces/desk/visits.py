# SPDX-License-Identifier: Apache-2.0
"""A holder at the counter (R085, R147): the officer opens a visit, compares his document, then replaces a product or
sends new initial codes. A bank branch does the same for those whom it registered."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.devices import queries as devices
from paraph.domain.registration import services
from paraph.domain.support import queries as support
from paraph.domain.support import services as support_services
from paraph.domain.support.models import Case
from paraph.interfaces.callers import role_required
from paraph.interfaces.desk.forms import CloseVisitForm, VisitForm, VisitorForm, posted
from paraph.interfaces.desk.views import PAGE_SIZE, VISITS, navigation
from paraph.interfaces.desk.wording import DEVICE_STATES, FEATURES
from paraph.interfaces.helpdesk.forms import CodesForm, ReplaceForm
from paraph.interfaces.helpdesk.views import replace_with
from paraph.interfaces.helpdesk.wording import DEVICE_TYPES, DONE, REPLACEMENTS, STATES
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel.errors import NotFound, Refusal

OFFICER = "registration_officer"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(OFFICER)
def visits(request: HttpRequest) -> HttpResponse:
    """Those that are open at this officer's desks, and a field to open one. What is typed stands in no address."""
    form = VisitForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            visit = services.open_visit(sought=form.cleaned_data["sought"], caller=request.caller)
        except Refusal as refusal:
            form.add_error("sought", sentence_of(refusal))
        else:
            return _here(visit)
    paging = Paginator(support.open_visits(request.caller.organisations(OFFICER)), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "desk/visits.html", {
        "navigation": navigation(request, VISITS), "form": form, "visits": list(paging), "paging": paging},
        status=422 if form.errors else 200)


def _of_own_desk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The visit, if it is one of the officer's desk; for everybody else there is none."""

    @wraps(view)
    @role_required(OFFICER)
    def guarded(request: HttpRequest, case_id: UUID) -> HttpResponse:
        found = support.case(case_id)
        if found.channel != "desk" or found.organisation not in request.caller.organisations(OFFICER):
            raise NotFound()
        return view(request, found)

    return guarded


@require_safe
@_of_own_desk
def visit(request: HttpRequest, found: Case) -> HttpResponse:
    return _page(request, found)


@require_POST
@_of_own_desk
def check(request: HttpRequest, found: Case) -> HttpResponse:
    """At the counter the officer sees the document himself, so he is told what differs."""
    form = VisitorForm(posted(request), language=request.caller.language)

    def compare() -> None:
        result = support_services.check_visitor(case_id=found.id, seen=form.seen, caller=request.caller,
                                                person_present=form.cleaned_data["person_present"])
        for feature in result.asked:
            if feature not in result.right:
                form.add_error(None, FEATURES[feature])

    return _act(request, found, "check_form", form, compare)


@require_POST
@_of_own_desk
def replace(request: HttpRequest, found: Case) -> HttpResponse:
    form = _replace_form(found, posted(request))
    return _act(request, found, "replace_form", form,
                lambda: replace_with(form, case_id=found.id, caller=request.caller), done="replaced")


@require_POST
@_of_own_desk
def codes(request: HttpRequest, found: Case) -> HttpResponse:
    form = CodesForm(posted(request))
    return _act(request, found, "codes_form", form, lambda: services.reissue_codes(
        case_id=found.id, channel=form.cleaned_data["channel"], caller=request.caller),
        done=request.POST.get("channel", ""))


@require_POST
@_of_own_desk
def close(request: HttpRequest, found: Case) -> HttpResponse:
    form = CloseVisitForm(posted(request))
    return _act(request, found, "close_form", form, lambda: support_services.close_case(
        case_id=found.id, outcome=form.cleaned_data["outcome"], caller=request.caller), done="closed")


def _replace_form(found: Case, data=None) -> ReplaceForm:
    return ReplaceForm(data, devices=devices.replaceable(found.identity_id), initial={"delivery": "hand"})


def _here(found: Case, done: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse("desk:visit", args=(found.id,)) + (f"?done={done}" if done else ""))


def _act(request: HttpRequest, found: Case, name: str, form, action: Callable[[], object], *, done: str = "") -> HttpResponse:
    if form.is_valid():
        try:
            action()
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        if not form.errors:
            return _here(found, done)
    return _page(request, found, **{name: form})


def _page(request: HttpRequest, found: Case, **forms) -> HttpResponse:
    """Who he is said to be is shown, what he has only once his document was compared."""
    found.refresh_from_db()
    failed = next((form for form in forms.values() if form.errors), None)
    identified = support.is_identified(found, request.caller)
    context = {
        "navigation": navigation(request), "case": found, "name": found.identity.person.full_name, "identified": identified,
        "failed": failed, "done": DONE.get(request.GET.get("done", ""), ""), "state": STATES[found.state],
        "has_errors": failed is not None,
        "checks": support.checks(found.id), "check_form": VisitorForm(language=request.caller.language),
        "codes_form": CodesForm(), "replace_form": _replace_form(found), "close_form": CloseVisitForm(),
        "devices": [(DEVICE_TYPES[row.type], row, DEVICE_STATES[row.state])
                    for row in devices.for_identity(found.identity_id)] if identified else [],
        "replacements": [(row, REPLACEMENTS[row.state]) for row in devices.replacements(found.identity_id)]
        if identified else [],
        "why": "" if identified else _("Comparez d’abord le document de la personne."), **forms,
    }
    return render(request, "desk/visit.html", context, status=422 if failed is not None else 200)
