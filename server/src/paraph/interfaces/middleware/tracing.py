# SPDX-License-Identifier: Apache-2.0
"""A trace id for each request, on its log lines, its answer and its error page."""

import logging
import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from paraph.interfaces.lines import trace
from paraph.kernel import tokens

_given = re.compile(r"^[0-9a-f]{32}$")
logger = logging.getLogger("paraph.requests")


class Tracing:
    """`request.trace` is taken from a W3C traceparent when a proxy sent one, else made here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        parts = request.headers.get("traceparent", "").split("-")
        given = parts[1] if len(parts) == 4 and _given.match(parts[1]) else ""
        request.trace = given or tokens.token_bytes(16).hex()
        token = trace.set(request.trace)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Trace-Id"] = request.trace
            fields = {"method": request.method, "status": response.status_code, "route": _route(request),
                      "milliseconds": round((time.perf_counter() - started) * 1000, 1)}
            logger.info("request", extra={"fields": fields})
            return response
        finally:
            trace.reset(token)


def _route(request: HttpRequest) -> str:
    # The pattern, never the address: addresses of this service can hold references and secrets.
    match = getattr(request, "resolver_match", None)
    return match.route if match else "-"
