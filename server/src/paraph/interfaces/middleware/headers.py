# SPDX-License-Identifier: Apache-2.0
"""Security headers: a strict content policy with a nonce, no framing, no referrer to others, no caching of pages."""

import base64
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from paraph.kernel import tokens


class SecurityHeaders:
    """Pages may load from this origin only.

    A view that must send a form's answer to another origin (OpenID) sets `response.form_action` to that validated
    origin, since Chromium applies form-action to redirects too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = base64.b64encode(tokens.token_bytes(16)).decode()
        response = self.get_response(request)
        form_action = " ".join(["'self'", getattr(response, "form_action", "")]).strip()
        response["Content-Security-Policy"] = (
            "default-src 'none'; "
            f"script-src 'self' 'nonce-{request.csp_nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {form_action}"
        )
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        # Not "no-referrer": browsers then send "Origin: null" with our own forms, which the CSRF check refuses.
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        if settings.SECURE_HSTS_SECONDS:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response
