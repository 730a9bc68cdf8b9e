# SPDX-License-Identifier: Apache-2.0
"""The pages of the door. GET changes nothing; the login that waits for its code is named in the web session."""

import base64
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from faces.forms import Form
from paraph.domain.authentication import policy, queries, services
from paraph.domain.authentication.queries import LoginView
from paraph.domain.authentication.services import CodeOutcome, PasswordRefused, SecondStep, SecondStepOutcome
from paraph.domain.organisations import queries as organisations
from paraph.domain.partners import queries as partners
from paraph.interfaces.callers import caller_in_browser, enter, login_required, recognise_browser
from paraph.interfaces.login import setting_up, wording
from paraph.interfaces.login.door import HOME, Errand, errand_of, staff_home
from paraph.interfaces.login.forms import (
    CODE_FORMS,
    DEVICE_NAMES,
    ChangePasswordForm,
    DeviceForm,
    NewPasswordForm,
    PasswordForm,
    password_errors,
)
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import NO_ANSWER, SCAN_STEPS, WRONG_CODE
from paraph.interfaces.middleware.refusals import WayBack
from paraph.kernel import rules, sealing
from paraph.kernel.caller import Caller

# What the web session holds while somebody stands at the door: the login with its errand, whoever was refused last (the
# UserID as it was typed), and where to go after an advice.
WAITING, REFUSED, AFTERWARDS = "login_waiting", "login_refused", "login_afterwards"
USER_ID_CONTEXT = b"login.user_id"


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The devices that this partner accepts and that log in today (R074, R105)."""
    errand = _errand(request)
    if errand.is_over:
        return HttpResponseRedirect(errand.next)
    partner = _partner(errand)
    devices = queries.devices_at(partner)
    if errand.device in devices:
        return HttpResponseRedirect(f"{reverse('login:password')}?{errand.query}")
    form = DeviceForm(devices=devices, initial={"device": devices[0] if devices else ""})
    return _page(request, "login/device.html", errand, partner, form=form, devices=devices,
                 said=wording.NOT_HERE.get(errand.device) or wording.ENDED.get(request.GET.get("ended", "")))


def password(request: HttpRequest) -> HttpResponse:
    """The first step. The answer to a refusal is the same page whatever was wrong (R106)."""
    errand = _errand(request)
    if errand.is_over:
        return HttpResponseRedirect(errand.next)
    partner = _partner(errand)
    # Nobody types a password for a product that opens nothing here; what is sent all the same is refused.
    if not errand.device or (request.method != "POST" and errand.device not in queries.devices_at(partner)):
        return HttpResponseRedirect(f"{reverse('login:start')}?{errand.query}")
    refused = request.method == "GET" and request.GET.get("refused") == "1" and REFUSED in request.session
    # A password is never shown again; the sign stands for it, that the form may say what was wrong.
    form = PasswordForm({"user_id": _unsealed(request.session[REFUSED]), "password": "-"} if refused else request.POST or None)
    if refused and form.is_valid():
        form.add_error(None, wording.refusal(errand.device))
    elif request.method == "POST" and form.is_valid():
        step = services.check_first_step(
            user_id=form.cleaned_data["user_id"], password=form.cleaned_data["password"], device=errand.device,
            partner_id=errand.partner_id, purpose="partner" if errand.partner_id else "portal",
            site=settings.OPERATOR.name, notice=_notice(), caller=request.caller)
        if step.setting_up:
            request.session[setting_up.CURRENT] = {"joining": str(step.setting_up), "query": errand.query}
            return HttpResponseRedirect(reverse("login:scan"))
        if step.transaction_id:
            request.session[WAITING] = {
                "login": str(step.transaction_id), "errand": errand.carried,
                "user_id": _sealed(form.cleaned_data["user_id"])}
            return HttpResponseRedirect(reverse("login:passkey" if errand.device == policy.PASSKEY else "login:code"))
        form.add_error(None, wording.refusal(errand.device))
    return _page(request, "login/password.html", errand, partner, form=form, genuine=settings.URL,
                 product=DEVICE_NAMES.get(errand.device, ""), again=request.GET.get("again") == "1" and request.method == "GET")


def code(request: HttpRequest) -> HttpResponse:
    """The second step: the secret image, and the code that is good for 180 seconds and once."""
    login = _waiting(request)
    if login is None:
        return _again(request)
    if login.device == policy.PASSKEY:
        return HttpResponseRedirect(reverse("login:passkey"))
    form = CODE_FORMS[login.device](request.POST or None)
    if request.method == "POST" and form.is_valid():
        caller = caller_in_browser(request)
        step = services.check_code(transaction_id=login.id, code=form.cleaned_data["code"], caller=caller)
        match step.outcome:
            case SecondStepOutcome.ACCEPTED:
                return _enter(request, step, caller)
            case SecondStepOutcome.REPLACE_PASSWORD:
                return HttpResponseRedirect(reverse("login:new_password"))
            case SecondStepOutcome.OVER if _waiting(request) is None or not login.image:
                return _again(request)
            case SecondStepOutcome.OVER:
                form.add_error("code", _("Le temps de cette image est passé. Demandez une nouvelle image."))
            case SecondStepOutcome.NOT_ACTIVATED | SecondStepOutcome.ENDED:
                return _ended(request, step)
            case SecondStepOutcome.MALFORMED:
                form.add_error("code", _("Le code a %(digits)s chiffres.") % {"digits": login.length})
            case SecondStepOutcome.BUSY:
                form.add_error("code", _("Ce code est déjà en cours de vérification. Patientez un instant."))
            case SecondStepOutcome.WRONG if not policy.shows_image(login.device):
                return _refused(request)
            case SecondStepOutcome.WRONG:
                form.add_error("code", WRONG_CODE[login.device])
    errand = _carried(request)
    response = render(request, "login/code.html", {
        "form": form, "waiting": login, "partner": _partner_name(request, login.partner_id), "errand": errand,
        "seconds": rules.current().otp_life_seconds, "rules": rules.current(), "steps": SCAN_STEPS,
        "image": image_of(login.image, until=login.code_until, at=request.caller.at) if login.image else None})
    response.form_action = errand.origin
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """The second step with a passkey: the page asks the browser, and what it answers opens the session, once."""
    login, form = _waiting(request), Form(request.POST if request.method == "POST" else None)
    if login is not None and request.method == "POST":
        caller = caller_in_browser(request)
        step = services.check_passkey(transaction_id=login.id, answer=request.POST.get("answer", ""), caller=caller)
        match step.outcome:
            case SecondStepOutcome.ACCEPTED:
                return _enter(request, step, caller)
            case SecondStepOutcome.ENDED:
                return _ended(request, step)
            case SecondStepOutcome.WRONG:
                return _refused(request)
            case SecondStepOutcome.MALFORMED:
                form.add_error(None, NO_ANSWER)
    options = queries.passkey_options(login.id, request.caller.at) if login else None
    if options is None:
        return _again(request)
    errand = _carried(request)
    response = render(request, "login/passkey.html", {
        "form": form, "waiting": login, "partner": _partner_name(request, login.partner_id), "errand": errand,
        "seconds": rules.current().otp_life_seconds, "options": json.dumps(options)})
    response.form_action = errand.origin
    return response


@require_POST
def image(request: HttpRequest) -> HttpResponse:
    """A new image for the Scan; the code of the one before is worth nothing any more."""
    login = _waiting(request)
    if login is None:
        return _again(request)
    services.renew_image(transaction_id=login.id, caller=request.caller)
    return HttpResponseRedirect(reverse("login:code"))


def _notice() -> str:
    """What a Scan shows below the partner's name: where its code may be typed, and nowhere else."""
    return _("Tapez ce code uniquement sur %(address)s") % {"address": settings.URL}


def new_password(request: HttpRequest) -> HttpResponse:
    """Staff replaces the initial password at the first login; without that there is no session."""
    login = _waiting(request)
    if login is None or login.state != "replacing":
        return _again(request)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        caller = caller_in_browser(request)
        try:
            step = services.replace_initial_password(
                transaction_id=login.id, password=form.cleaned_data["password"], caller=caller)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            return _enter(request, step, caller)
    return render(request, "login/new_password.html", {"form": form})


@login_required("full", "staff")
def change_password(request: HttpRequest) -> HttpResponse:
    """R131, R149: the change, the advice to make it regularly and the date of the last one."""
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = services.change_password(
                current=form.cleaned_data["current"], password=form.cleaned_data["password"], caller=request.caller)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            if outcome is CodeOutcome.ACCEPTED:
                return HttpResponseRedirect(f"{reverse('login:change_password')}?done=1")
            form.add_error("current", _("Ce mot de passe n’est pas correct, ou votre compte est bloqué."))
    return render(request, "login/change_password.html", {
        "form": form, "done": request.GET.get("done") == "1" and request.method == "GET",
        "set_at": queries.password_set_at(request.caller.identity)})


@require_GET
def advice(request: HttpRequest) -> HttpResponse:
    """R152: after a block that ended by itself, a new password is advised."""
    return render(request, "login/advice.html", {"next": request.session.get(AFTERWARDS, HOME)})


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """R124: turning back at the image. Nothing was opened."""
    waiting = request.session.pop(WAITING, None)
    if waiting is None:
        return HttpResponseRedirect("/")
    services.cancel_login(transaction_id=waiting["login"], caller=request.caller)
    errand = Errand.read(waiting["errand"])
    response = HttpResponseRedirect(errand.back)
    if errand.origin:
        # The same press of the button, form token and all, answers the partner: its request ends by POST alone.
        response.status_code = 307
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if request.login:
        services.close_session(session_id=request.login.id, reason="logout", caller=request.caller)
    request.session.flush()
    return HttpResponseRedirect("/?logged_out=1")


def _enter(request: HttpRequest, step: SecondStep, caller: Caller) -> HttpResponse:
    target = Errand.read(request.session.pop(WAITING)["errand"]).next
    request.session.pop(REFUSED, None)
    enter(request, step.session_id)
    if step.scope == "staff" and target == HOME:
        target = staff_home(role.name for role in organisations.roles_of(step.person_id))
    if step.was_unblocked:
        request.session[AFTERWARDS] = target
        target = reverse("login:advice")
    response = HttpResponseRedirect(target)
    recognise_browser(response, caller)
    return response


def _waiting(request: HttpRequest) -> LoginView | None:
    """The login that waits for its second step; whatever is refused there leads back to that step."""
    waiting = request.session.get(WAITING)
    request.way_back = WayBack(request.path if request.path != reverse("login:image") else reverse("login:code"),
                               _("Reprendre la connexion"))
    return queries.login(waiting["login"], request.caller.at) if waiting else None


def _ended(request: HttpRequest, step: SecondStep) -> HttpResponse:
    """All was right, and yet this product opens nothing: another one may, and the partner's request waits."""
    errand = Errand.read(request.session.pop(WAITING)["errand"])
    return render(request, "login/refused.html", {
        "outcome": step.outcome, "devices": errand.back_to_devices, "back": errand.back if errand.origin else ""})


def _again(request: HttpRequest) -> HttpResponse:
    waiting = request.session.pop(WAITING, None)
    if waiting is None:
        return HttpResponseRedirect(reverse("login:start"))
    return HttpResponseRedirect(f"{reverse('login:password')}?{Errand.read(waiting['errand']).query}&again=1")


def _refused(request: HttpRequest) -> HttpResponse:
    """Without secret image the whole login was one step: it begins again, with the UserID as it was typed."""
    waiting = request.session.pop(WAITING)
    request.session[REFUSED] = waiting["user_id"]
    return HttpResponseRedirect(f"{reverse('login:password')}?{Errand.read(waiting['errand']).query}&refused=1")


def _carried(request: HttpRequest) -> Errand:
    return Errand.read(request.session[WAITING]["errand"])


def _sealed(user_id: str) -> str:
    """UserIDs stand in no table as they are, so neither in the one of web sessions."""
    return base64.b64encode(sealing.seal(user_id.encode(), USER_ID_CONTEXT)).decode()


def _unsealed(text: str) -> str:
    return sealing.unseal(base64.b64decode(text), USER_ID_CONTEXT).decode()


def _errand(request: HttpRequest) -> Errand:
    """The errand; whatever is refused on this page leads back to its choice of products."""
    request.way_back = WayBack(reverse("login:start"), _("Recommencer la connexion"))
    errand = errand_of(request)
    kept = _("La demande du service est conservée : vous ne la refaites pas.") if errand.partner_id else ""
    request.way_back = WayBack(errand.back_to_devices, _("Revenir au choix du produit"), kept)
    return errand


def _partner(errand: Errand) -> Any:
    return partners.partner(errand.partner_id) if errand.partner_id else None


def _partner_name(request: HttpRequest, partner_id: object | None) -> str:
    return partners.partner(partner_id).name_in(request.LANGUAGE_CODE) if partner_id else ""


def _page(request: HttpRequest, template: str, errand: Errand, partner: Any, **context: Any) -> HttpResponse:
    response = render(request, template, {
        "errand": errand, "partner": partner.name_in(request.LANGUAGE_CODE) if partner else "", **context})
    response.form_action = errand.origin
    return response
