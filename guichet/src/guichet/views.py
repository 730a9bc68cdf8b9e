# SPDX-License-Identifier: Apache-2.0
"""What a citizen sees: home, the private space behind "MyGuichet", the way to the trust service and back."""

import logging
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guichet.forms import AccountForm, ProductForm
from guichet.openid import Login, LoginFailed, LoginRefused, Pending, ProviderUnavailable, RelyingParty

logger = logging.getLogger("guichet")
CITIZEN, PENDING, CONFIRMED, TROUBLE = "citizen", "pending_logins", "confirmed_account", "account_trouble"
TABS_AT_ONCE = 5

trust_service = RelyingParty(
    issuer=settings.ISSUER, client_id=settings.CLIENT_ID, partner=settings.PARTNER,
    secret=lambda: settings.CLIENT_SECRET_FILE.read_text().strip(), redirect_address=f"{settings.URL}/callback")


class SeeOther(HttpResponseRedirect):
    """After a form: the browser goes on with GET."""

    status_code = 303


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "guichet/home.html", {"form": _form(), "bye": request.GET.get("bye") == "1"})


@require_safe
def space(request: HttpRequest) -> HttpResponse:
    """R295: one's own space; without a login the way to it."""
    citizen = request.session.get(CITIZEN)
    if citizen is None:
        return render(request, "guichet/connect.html", {"form": _form()})
    return render(request, "guichet/space.html", {"at": datetime.fromisoformat(citizen["at"])})


@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """R301: the chosen product goes with the citizen to the trust service. The portal never sees a code."""
    form = _form(request.POST)
    if not form.is_valid():
        return render(request, "guichet/connect.html", {"form": form})
    try:
        address, pending = trust_service.begin(device=form.cleaned_data.get("product", ""), language=request.LANGUAGE_CODE)
    except ProviderUnavailable as error:
        return _trouble(request, "unavailable", error)
    _keep(request, pending)
    return SeeOther(address)


def account(request: HttpRequest) -> HttpResponse:
    """A procedure that needs more than a login: a new bank account is paid to only after the citizen has confirmed it with his
    device, at the trust service."""
    citizen = request.session.get(CITIZEN)
    if citizen is None:
        return render(request, "guichet/connect.html", {"form": _form()})
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = _("Verser mes prestations sur le compte IBAN %(iban)s") % {"iban": form.cleaned_data["iban"]}
        try:
            address, pending = trust_service.ask(text, subject=citizen["subject"], language=request.LANGUAGE_CODE)
        except ProviderUnavailable as error:
            logger.warning("nothing could be asked: %s trace=%s", error, request.trace)
            return _account(request, form, trouble="unavailable", status=503)
        _keep(request, pending)
        return SeeOther(address)
    return _account(request, form, trouble=request.session.pop(TROUBLE, ""))


@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """What the citizen confirmed, for whoever wants to check it without this portal and without the trust service."""
    kept = request.session.get(CONFIRMED)
    if kept is None:
        return HttpResponseRedirect(reverse("account"))
    response = JsonResponse(kept["proof"], json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{kept["reference"]}.json"'
    return response


def _confirmed(request: HttpRequest, answer: dict[str, str], pending: Pending) -> HttpResponse:
    """Back from the trust service: nothing changes unless exactly this text was confirmed by exactly this citizen."""
    citizen = request.session.get(CITIZEN)
    try:
        if citizen is None or citizen["subject"] != pending.subject:
            raise LoginFailed("another citizen is here now")
        found = trust_service.confirmed(answer, pending)
    except (LoginRefused, LoginFailed, ProviderUnavailable) as error:
        logger.info("not confirmed: %s trace=%s", error, request.trace)
        kinds = {LoginFailed: "failed", ProviderUnavailable: "unavailable"}
        request.session[TROUBLE] = kinds.get(type(error), "refused")
    else:
        request.session[CONFIRMED] = asdict(found)
    return HttpResponseRedirect(reverse("account"))


def _account(request: HttpRequest, form: AccountForm, *, trouble: str = "", status: int = 200) -> HttpResponse:
    kept = request.session.get(CONFIRMED)
    return render(request, "guichet/account.html", {
        "form": form, "trouble": trouble, "kept": kept,
        "at": datetime.fromisoformat(kept["confirmed_at"]) if kept else None}, status=status)


def _keep(request: HttpRequest, pending: Pending) -> None:
    """The answer must come back to this web session. Those that somebody began and left go, before there is one more."""
    request.session.clear_expired()
    waiting = request.session.get(PENDING, {})
    request.session[PENDING] = dict([*waiting.items(), (pending.state, pending.as_dict())][-TABS_AT_ONCE:])


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The provider's answer, once, in the browser that asked."""
    answer = {name: request.GET[name] for name in request.GET}
    waiting = request.session.get(PENDING, {})
    kept = waiting.pop(answer.get("state", ""), None)
    if kept is None:
        return _trouble(request, "foreign", LoginFailed("nothing was asked here with this state"))
    request.session[PENDING] = waiting
    pending = Pending(**kept)
    if pending.text:
        return _confirmed(request, answer, pending)
    try:
        login = trust_service.finish(answer, pending)
    except LoginRefused as error:
        return _trouble(request, "refused" if error.code == "access_denied" else "level"
                        if error.code == "unmet_authentication_requirements" else "failed", error)
    except LoginFailed as error:
        return _trouble(request, "failed", error)
    except ProviderUnavailable as error:
        return _trouble(request, "unavailable", error)
    _enter(request, login)
    return HttpResponseRedirect(reverse("space"))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return SeeOther(f"{reverse('home')}?bye=1")


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    try:
        trust_service.configuration()
    except ProviderUnavailable as error:
        logger.warning("the trust service does not answer: %s", error)
        return JsonResponse({"status": "failing", "parts": {"trust service": "failing"}}, status=503)
    return JsonResponse({"status": "ok", "parts": {"trust service": "ok"}})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def _form(given: QueryDict | None = None) -> ProductForm:
    """The products that log in here today, by the trust service's word."""
    return ProductForm(given, products=trust_service.devices())


def _enter(request: HttpRequest, login: Login) -> None:
    """A new web session: what somebody planted before the login is worth nothing, what another citizen left is gone."""
    request.session.flush()
    request.session[CITIZEN] = {
        "subject": login.subject, "name": f"{login.claims.get('given_name', '')} {login.claims.get('family_name', '')}"
        .strip(), "level": login.level.rsplit("/", 1)[-1], "factors": list(login.factors), "at": login.at.isoformat()}


STATUS = {"unavailable": 503, "foreign": 400, "failed": 400, "refused": 200, "level": 200}


def _trouble(request: HttpRequest, kind: str, error: Exception) -> HttpResponse:
    logger.info("login not completed: %s (%s) trace=%s", kind, error, request.trace)
    return render(request, "guichet/trouble.html", {"kind": kind, "form": _form()}, status=STATUS[kind])
