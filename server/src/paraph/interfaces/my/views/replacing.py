# SPDX-License-Identifier: Apache-2.0
"""A product is lost, stolen or defective: the report, and the way in for who has only the new one (R078, R085)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.registration import services
from paraph.domain.registration.services import Reported
from paraph.interfaces.callers import enter, login_required
from paraph.interfaces.login.forms import PasswordForm
from paraph.interfaces.my.forms import ConfirmForm, ReplaceForm, ReportProductForm, posted
from paraph.interfaces.my.views.certificate import publish
from paraph.interfaces.my.wording import DEVICE_TYPES, WRONG_CODES, WRONG_REPLACEMENT_LOGIN
from paraph.kernel.errors import NotFound

# What this browser has just reported: the page that says so is for nobody else.
REPORTED = "product_reported"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def report(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """With another product, or with a security code of customer service."""
    device = next((row for row in devices.for_identity(request.caller.identity) if row.id == device_id), None)
    if device is None:
        raise NotFound()
    form = ReplaceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        services.report_product(device_id=device.id, reason=form.cleaned_data["reason"], caller=request.caller)
        return _said(request, suspended=False)
    return render(request, "my/product_replace.html", {
        "form": form, "device": device, "type": DEVICE_TYPES[device.type]}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def cancel(request: HttpRequest, replacement_id: UUID) -> HttpResponse:
    """Found again, before a new product was chosen."""
    replacement = next((row for row in devices.replacements(request.caller.identity) if row.id == replacement_id), None)
    if replacement is None:
        raise NotFound()
    form = ConfirmForm(posted(request), label=_("Ce produit est chez moi et fonctionne."))
    if request.method == "POST" and form.is_valid():
        services.found_again(replacement_id=replacement.id, caller=request.caller)
        return HttpResponseRedirect(reverse("my:products"))
    return render(request, "my/replacement_cancel.html", {
        "form": form, "device": replacement.old, "type": DEVICE_TYPES[replacement.old.type]},
        status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def report_with_codes(request: HttpRequest) -> HttpResponse:
    """Without any product, by the codes of the first order."""
    form = ReportProductForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.report_product_with_codes(**form.cleaned_data, caller=request.caller)
        if answer is Reported.DONE:
            suspended = form.cleaned_data["reason"] != "defective"
            if suspended:
                publish(request)
            return _said(request, suspended=suspended)
        form.add_error(None, WRONG_CODES)
    return render(request, "my/report_product.html", {"form": form}, status=422 if form.errors else 200)


def _said(request: HttpRequest, *, suspended: bool) -> HttpResponse:
    request.session[REPORTED] = {"suspended": suspended}
    return HttpResponseRedirect(reverse("my:product_reported"))


@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """What happens next, and by whom."""
    done = request.session.get(REPORTED)
    if done is None:
        return HttpResponseRedirect(reverse("my:home"))
    return render(request, "my/product_reported.html", done)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """UserID and password open the one page that asks the new product; one answer to whatever was wrong."""
    if request.caller.scope in ("full", "devices", "replacement") and request.method != "POST":
        waiting = [row for row in devices.replacements(request.caller.identity)
                   if devices.replacement_by(row.new_id, request.caller.at)]
        if waiting or request.caller.scope != "replacement":
            return HttpResponseRedirect(reverse("my:product_add", args=(waiting[0].new_id,)) if waiting
                                        else reverse("my:products"))
    form = PasswordForm(posted(request))
    if request.method == "POST" and form.is_valid():
        session = authentication.log_in_for_replacement(**form.cleaned_data, caller=request.caller)
        if session:
            enter(request, session)
            return HttpResponseRedirect(reverse("my:replacement"))
        form.add_error(None, WRONG_REPLACEMENT_LOGIN)
    return render(request, "my/replacement.html", {"form": form}, status=422 if form.errors else 200)
