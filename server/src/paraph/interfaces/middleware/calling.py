# SPDX-License-Identifier: Apache-2.0
"""Gives each request its caller, built when first asked for, and its place in the queue for what is costly."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from paraph.domain.limits.policy import source_of
from paraph.interfaces.callers import address_of, caller_of, session_of
from paraph.kernel.places import asker


class Calling:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.login = SimpleLazyObject(lambda: session_of(request))
        request.caller = SimpleLazyObject(lambda: caller_of(request))
        asking = asker.set(source_of(address_of(request)))
        try:
            return self.get_response(request)
        finally:
            asker.reset(asking)
