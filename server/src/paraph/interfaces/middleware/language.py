# SPDX-License-Identifier: Apache-2.0
"""French, German or English: the link on each page, else the cookie, else what the browser asks for."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import trans_real

COOKIE = "paraph_language"
YEAR = 365 * 24 * 3600
# Where languages change the form of a word.
_NUMBERS = (*range(201), 1_000_000)


def join_catalogs(languages: Iterable[str]) -> None:
    """Each folder's sentences stand in one table per language, so that a sentence is looked up once and not in forty tables.

    Django means to do so itself, but compares a function with its code (TranslationCatalog.update) and never finds them
    alike. Tables whose plurals are formed otherwise stay apart, and who came first still wins.
    """
    for language in languages:
        catalog = trans_real.translation(language)._catalog
        tables: list[dict] = []
        plurals: list[Callable[[int], int]] = []
        for table, plural in zip(catalog._catalogs, catalog._plurals, strict=True):
            if plurals and all(plural(number) == plurals[-1](number) for number in _NUMBERS):
                tables[-1] = table | tables[-1]
            else:
                tables.append(table)
                plurals.append(plural)
        catalog._catalogs, catalog._plurals = tables, plurals


class Language:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}
        join_catalogs(self.known)

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
