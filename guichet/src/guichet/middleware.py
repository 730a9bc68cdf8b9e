# SPDX-License-Identifier: Apache-2.0
"""Headers and language of every page, as the trust service has them."""

import re
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

COOKIE = "guichet_language"
YEAR = 365 * 24 * 3600
_TRACE = re.compile(r"^[0-9a-f]{32}$")


class SecurityHeaders:
    """Pages load from this origin only. Forms may lead to the trust service: form-action counts for redirects too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        issuer = urlsplit(settings.ISSUER)
        self.policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {issuer.scheme}://{issuer.netloc}"
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        parts = request.headers.get("traceparent", "").split("-")
        given = parts[1] if len(parts) == 4 and _TRACE.match(parts[1]) else ""
        request.trace = given or secrets.token_hex(16)
        response = self.get_response(request)
        response["X-Trace-Id"] = request.trace
        response["Content-Security-Policy"] = self.policy
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        if settings.SECURE_HSTS_SECONDS:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response


class Language:
    """French, German or English: the link on each page, else the cookie, else what the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET.get("language", "")
        wanted = chosen if chosen in self.known else request.COOKIES.get(COOKIE, "")
        if wanted not in self.known:
            wanted = translation.get_language_from_request(request)
        request.LANGUAGE_CODE = wanted
        with translation.override(wanted):
            response = self.get_response(request)
        response.setdefault("Content-Language", wanted)
        patch_vary_headers(response, ("Accept-Language",))
        if chosen in self.known:
            response.set_cookie(COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=settings.SECURE, httponly=True)
        return response
