# SPDX-License-Identifier: Apache-2.0
"""Gives each request its caller, built when first asked for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from paraph.interfaces.callers import caller_of, session_of


class Calling:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.login = SimpleLazyObject(lambda: session_of(request))
        request.caller = SimpleLazyObject(lambda: caller_of(request))
        return self.get_response(request)
