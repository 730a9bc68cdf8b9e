# SPDX-License-Identifier: Apache-2.0
"""From a web request to a caller, and the doors in front of views: who must be logged in, with which role."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy, gettext_noop

from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication import services
from paraph.domain.authentication.queries import SessionView
from paraph.domain.organisations import queries as organisations
from paraph.interfaces.addresses import client_address
from paraph.interfaces.middleware.refusals import WayBack
from paraph.kernel import clock, rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden

SESSION_KEY = "authentication_session"
# How long a browser is recognised by the lockout after its last login: what a cookie may last.
BROWSER_DAYS = 400


class Suspended(Forbidden):
    """What the holder may do with a certificate in force is closed while it is suspended."""

    code = "certificate_suspended"
    sentence = gettext_noop("Votre certificat est suspendu. Réactivez-le dans votre espace, puis revenez ici.")


class OnlyForProducts(Forbidden):
    """A security code's session, and one that activates a replacement, manage products and nothing else (R135)."""

    code = "only_for_products"
    sentence = gettext_noop(
        "Cette connexion permet seulement de gérer vos produits. Pour le reste, connectez-vous avec l’un d’eux.")


def now_of(request: HttpRequest):
    """One instant per request, so that all its decisions agree."""
    if not hasattr(request, "instant"):
        request.instant = clock.bound().now()
    return request.instant


def address_of(request: HttpRequest) -> str:
    """Who holds the connection, or who a trusted proxy says it asks for."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""),
                          settings.TRUSTED_PROXIES)


def session_of(request: HttpRequest) -> SessionView | None:
    """The login session behind this request, if it still stands; its idle limit counts from now."""
    identifier = request.session.get(SESSION_KEY)
    session = authentication.session(identifier, now_of(request)) if identifier else None
    if session is not None:
        services.touch_session(session_id=session.id, seen_at=session.seen_at, at=now_of(request))
    return session


def caller_of(request: HttpRequest) -> Caller:
    session = session_of(request)
    common = {
        "at": now_of(request),
        "channel": "web",
        "address": address_of(request),
        "trace": getattr(request, "trace", ""),
        "language": getattr(request, "LANGUAGE_CODE", "fr"),
        "agent": request.headers.get("User-Agent", "").replace("\x00", "")[:300],
        "browser": request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")[:64],
    }
    if session is None:
        return Caller(**common)
    return Caller(
        **common,
        person=str(session.person_id),
        identity=str(session.identity_id),
        roles=organisations.roles_of(session.person_id) if session.scope == "staff" else frozenset(),
        session=str(session.id),
        scope=session.scope,
    )


def enter(request: HttpRequest, session_id: object) -> None:
    """The login session is this browser's from now on. Whatever a stranger may know of it from before is worth nothing:
    the web session and the form token get new names, and a login session that stood is closed."""
    if request.login:
        services.close_session(session_id=request.login.id, reason="new_login", caller=request.caller)
        request.session.flush()
    request.session.cycle_key()
    # As Django's rotate_token(), whose secret asks the system for each of its letters.
    request.META.update(CSRF_COOKIE=tokens.cookie_secret(), CSRF_COOKIE_NEEDS_UPDATE=True)
    request.session[SESSION_KEY] = str(session_id)


def caller_in_browser(request: HttpRequest) -> Caller:
    """The caller in a browser that has a name, its own or a new one, which a finished login makes known for its holder."""
    if not rules.current().lockout_lanes:
        return request.caller
    return request.caller.in_browser(request.caller.browser or tokens.secret_url())


def recognise_browser(response: HttpResponse, caller: Caller) -> None:
    """After a finished login this browser keeps its name, where the operator wants lanes (R150)."""
    if rules.current().lockout_lanes:
        response.set_cookie(settings.BROWSER_COOKIE_NAME, caller.browser, max_age=BROWSER_DAYS * 86400, httponly=True,
                            secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")


View = Callable[..., HttpResponse]


def _errand_of(request: HttpRequest) -> dict[str, str]:
    """What the door is told of somebody who is not logged in, or no longer: where he wanted to go, that his session has
    ended, and whether he had sent something, which is not kept. A form's own page is where he begins again."""
    if request.method in ("GET", "HEAD"):
        ended = {"ended": "idle"} if request.session.get(SESSION_KEY) else {}
        return {"next": request.get_full_path()} | ended
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return {"next": request.get_full_path(), "ended": "unsent"}
    parts = urlsplit(page)
    return {"next": urlunsplit(("", "", parts.path or "/", parts.query, "")), "ended": "unsent"}


def login_required(*scopes: str) -> Callable[[View], View]:
    """Sends who is not logged in to the door, and refuses a session of another scope. Default scope: "full"."""
    allowed = scopes or ("full",)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.caller.session:
                return HttpResponseRedirect(f"{reverse('login:start')}?{urlencode(_errand_of(request))}")
            if request.caller.scope not in allowed:
                raise _refusal(request)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _refusal(request: HttpRequest) -> Forbidden:
    """Why this session opens no such page, in words that lead further."""
    if request.caller.scope == "suspended":
        return Suspended()
    if request.caller.scope in ("devices", "replacement"):
        request.way_back = WayBack(reverse("my:home"), gettext_lazy("Gérer mes produits"))
        return OnlyForProducts()
    return Forbidden()


def role_required(*roles: str) -> Callable[[View], View]:
    """Staff pages: a staff session that holds one of the roles."""

    def decorate(view: View) -> View:
        @login_required("staff")
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not any(request.caller.has_role(role) for role in roles):
                raise Forbidden()
            return view(request, *args, **kwargs)

        return guarded

    return decorate
