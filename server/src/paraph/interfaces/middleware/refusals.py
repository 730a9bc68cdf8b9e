# SPDX-License-Identifier: Apache-2.0
"""Turns a refusal into a status and a page that says what happened, what was kept and what to do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from paraph.kernel.errors import Refusal

logger = logging.getLogger("paraph.refusals")


@dataclass(frozen=True)
class WayBack:
    """Where the page of a refusal leads instead of home, in the reader's words, and what was kept. A view that knows it
    puts it on the request as `way_back`."""

    address: str
    words: Any
    kept: Any = ""


def sentence_of(refusal: Refusal) -> str:
    """The refusal's sentence in the active language."""
    return gettext(refusal.sentence) % refusal.facts if refusal.facts else gettext(refusal.sentence)


class Refusals:
    """Views let refusals rise that they have no better place for; unexpected errors stay errors (500)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET" and not response.content:
            page = render(request, "405.html", {"back": _around(request)}, status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        logger.info("refused", extra={"fields": {"code": exception.code}})
        way = getattr(request, "way_back", None)
        found = {"back": way.address, "back_words": way.words, "kept": way.kept} if way else {}
        response = render(request, "faces/refusal.html",
                          {"refusal": exception, "sentence": sentence_of(exception), **found}, status=exception.status)
        if exception.retry_after is not None:
            response["Retry-After"] = str(exception.retry_after)
        return response


def _around(request: HttpRequest) -> str:
    """The page to which an address for one action belongs, such as a case: whoever changes the language on a page that
    tells an error, or asks for its address again, finds back there. Empty where no page is around it."""
    path = f"{request.path.rstrip('/').rpartition('/')[0]}/"
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
