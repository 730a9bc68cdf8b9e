# SPDX-License-Identifier: Apache-2.0
"""A Token whose codes are not accepted any more: two codes in a row, and they are again. Reached after a login with another
product, with a code of this one that was still good, or with the helpdesk's security code."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import queries as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import TOKEN
from paraph.domain.devices.models import Device
from paraph.domain.registration import services
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.forms import TwoCodesForm, posted
from paraph.interfaces.my.wording import TOO_MANY_CODES, WRONG_TWO_CODES
from paraph.kernel.errors import NotFound
from paraph.signer.client import Outcome

# Which Token this browser has just brought back: the page that says so is for nobody else.
DONE = "token_resynchronised"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def resynchronise(request: HttpRequest, device_id: UUID) -> HttpResponse:
    device = _own_token(request, device_id)
    form = TwoCodesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        outcome = services.resynchronise_product(device_id=device.id, codes=form.codes, caller=request.caller)
        if outcome is Outcome.ACCEPTED:
            request.session[DONE] = device.serial
            return HttpResponseRedirect(reverse("my:product_resynchronised"))
        form.add_error(None, TOO_MANY_CODES if outcome is Outcome.TOO_MANY else WRONG_TWO_CODES)
    return render(request, "my/product_resynchronise.html", {
        "form": form, "device": device, "picture": authentication.secret_image(request.caller.identity),
    }, status=422 if form.errors else 200)


@require_safe
@login_required("full", "devices")
def resynchronised(request: HttpRequest) -> HttpResponse:
    serial = request.session.get(DONE)
    if serial is None:
        return HttpResponseRedirect(reverse("my:products"))
    return render(request, "my/product_resynchronised.html", {"serial": serial})


def _own_token(request: HttpRequest, device_id: UUID) -> Device:
    for device in devices.for_identity(request.caller.identity):
        if device.id == device_id and device.type == TOKEN.type and device.state == "active":
            return device
    raise NotFound()
