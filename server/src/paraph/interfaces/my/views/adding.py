# SPDX-License-Identifier: Apache-2.0
"""Ajouter un dispositif: a Scan that was assigned to the holder, allowed by his Token, then two images (R073, R208)."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import JoiningState
from paraph.domain.devices.models import Device, Joining
from paraph.domain.devices.services import JoiningOver
from paraph.domain.registration import services
from paraph.interfaces.callers import login_required
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.interfaces.my.forms import DeviceCodeForm, FirstImageForm, SecondImageForm, posted
from paraph.interfaces.my.wording import TOO_MANY_CODES, WRONG_SCAN_CODE, WRONG_TOKEN_CODE
from paraph.kernel.errors import NotFound
from paraph.signer.client import Outcome

# What the web session holds on the way: which adding this is.
CURRENT = "joining"
FORMS = {JoiningState.ASKED: DeviceCodeForm, JoiningState.ALLOWED: FirstImageForm, JoiningState.READ: SecondImageForm}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full")
def add(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """One page that stands where the adding stands: begin, the Token's code, the first image, the second."""
    device = _own(request, device_id)
    joining = _current(request, device)
    if joining is None:
        if request.method == "POST":
            joining = device_services.begin_joining(device_id=device.id, caller=request.caller)
            request.session[CURRENT] = str(joining.id)
            return _here(device)
        return render(request, "my/product_add.html", {"device": device, "step": "begin"})
    form = FORMS[joining.state](posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            outcome = _answer(request, joining, form.cleaned_data["code"])
        except JoiningOver:
            request.session.pop(CURRENT, None)
            return _here(device)
        if outcome is Outcome.ACCEPTED:
            return HttpResponseRedirect(reverse("my:products")) if joining.state == JoiningState.READ else _here(device)
        if outcome is Outcome.EXPIRED_SESSION and joining.state == JoiningState.ASKED:
            request.session.pop(CURRENT, None)
            return _here(device)
        form.add_error("code", _sentence(joining, outcome))
    image = image_of(joining.image, until=joining.image_until, at=request.caller.at) if joining.image else None
    return render(request, "my/product_add.html", {
        "device": device, "step": joining.state, "form": form, "image": image, "steps": SCAN_STEPS[:2],
        "allowed_by": joining.allowed_by}, status=422 if form.errors else 200)


@require_POST
@login_required("full")
def image(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """A fresh image in place of the one that is shown."""
    device = _own(request, device_id)
    joining = _current(request, device)
    if joining is not None:
        try:
            device_services.renew_image(joining_id=joining.id, caller=request.caller, **_shown(device))
        except JoiningOver:
            request.session.pop(CURRENT, None)
    return _here(device)


def _answer(request: HttpRequest, joining: Joining, code: str) -> Outcome:
    match joining.state:
        case JoiningState.ASKED:
            return device_services.allow_joining(joining_id=joining.id, code=code, caller=request.caller)
        case JoiningState.ALLOWED:
            return device_services.read_first_image(joining_id=joining.id, code=code, caller=request.caller,
                                                    **_shown(joining.device))
    return services.add_product(joining_id=joining.id, answer=code, caller=request.caller)


def _shown(device: Device) -> dict[str, str]:
    return {"partner": settings.OPERATOR.name, "text": _("Ajouter le Scan %(serial)s") % {"serial": device.serial}}


def _sentence(joining: Joining, outcome: Outcome) -> str:
    if outcome is Outcome.TOO_MANY:
        return TOO_MANY_CODES
    return WRONG_TOKEN_CODE if joining.state == JoiningState.ASKED else WRONG_SCAN_CODE


def _own(request: HttpRequest, device_id: UUID) -> Device:
    for device in devices.for_identity(request.caller.identity):
        if device.id == device_id:
            return device
    raise NotFound()


def _current(request: HttpRequest, device: Device) -> Joining | None:
    """The adding of this device that this browser has begun and not finished."""
    identifier = request.session.get(CURRENT)
    joining = devices.joining(identifier, request.caller.identity) if identifier else None
    return joining if joining and joining.device_id == device.id and joining.state in FORMS else None


def _here(device: Device) -> HttpResponse:
    return HttpResponseRedirect(reverse("my:product_add", args=(device.id,)))
