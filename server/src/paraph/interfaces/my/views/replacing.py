# SPDX-License-Identifier: Apache-2.0
"""A product is lost, stolen or defective: the report, the new one sent at the holder's own wish, the page that says that it
was not his wish, and the way in for who has only the new one (R078, R085)."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.models import Replacement
from paraph.domain.registration import queries, services
from paraph.domain.registration.services import Reported
from paraph.interfaces.callers import enter, login_required
from paraph.interfaces.login.forms import PasswordForm
from paraph.interfaces.my.forms import ConfirmForm, ReplaceForm, ReportProductForm, SendingForm, posted
from paraph.interfaces.my.views.certificate import publish
from paraph.interfaces.my.wording import DEVICE_TYPES, NOT_SENT, WRONG_CODES, WRONG_REPLACEMENT_LOGIN
from paraph.kernel import clock
from paraph.kernel.errors import NotFound

# What this browser has just reported: the page that says so is for nobody else.
REPORTED, DENIED = "product_reported", "replacement_denied"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def report(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """With another product, or with a security code of customer service."""
    device = next((row for row in devices.for_identity(request.caller.identity) if row.id == device_id), None)
    if device is None:
        raise NotFound()
    never_activated = device.state == "assigned"
    form = ReplaceForm(posted(request), never_activated=never_activated)
    if request.method == "POST" and form.is_valid():
        replacement = services.report_product(device_id=device.id, reason=form.cleaned_data["reason"],
                                              caller=request.caller)
        if services.sending_obstacle(replacement.old, request.caller) is None and not replacement.asked_with:
            return HttpResponseRedirect(reverse("my:replacement_send", args=(replacement.id,)))
        return _said(request, suspended=False)
    return render(request, "my/product_replace.html", {
        "form": form, "device": device, "type": DEVICE_TYPES[device.type], "never_activated": never_activated},
        status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def send(request: HttpRequest, replacement_id: UUID) -> HttpResponse:
    """The new one by post, without calling anybody; or why not."""
    replacement = _waiting(request, replacement_id)
    if replacement.asked_with:
        return HttpResponseRedirect(reverse("my:products"))
    why = services.sending_obstacle(replacement.old, request.caller)
    form = SendingForm(posted(request))
    if request.method == "POST" and form.is_valid():
        address = f"{settings.URL}{reverse('my:replacement_deny', args=('-',)).removesuffix('-')}"
        first = services.ask_for_sending(replacement_id=replacement.id, denial_address=address, caller=request.caller)
        return _said(request, suspended=False, usable_from=first.isoformat())
    return render(request, "my/replacement_send.html", {
        "form": form, "device": replacement.old, "type": DEVICE_TYPES[replacement.old.type],
        "why": NOT_SENT[why] if why else "", "address": queries.postal_address(request.caller.identity),
        "usable_from": clock.local_date(services.sent_usable_from(request.caller.at))}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, secret: str) -> HttpResponse:
    """From the mail: one button and nothing to type. It takes power away and gives none, so nobody is asked who he is."""
    replacement = devices.replacement_to_deny(secret)
    if replacement is None:
        raise NotFound()
    if request.method == "POST":
        outcome = services.deny_replacement(secret=secret, caller=request.caller)
        if outcome is services.Denied.DONE:
            publish(request)
        request.session[DENIED] = str(outcome)
        return HttpResponseRedirect(reverse("my:replacement_denied"))
    return render(request, "my/replacement_deny.html", {"replacement": replacement})


@require_safe
def denied(request: HttpRequest) -> HttpResponse:
    """What is stopped, and what to do next."""
    outcome = request.session.get(DENIED)
    if outcome is None:
        return HttpResponseRedirect(reverse("my:home"))
    return render(request, "my/replacement_denied.html", {"done": outcome == services.Denied.DONE})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def cancel(request: HttpRequest, replacement_id: UUID) -> HttpResponse:
    """Found again, before an agent chose a new product, or while the one that he asked for is on its way."""
    replacement = _waiting(request, replacement_id)
    form = ConfirmForm(posted(request), label=_("Ce produit est chez moi et fonctionne."))
    if request.method == "POST" and form.is_valid():
        services.found_again(replacement_id=replacement.id, caller=request.caller)
        return HttpResponseRedirect(reverse("my:products"))
    return render(request, "my/replacement_cancel.html", {
        "form": form, "device": replacement.old, "sent": replacement.state == "sent", "type": DEVICE_TYPES[replacement.old.type]},
        status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def report_with_codes(request: HttpRequest) -> HttpResponse:
    """Without any product, by the codes of the first order."""
    form = ReportProductForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.report_product_with_codes(**form.cleaned_data, caller=request.caller)
        if answer is Reported.SUSPENDED:
            publish(request)
        if answer is not Reported.WRONG:
            return _said(request, suspended=answer is Reported.SUSPENDED)
        form.add_error(None, WRONG_CODES)
    return render(request, "my/report_product.html", {"form": form}, status=422 if form.errors else 200)


def _waiting(request: HttpRequest, replacement_id: UUID) -> Replacement:
    """The holder's own replacement that is under way."""
    for row in devices.replacements(request.caller.identity):
        if row.id == replacement_id:
            return row
    raise NotFound()


def _said(request: HttpRequest, *, suspended: bool, usable_from: str = "") -> HttpResponse:
    request.session[REPORTED] = {"suspended": suspended, "usable_from": usable_from}
    return HttpResponseRedirect(reverse("my:product_reported"))


@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """What happens next, and by whom."""
    done = request.session.get(REPORTED)
    if done is None:
        return HttpResponseRedirect(reverse("my:home"))
    first = date.fromisoformat(done["usable_from"]) if done["usable_from"] else None
    return render(request, "my/product_reported.html", {"suspended": done["suspended"], "usable_from": first})


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
