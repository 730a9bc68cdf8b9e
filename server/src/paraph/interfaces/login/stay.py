# SPDX-License-Identifier: Apache-2.0
"""Where a page asks to stay: each request with the holder's session counts, this one says whether it still stands."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def stay(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204 if request.login else 403)
