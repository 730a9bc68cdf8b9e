# SPDX-License-Identifier: Apache-2.0
"""A device that was assigned to the holder begins to work. Beside others: a Scan, allowed by his Token, then two images
(R073, R208). In place of another, which an agent allowed: a Token's code, or a Scan's two images (R085)."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import JoiningState
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device, Joining
from paraph.domain.devices.services import JoiningOver
from paraph.domain.registration import services
from paraph.interfaces.callers import SESSION_KEY, login_required
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.interfaces.my.forms import DeviceCodeForm, FirstImageForm, SecondImageForm, posted
from paraph.interfaces.my.wording import TOO_MANY_CODES, WRONG_SCAN_CODE, WRONG_TOKEN_CODE
from paraph.kernel.errors import NotFound
from paraph.signer.client import Outcome

# What the web session holds on the way: which adding this is.
CURRENT = "joining"
FORMS = {JoiningState.ASKED: DeviceCodeForm, JoiningState.ALLOWED: FirstImageForm, JoiningState.READ: SecondImageForm}
# What this browser has just put in place of another: the page that says so is for nobody else.
REPLACED = "product_replaced"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices", "replacement")
def add(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """One page that stands where the adding stands: begin, a Token's code, the first image, the second."""
    device = _own(request, device_id)
    replacement = devices.replacement_by(device.id, request.caller.at)
    joining = _current(request, device)
    if joining is None:
        if request.method == "POST" or (replacement and not METHODS[device.type].shows_challenge):
            begin = device_services.begin_in_place if replacement else device_services.begin_joining
            joining = begin(device_id=device.id, caller=request.caller)
            request.session[CURRENT] = str(joining.id)
            return _here(device)
        return render(request, "my/product_add.html", {"device": device, "step": "begin", "replacement": replacement})
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
        "replacement": joining.replacement, "type": device.type}, status=422 if form.errors else 200)


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
    if joining is not None:
        try:
            device_services.renew_image(joining_id=joining.id, caller=request.caller, **_shown(device))
        except JoiningOver:
            request.session.pop(CURRENT, None)
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


def _form(joining: Joining):
    return FORMS[joining.state] if _reads_images(joining) else DeviceCodeForm


def _finished(request: HttpRequest, joining: Joining) -> HttpResponse:
    if joining.replacement is None:
        return HttpResponseRedirect(reverse("my:products"))
    request.session.pop(CURRENT, None)
    request.session[REPLACED] = {"serial": joining.device.serial, "old": joining.replacement.old.serial,
                                 "must_log_in": request.caller.scope == "replacement"}
    if request.caller.scope == "replacement":
        request.session.pop(SESSION_KEY, None)
    return HttpResponseRedirect(reverse("my:replaced"))


def _shown(device: Device) -> dict[str, str]:
    return {"partner": settings.OPERATOR.name, "text": _("Ajouter le Scan %(serial)s") % {"serial": device.serial}}


def _sentence(joining: Joining, outcome: Outcome) -> str:
    if outcome is Outcome.TOO_MANY:
        return TOO_MANY_CODES
    by_token = joining.state == JoiningState.ASKED or not _reads_images(joining)
    return WRONG_TOKEN_CODE if by_token else WRONG_SCAN_CODE


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
