# SPDX-License-Identifier: Apache-2.0
"""Mes clés d'accès: add one after a fresh login, name it, remove it. Making one needs the browser's own cryptography."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import queries as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.methods.webauthn import Fault
from paraph.domain.devices.models import Enrolment, Passkey
from paraph.domain.devices.services import EnrolmentOver, NoPasskeys
from paraph.domain.registration import queries, services
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.forms import ConfirmForm, PasskeyNameForm, posted
from paraph.interfaces.my.wording import DEVICE_STATES, GRADES, PASSKEY_FAULTS
from paraph.kernel import rules
from paraph.kernel.errors import NotFound

# What the web session holds on the way: which passkey is being made.
CURRENT = "enrolment"
# How much of a UserID stands beside the name in the holder's authenticator: enough to tell two accounts apart.
SHOWN_OF_USER_ID = 4


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def passkeys(request: HttpRequest) -> HttpResponse:
    """Those that there are, and the way to another one. A POST begins it."""
    held = devices.passkeys(request.caller.identity)
    if not held and methods.current() is None:
        raise NoPasskeys()
    if request.method == "POST":
        request.session[CURRENT] = str(services.begin_passkey(caller=request.caller).id)
        return HttpResponseRedirect(reverse("my:passkey_new"))
    used = authentication.device_of_session(request.caller.session)
    rows = [{"passkey": one, "device": one.device, "state": DEVICE_STATES[one.device.state],
             "grade": GRADES[devices.grade(one)], "used": one.device.serial == used,
             "may_enable": one.device.state == "disabled" and one.device.reason == "holder"} for one in held]
    obstacle = devices.obstacle_for_holder(methods.TYPE, accounts.identity(request.caller.identity))
    return render(request, "my/passkeys.html", {
        "rows": rows, "may_add": methods.current() is not None and obstacle is None and request.caller.scope == "full",
        "is_fresh": queries.fresh_proof(request.caller) is not None, "minutes": rules.current().fresh_login_minutes,
        "again": request.GET.get("again") == "1", "added": request.GET.get("added") == "1",
        "removed": request.GET.get("removed") == "1"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full")
def new(request: HttpRequest) -> HttpResponse:
    """The browser makes the passkey, and its answer is judged once."""
    enrolment = _current(request)
    if enrolment is None:
        return _begin_again(request)
    form = PasskeyNameForm(posted(request))
    if request.method == "POST" and form.is_valid():
        request.session.pop(CURRENT)
        try:
            made = services.add_passkey(enrolment_id=enrolment.id, name=form.cleaned_data["name"],
                                        answer=request.POST.get("answer", ""), caller=request.caller)
        except EnrolmentOver:
            return _begin_again(request)
        if not isinstance(made, Fault):
            return HttpResponseRedirect(f"{reverse('my:passkeys')}?added=1")
        return render(request, "my/passkey_refused.html", {
            "sentence": PASSKEY_FAULTS.get(made, PASSKEY_FAULTS[Fault.MALFORMED]), "fault": made}, status=422)
    options = device_services.creation_options(enrolment, name=_shown_name(request))
    return render(request, "my/passkey_new.html", {"form": form, "options": json.dumps(options)},
                  status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full")
def rename(request: HttpRequest, device_id: UUID) -> HttpResponse:
    passkey = _own(request, device_id)
    form = PasskeyNameForm(posted(request), initial={"name": passkey.name})
    if request.method == "POST" and form.is_valid():
        services.rename_passkey(device_id=device_id, name=form.cleaned_data["name"], caller=request.caller)
        return HttpResponseRedirect(reverse("my:passkeys"))
    return render(request, "my/passkey_rename.html", {"form": form, "passkey": passkey},
                  status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required("full", "devices")
def remove(request: HttpRequest, device_id: UUID) -> HttpResponse:
    passkey = _own(request, device_id)
    used = passkey.device.serial == authentication.device_of_session(request.caller.session)
    form = ConfirmForm(posted(request), label=_("Je veux supprimer cette clé d’accès."))
    if request.method == "POST" and form.is_valid():
        services.remove_passkey(device_id=device_id, caller=request.caller)
        return HttpResponseRedirect(reverse("my:passkey_removed") if used else f"{reverse('my:passkeys')}?removed=1")
    return render(request, "my/passkey_remove.html", {"form": form, "passkey": passkey, "used": used},
                  status=422 if form.errors else 200)


@require_safe
def removed(request: HttpRequest) -> HttpResponse:
    """The end of a session that its own passkey had opened."""
    return render(request, "my/secret_done.html", {
        "title": _("Votre clé d’accès est supprimée"), "logged_out": True})


def _current(request: HttpRequest) -> Enrolment | None:
    identifier = request.session.get(CURRENT)
    return devices.enrolment(identifier, request.caller, request.caller.at) if identifier else None


def _begin_again(request: HttpRequest) -> HttpResponse:
    request.session.pop(CURRENT, None)
    return HttpResponseRedirect(f"{reverse('my:passkeys')}?again=1")


def _shown_name(request: HttpRequest) -> str:
    """What the authenticator shows beside the passkey, and perhaps others who hold it: not the whole UserID."""
    user_id = accounts.identity(request.caller.identity).user_id
    return f"{accounts.contact(request.caller.identity).name} (…{user_id[-SHOWN_OF_USER_ID:]})"


def _own(request: HttpRequest, device_id: UUID) -> Passkey:
    for passkey in devices.passkeys(request.caller.identity):
        if passkey.device_id == device_id:
            return passkey
    raise NotFound()
