# SPDX-License-Identifier: Apache-2.0
"""A device that was assigned to the holder begins to work. Beside others: a Scan, allowed by his Token, then two images
(R073, R208). In place of another: a Token's code, or a Scan's two images (R085); unless an agent allowed it, the holder's
other device is asked first."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.policy import shows_image
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import JoiningState
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device, Joining, Replacement
from paraph.domain.devices.services import JoiningOver
from paraph.domain.registration import services
from paraph.interfaces.callers import SESSION_KEY, login_required
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.interfaces.my.forms import AllowingImageForm, DeviceCodeForm, FirstImageForm, SecondImageForm, posted
from paraph.interfaces.my.wording import TOO_MANY_CODES, WRONG_SCAN_CODE, WRONG_TOKEN_CODE
from paraph.kernel.errors import NotFound
from paraph.signer.client import Outcome

# What the web session holds on the way: which adding this is.
CURRENT = "joining"
OPEN = (JoiningState.ASKED, JoiningState.ALLOWED, JoiningState.READ)
# What this browser has just put in place of another: the page that says so is for nobody else.
REPLACED = "product_replaced"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices", "replacement")
def add(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """One page that stands where the adding stands: begin, the answer of the device that allows, those of the new one."""
    device = _own(request, device_id)
    replacement = devices.replacement_by(device.id, request.caller.at)
    joining = _current(request, device)
    if joining is None:
        by_agent = replacement is not None and replacement.state == "allowed"
        if request.method == "POST" or (by_agent and not METHODS[device.type].shows_challenge):
            return _begin(request, device)
        return render(request, "my/product_add.html", {
            "device": device, "step": "begin", "replacement": replacement, "by_agent": by_agent,
            "proof": devices.other_proof(request.caller.identity, device, request.caller.at)})
    form = _form(joining)(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            outcome = _answer(request, joining, form.cleaned_data["code"])
        except JoiningOver:
            request.session.pop(CURRENT, None)
            return _here(device)
        if outcome is Outcome.ACCEPTED:
            return _finished(request, joining) if _is_last(joining) else _here(device)
        if outcome is Outcome.EXPIRED_SESSION and joining.state == JoiningState.ASKED:
            request.session.pop(CURRENT, None)
            return _here(device)
        form.add_error("code", _sentence(joining, outcome))
    image = image_of(joining.image, until=joining.image_until, at=request.caller.at) if joining.image else None
    return render(request, "my/product_add.html", {
        "device": device, "step": joining.state, "form": form, "image": image, "steps": SCAN_STEPS[:2],
        # R119: each session that reaches this page began with the right password (R121).
        "picture": authentication.secret_image(request.caller.identity) if shows_image(_asked_type(joining)) else None,
        "replacement": joining.replacement, "asked_serial": _asked_serial(joining)}, status=422 if form.errors else 200)


@require_safe
def replaced(request: HttpRequest) -> HttpResponse:
    """The new product works; whoever came with his password alone logs in with it now."""
    done = request.session.get(REPLACED)
    if done is None:
        return HttpResponseRedirect(reverse("my:home"))
    return render(request, "my/product_replaced.html", done)


@require_POST
@login_required("full", "devices", "replacement")
def image(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """A fresh image in place of the one that is shown."""
    device = _own(request, device_id)
    joining = _current(request, device)
    if joining is not None and joining.state == JoiningState.ASKED:
        return _begin(request, device)
    if joining is not None:
        try:
            device_services.renew_image(joining_id=joining.id, caller=request.caller, **_shown(device))
        except JoiningOver:
            request.session.pop(CURRENT, None)
    return _here(device)


def _begin(request: HttpRequest, device: Device) -> HttpResponse:
    replacement = devices.replacement_by(device.id, request.caller.at)
    if replacement is not None and replacement.state == "allowed":
        joining = device_services.begin_in_place(device_id=device.id, caller=request.caller)
    else:
        joining = device_services.begin_joining(device_id=device.id, caller=request.caller,
                                                **_shown(device, replacement))
    request.session[CURRENT] = str(joining.id)
    return _here(device)


def _answer(request: HttpRequest, joining: Joining, code: str) -> Outcome:
    if _is_last(joining):
        return services.finish_product(joining_id=joining.id, answer=code, caller=request.caller)
    match joining.state:
        case JoiningState.ASKED:
            return device_services.allow_joining(joining_id=joining.id, code=code, caller=request.caller)
    return device_services.read_first_image(joining_id=joining.id, code=code, caller=request.caller,
                                            **_shown(joining.device))


def _reads_images(joining: Joining) -> bool:
    return METHODS[joining.device.type].shows_challenge


def _is_last(joining: Joining) -> bool:
    """Whether the answer that is asked now is the one that puts the device to work."""
    return joining.state == (JoiningState.READ if _reads_images(joining) else JoiningState.ALLOWED)


def _asked_type(joining: Joining) -> str:
    """Which kind of device answers the page that is shown now: the one that allows, then the new one."""
    if joining.state != JoiningState.ASKED:
        return joining.device.type
    return devices.by_serial(joining.allowed_by).type


def _asked_serial(joining: Joining) -> str:
    return joining.allowed_by if joining.state == JoiningState.ASKED else joining.device.serial


def _form(joining: Joining):
    if not METHODS[_asked_type(joining)].shows_challenge:
        return DeviceCodeForm
    return {JoiningState.ASKED: AllowingImageForm, JoiningState.ALLOWED: FirstImageForm,
            JoiningState.READ: SecondImageForm}[joining.state]


def _finished(request: HttpRequest, joining: Joining) -> HttpResponse:
    if joining.replacement is None:
        return HttpResponseRedirect(reverse("my:products"))
    request.session.pop(CURRENT, None)
    request.session[REPLACED] = {"serial": joining.device.serial, "old": joining.replacement.old.serial,
                                 "must_log_in": request.caller.scope == "replacement"}
    if request.caller.scope == "replacement":
        request.session.pop(SESSION_KEY, None)
    return HttpResponseRedirect(reverse("my:replaced"))


def _shown(device: Device, replacement: Replacement | None = None) -> dict[str, str]:
    text = _("Ajouter le Scan %(serial)s") % {"serial": device.serial} if replacement is None else \
        _("Mettre %(serial)s à la place de %(old)s") % {"serial": device.serial, "old": replacement.old.serial}
    return {"partner": settings.OPERATOR.name, "text": text}


def _sentence(joining: Joining, outcome: Outcome) -> str:
    if outcome is Outcome.TOO_MANY:
        return TOO_MANY_CODES
    return WRONG_SCAN_CODE if METHODS[_asked_type(joining)].shows_challenge else WRONG_TOKEN_CODE


def _own(request: HttpRequest, device_id: UUID) -> Device:
    for device in devices.for_identity(request.caller.identity):
        if device.id == device_id:
            return device
    raise NotFound()


def _current(request: HttpRequest, device: Device) -> Joining | None:
    """The adding of this device that this browser has begun and not finished."""
    identifier = request.session.get(CURRENT)
    joining = devices.joining(identifier, request.caller.identity) if identifier else None
    return joining if joining and joining.device_id == device.id and joining.state in OPEN else None


def _here(device: Device) -> HttpResponse:
    return HttpResponseRedirect(reverse("my:product_add", args=(device.id,)))
