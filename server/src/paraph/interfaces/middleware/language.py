# SPDX-License-Identifier: Apache-2.0
"""French, German or English: the link on each page, else the cookie, else what the browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

COOKIE = "paraph_language"
YEAR = 365 * 24 * 3600


class Language:
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
