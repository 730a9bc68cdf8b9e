# SPDX-License-Identifier: Apache-2.0
"""Mes sessions: where somebody is logged in as me, and one button to end that."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from paraph.domain.authentication import queries, services
from paraph.domain.authentication.queries import OpenSession
from paraph.domain.devices import queries as devices
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.browsers import browser_of
from paraph.interfaces.my.wording import DEVICE_TYPES, WITHOUT_DEVICE


@require_safe
@login_required("full", "suspended")
def sessions(request: HttpRequest) -> HttpResponse:
    caller = request.caller
    rows = [{"session": row, "current": str(row.id) == caller.session, "browser": browser_of(row.agent),
             "device": _device(row), "partner": row.partner.name_in(caller.language) if row.partner else ""}
            for row in queries.open_sessions(caller.identity, caller.at)]
    return render(request, "my/sessions.html", {
        "rows": rows, "others": len(rows) > 1, "done": request.GET.get("done") == "1"})


def _device(row: OpenSession) -> str:
    device = devices.by_serial(row.device_serial) if row.device_serial else None
    if device is not None:
        return f"{DEVICE_TYPES[device.type]} {device.serial}"
    if {"hwk", "swk"} & set(row.amr):
        return str(DEVICE_TYPES["passkey"])
    return str(WITHOUT_DEVICE[row.scope]) if row.scope in WITHOUT_DEVICE else "–"


@require_POST
@login_required("full", "suspended")
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    services.end_session(session_id=session_id, caller=request.caller)
    if str(session_id) == request.caller.session:
        request.session.flush()
        return HttpResponseRedirect("/")
    return _done()


@require_POST
@login_required("full", "suspended")
def end_others(request: HttpRequest) -> HttpResponse:
    services.end_other_sessions(caller=request.caller)
    return _done()


def _done() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('my:sessions')}?done=1")
