# SPDX-License-Identifier: Apache-2.0
"""Gérer mes produits (R081, R133): what there is, what rests, and what can be added."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import queries as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS, SCAN, TOKEN
from paraph.domain.devices.methods import passkey as passkeys
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.organisations import queries as organisations
from paraph.domain.registration import queries, services
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.forms import ConfirmForm, posted
from paraph.interfaces.my.wording import ADDING, DEVICE_STATES, DEVICE_TYPES, REPLACEMENTS, TO_BE_SENT
from paraph.kernel import clock
from paraph.kernel.errors import NotFound


@require_safe
@login_required("full", "devices")
def products(request: HttpRequest) -> HttpResponse:
    used = authentication.device_of_session(request.caller.session)
    held = devices.for_identity(request.caller.identity)
    others = {device.serial for device in held if device.state == "active"}
    replacements = {row.old_id: row for row in devices.replacements(request.caller.identity)}
    rows = [{"device": device, "type": DEVICE_TYPES[device.type], "state": DEVICE_STATES[device.state],
             "used": device.serial == used,
             "may_move": request.caller.scope == "devices" or used in others - {device.serial},
             "may_enable": services.may_enable(device, request.caller.scope),
             "may_resynchronise": device.type == TOKEN.type and device.state == "active",
             "may_activate": _may_activate(request, device), "usable_from": _usable_from(request, device),
             "by_another": _by_another(request, device, held),
             **_replacing(request, replacements.get(device.id), device)} for device in held]
    offers = [{"type": DEVICE_TYPES[offer.type], "how": ADDING[offer.way]}
              for offer in queries.offers(request.caller.identity, request.caller.at)]
    return render(request, "my/products.html", {
        "rows": [row for row in rows if row["device"].type != passkeys.TYPE], "offers": offers,
        "banks": organisations.banks(),
        "passkeys": passkeys.current() is not None or any(device.type == passkeys.TYPE for device in held)})


def _may_activate(request: HttpRequest, device: Device) -> bool:
    """A product that an agent allowed in place of another always; one that another product must allow after a whole login
    with that one, when its day has come."""
    if device.state != "assigned":
        return False
    replacement = devices.replacement_by(device.id, request.caller.at)
    if replacement is not None and replacement.state == "allowed":
        return True
    return request.caller.scope == "full" and _usable_from(request, device) is None \
        and (replacement is not None or device.type == SCAN.type)


def _by_another(request: HttpRequest, device: Device, held: list[Device]) -> bool:
    """What a security code's session can't activate, and a login with another product can."""
    return device.state == "assigned" and request.caller.scope == "devices" and not _may_activate(request, device) \
        and _usable_from(request, device) is None and any(one.state == "active" and one.type in METHODS for one in held)


def _usable_from(request: HttpRequest, device: Device) -> date | None:
    """The first day of a product that the holder had sent, if it has not come yet."""
    replacement = devices.replacement_by(device.id, request.caller.at)
    first = replacement.usable_from if replacement is not None and replacement.state == "sent" else None
    return clock.local_date(first) if first is not None and request.caller.at < first else None


def _replacing(request: HttpRequest, replacement: Replacement | None, device: Device) -> dict[str, object]:
    if replacement is None:
        return {"may_replace": device.type in METHODS}
    asked = replacement.state == "asked"
    return {"replacement": replacement,
            "standing": TO_BE_SENT if asked and replacement.asked_with else REPLACEMENTS[replacement.state],
            "may_cancel": replacement.state in ("asked", "sent") and device.state != "assigned",
            "may_send": asked and not replacement.asked_with
            and services.sending_obstacle(device, request.caller) is None}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def disable(request: HttpRequest, device_id: UUID) -> HttpResponse:
    device = _own(request, device_id)
    form = ConfirmForm(posted(request), label=_("Je veux désactiver ce produit."))
    if request.method == "POST" and form.is_valid():
        services.disable_product(device_id=device.id, caller=request.caller)
        return HttpResponseRedirect(reverse("my:products"))
    return render(request, "my/product_disable.html", {
        "form": form, "device": device, "type": DEVICE_TYPES[device.type]}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def enable(request: HttpRequest, device_id: UUID) -> HttpResponse:
    device = _own(request, device_id)
    form = ConfirmForm(posted(request), label=_("Ce produit est chez moi et je veux de nouveau l’utiliser."))
    if request.method == "POST" and form.is_valid():
        services.enable_product(device_id=device.id, caller=request.caller)
        return HttpResponseRedirect(reverse("my:products"))
    return render(request, "my/product_enable.html", {
        "form": form, "device": device, "type": DEVICE_TYPES[device.type]}, status=422 if form.errors else 200)


def _own(request: HttpRequest, device_id: UUID):
    for device in devices.for_identity(request.caller.identity):
        if device.id == device_id:
            return device
    raise NotFound()
