# SPDX-License-Identifier: Apache-2.0
"""What a partner asks a holder to confirm: one page with the exact words, one with his device, one with what became of it.

In the browser in which it was asked the answer goes back to the partner; anywhere else (My space) it stays here.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from faces.forms import Form
from paraph.domain.authentication import policy, queries, services
from paraph.domain.authentication.lifecycle import OPEN_CONFIRMATION
from paraph.domain.authentication.models import Confirmation
from paraph.domain.authentication.services import ConfirmOutcome
from paraph.domain.devices.methods import METHODS
from paraph.domain.identity_provider import confirmations, openid
from paraph.domain.identity_provider import queries as requests
from paraph.interfaces.callers import login_required
from paraph.interfaces.login.forms import CODE_FORMS
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import WRONG_CODE, WRONG_PASSKEY
from paraph.interfaces.openid.authorisation import back_to_partner, error_to_partner
from paraph.interfaces.openid.forms import DeviceForm
from paraph.interfaces.openid.wording import ENDS, EVIDENCE, SCAN_STEPS


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def confirmation(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """Who asks, the exact words, and three answers. Looking answers nothing."""
    row = queries.own_confirmation(confirmation_id, request.caller)
    if not _is_open(request, row):
        return _end(row)
    answer, offered = request.POST.get("answer"), queries.devices_to_confirm(row, request.caller.at)
    if answer == "no":
        return _conclude(request, services.cancel_confirmation(confirmation_id=row.id, caller=request.caller))
    if answer == "report":
        return _end(services.report_confirmation(confirmation_id=row.id, caller=request.caller))
    form = DeviceForm(request.POST if answer == "confirm" else None, devices=offered)
    if answer == "confirm" and form.is_valid():
        shown = services.show_confirmation(
            confirmation_id=row.id, device=form.cleaned_data["device"], caller=request.caller)
        return _to_device(shown)
    # The page of a passkey leads here when its time is over.
    return _page(request, "openid/confirmation.html", row, form=form, devices=offered,
                 is_over=row.code_until is not None and request.caller.at > row.code_until)


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """The fresh code of the device that waits."""
    row = queries.own_confirmation(confirmation_id, request.caller)
    if not _is_open(request, row):
        return _end(row)
    if row.device not in METHODS:
        return _to_device(row)
    form = CODE_FORMS[row.device](request.POST or None)
    if request.method == "POST" and form.is_valid():
        match services.confirm(confirmation_id=row.id, code=form.cleaned_data["code"], caller=request.caller):
            case ConfirmOutcome.CONFIRMED:
                return _conclude(request, queries.own_confirmation(row.id, request.caller))
            case ConfirmOutcome.OVER:
                row = queries.own_confirmation(row.id, request.caller)
                if not _is_open(request, row):
                    return _end(row)
                form.add_error("code", _("Le temps de ce code est passé. Recommencez avec votre appareil."))
            case ConfirmOutcome.MALFORMED:
                form.add_error("code", _("Le code a %(digits)s chiffres.") % {"digits": METHODS[row.device].answer_length})
            case ConfirmOutcome.BUSY:
                form.add_error("code", _("Ce code est déjà en cours de vérification. Patientez un instant."))
            case ConfirmOutcome.WRONG:
                form.add_error("code", WRONG_CODE[row.device])
    image = bytes(row.image)
    return _page(
        request, "openid/confirmation_code.html", row, form=form, steps=SCAN_STEPS,
        picture=queries.secret_image(row.identity_id) if policy.shows_image(row.device) else None,
        is_over=request.caller.at > row.code_until,
        image=image_of(image, until=row.code_until, at=request.caller.at) if image else None)


@login_required()
@require_POST
def image(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """The same device anew: a fresh image for a Scan, a fresh wait for a Token. A code of before is worth nothing."""
    row = queries.own_confirmation(confirmation_id, request.caller)
    if not _is_open(request, row):
        return _end(row)
    return _to_device(_show_again(request, row))


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """The page asks the browser, and what the passkey signs confirms, once."""
    row, form = queries.own_confirmation(confirmation_id, request.caller), Form(request.POST or None)
    if request.method == "POST" and _is_open(request, row):
        outcome = services.confirm_with_passkey(
            confirmation_id=row.id, answer=request.POST.get("answer", ""),
            show_again=lambda: _show_again(request, row), caller=request.caller)
        if outcome in (ConfirmOutcome.MALFORMED, ConfirmOutcome.WRONG):
            form.add_error(None, WRONG_PASSKEY)
        row = queries.own_confirmation(row.id, request.caller)
        if outcome is ConfirmOutcome.CONFIRMED:
            return _conclude(request, row)
    if not _is_open(request, row):
        return _end(row)
    options = queries.passkey_to_confirm(row, request.caller.at)
    if options is None:
        return HttpResponseRedirect(reverse("openid:confirmation", args=[row.id]))
    return _page(request, "openid/confirmation_passkey.html", row, form=form, options=json.dumps(options),
                 seconds=int((row.code_until - row.shown_at).total_seconds()))


@login_required("full", "suspended")
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """What became of it, what was kept, what to do now; and the way back to the partner where it was asked here."""
    row = queries.own_confirmation(confirmation_id, request.caller)
    if _is_open(request, row):
        return HttpResponseRedirect(reverse("openid:confirmation", args=[row.id]))
    if request.method == "POST":
        return _conclude(request, row)
    state = "lapsed" if row.state in OPEN_CONFIRMATION else row.state
    proof = queries.confirmation_proof(row.id) if state == "confirmed" else None
    return _page(request, "openid/confirmation_end.html", row, end=ENDS[state], ended=state,
                 evidence=EVIDENCE[proof.evidence] if proof else "")


def _is_open(request: HttpRequest, row: Confirmation) -> bool:
    return row.state in OPEN_CONFIRMATION and request.caller.at < row.expires_at


def _show_again(request: HttpRequest, row: Confirmation) -> Confirmation:
    return services.show_confirmation(confirmation_id=row.id, device=row.device_serial or row.device, caller=request.caller)


def _to_device(row: Confirmation) -> HttpResponse:
    name = {"": "confirmation", policy.PASSKEY: "confirmation_passkey"}.get(row.device, "confirmation_code")
    return HttpResponseRedirect(reverse(f"openid:{name}", args=[row.id]))


def _end(row: Confirmation) -> HttpResponse:
    return HttpResponseRedirect(reverse("openid:confirmation_end", args=[row.id]))


def _waits_here(request: HttpRequest, row: Confirmation) -> Any:
    """The partner's request that this browser brings the answer of; None elsewhere, or when it is over."""
    if str(row.session_id) != request.caller.session:
        return None
    return requests.waiting_request(row.request, request.caller.at)


def _conclude(request: HttpRequest, row: Confirmation) -> HttpResponse:
    if _waits_here(request, row) is None:
        return _end(row)
    asked, granted = confirmations.conclude(request_id=row.request, caller=request.caller)
    if not granted:
        return error_to_partner(asked.redirect_address, "access_denied", "the person did not confirm", asked.client_state)
    return back_to_partner(asked.redirect_address, {"code": granted, "state": asked.client_state})


def _page(request: HttpRequest, template: str, row: Confirmation, **context: Any) -> HttpResponse:
    asked = _waits_here(request, row)
    form = context.get("form")
    response = render(request, template, {
        "row": row, "partner": row.partner.name_in(request.LANGUAGE_CODE), "asked": asked, **context},
        status=422 if form is not None and form.errors else 200)
    if asked is not None:
        response.form_action = openid.origin_of(asked.redirect_address)
    return response
