# SPDX-License-Identifier: Apache-2.0
"""Turns a refusal into a status and a page that says what happened, what was kept and what to do."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from paraph.kernel.errors import Refusal

logger = logging.getLogger("paraph.refusals")


def sentence_of(refusal: Refusal) -> str:
    """The refusal's sentence in the active language."""
    return gettext(refusal.sentence) % refusal.facts if refusal.facts else gettext(refusal.sentence)


class Refusals:
    """Views let refusals rise that they have no better place for; unexpected errors stay errors (500)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        logger.info("refused", extra={"fields": {"code": exception.code}})
        response = render(request, "faces/refusal.html",
                          {"refusal": exception, "sentence": sentence_of(exception)}, status=exception.status)
        if exception.retry_after is not None:
            response["Retry-After"] = str(exception.retry_after)
        return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
