# SPDX-License-Identifier: Apache-2.0
"""Mes confirmations: what partners ask me to confirm now, and what I answered before."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from paraph.domain.authentication import queries
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.wording import CONFIRMATIONS

PAGE_SIZE = 20


@require_safe
@login_required("full", "suspended")
def confirmations(request: HttpRequest) -> HttpResponse:
    """The list that an app would read. A suspended holder sees it and confirms nothing."""
    caller = request.caller
    pending = [(row, row.partner.name_in(caller.language)) for row in queries.pending_confirmations(caller.identity, caller.at)]
    page = Paginator(queries.past_confirmations(caller.identity, caller.at), PAGE_SIZE).get_page(request.GET.get("page"))
    past = [(row, CONFIRMATIONS.get(row.state, CONFIRMATIONS["lapsed"]) % {"partner": row.partner.name_in(caller.language)})
            for row in page.object_list]
    return render(request, "my/confirmations.html", {
        "pending": pending if caller.scope == "full" else [], "past": past, "page": page})
