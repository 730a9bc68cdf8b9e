# SPDX-License-Identifier: Apache-2.0
"""Somebody of the staff takes his Scan in hand: two images after his password, then he logs in with it."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from faces.forms import CodeInput, Form
from paraph.domain.authentication.services import as_owner
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services
from paraph.domain.devices.lifecycle import JoiningState
from paraph.domain.devices.methods import SCAN
from paraph.domain.devices.models import Joining
from paraph.domain.devices.services import JoiningOver
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.kernel.caller import Caller
from paraph.signer.client import Outcome

# What the web session holds on the way: which joining this is, or, at the end, where the login goes on.
CURRENT, READY = "scan_setting_up", "scan_ready"


class FirstImageForm(Form):
    code = forms.CharField(label=gettext_lazy("Les 10 chiffres que votre Scan affiche pour la première image"), max_length=20,
                           widget=CodeInput(length=SCAN.first_answer_length))


class SecondImageForm(Form):
    code = forms.CharField(label=gettext_lazy("Les 8 chiffres que votre Scan affiche pour la deuxième image"), max_length=20,
                           widget=CodeInput(length=SCAN.answer_length))


FORMS = {JoiningState.ALLOWED: FirstImageForm, JoiningState.READ: SecondImageForm}


@require_http_methods(["GET", "HEAD", "POST"])
def scan(request: HttpRequest) -> HttpResponse:
    """The image that stands for now, and the digits that answer it."""
    joining = _current(request)
    if joining is None:
        return _again(request)
    form = FORMS[joining.state](request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            outcome = _answer(request, joining, form.cleaned_data["code"])
        except JoiningOver:
            return _again(request)
        if outcome is Outcome.ACCEPTED and joining.state == JoiningState.READ:
            request.session[READY] = request.session.pop(CURRENT)["query"]
            return HttpResponseRedirect(reverse("login:scan_ready"))
        if outcome is Outcome.ACCEPTED:
            return HttpResponseRedirect(reverse("login:scan"))
        form.add_error("code", _sentence(outcome))
    image = image_of(bytes(joining.image), until=joining.image_until, at=request.caller.at)
    return render(request, "login/scan_setting_up.html", {
        "form": form, "image": image, "steps": SCAN_STEPS[:2], "serial": joining.device.serial,
        "first": joining.state == JoiningState.ALLOWED}, status=422 if form.errors else 200)


@require_POST
def scan_image(request: HttpRequest) -> HttpResponse:
    """A fresh image in place of the one that is shown."""
    joining = _current(request)
    if joining is None:
        return _again(request)
    try:
        services.renew_image(joining_id=joining.id, caller=_owner(request, joining), **_shown(joining))
    except JoiningOver:
        return _again(request)
    return HttpResponseRedirect(reverse("login:scan"))


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """It works: he logs in with it now, as every time."""
    query = request.session.get(READY)
    if query is None:
        return HttpResponseRedirect(reverse("login:start"))
    return render(request, "login/scan_ready.html", {"query": query})


def _answer(request: HttpRequest, joining: Joining, code: str) -> Outcome:
    caller = _owner(request, joining)
    if joining.state == JoiningState.READ:
        return services.finish_joining(joining_id=joining.id, answer=code, caller=caller)
    return services.read_first_image(joining_id=joining.id, code=code, caller=caller, **_shown(joining))


def _current(request: HttpRequest) -> Joining | None:
    """What this browser began with the right password, and has not finished."""
    held = request.session.get(CURRENT)
    joining = devices.first_joining(held["joining"]) if held else None
    return joining if joining is not None and joining.state in FORMS else None


def _owner(request: HttpRequest, joining: Joining) -> Caller:
    return as_owner(joining.device.identity, request.caller)


def _shown(joining: Joining) -> dict[str, str]:
    return {"partner": settings.OPERATOR.name, "text": _("Activer le Scan %(serial)s") % {"serial": joining.device.serial}}


def _sentence(outcome: Outcome) -> str:
    if outcome is Outcome.TOO_MANY:
        return _("Trop de codes faux : ce Scan est bloqué pour plusieurs heures.")
    if outcome is Outcome.EXPIRED_SESSION:
        return _("Le temps de cette image est passé. Demandez une nouvelle image.")
    return _("Ces chiffres ne sont pas les bons. Visez encore l’image de cette page, puis recopiez ce que votre Scan affiche.")


def _again(request: HttpRequest) -> HttpResponse:
    held = request.session.pop(CURRENT, None)
    if held is None:
        return HttpResponseRedirect(reverse("login:start"))
    return HttpResponseRedirect(f"{reverse('login:password')}?{held['query']}&again=1")
