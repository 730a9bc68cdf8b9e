# SPDX-License-Identifier: Apache-2.0
"""Views for `handler400`, `handler500`: Django's own give the page no request, so no trace id and no contact."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
