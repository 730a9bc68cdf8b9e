# SPDX-License-Identifier: Apache-2.0
"""`/outbox/`: mounted in the demonstration only, answers to this computer only."""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from paraph.domain.notifications import letters, queries
from paraph.domain.notifications.models import Message


def on_this_computer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For everybody else there is no such page. A request that a proxy handed on comes from elsewhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        if not settings.DEMO or forwarded or not ip_address(request.META["REMOTE_ADDR"]).is_loopback:
            raise Http404
        return require_safe(view)(request, *args, **kwargs)

    return guarded


@on_this_computer
def outbox(request: HttpRequest) -> HttpResponse:
    messages = queries.newest()
    if request.GET.get("format") == "json":
        return JsonResponse({"messages": [as_dict(message) for message in messages]},
                            json_dumps_params={"ensure_ascii": False})
    return render(request, "demo/outbox.html", {"entries": [as_dict(message) for message in messages]})


def as_dict(message: Message) -> dict[str, object]:
    """What a program reads. `codes` is there for initial codes only; `to` is an address, a number or postal lines."""
    recipient, content = message.recipient, message.content or {}
    to = {"mail": recipient["email"], "sms": recipient["mobile"], "letter": ", ".join(recipient["postal"])}
    shown = {
        "id": str(message.id), "at": message.created_at.isoformat(), "template": message.template,
        "channel": message.channel, "language": message.language, "state": message.state,
        "to": to.get(message.channel) or "", "subject": content.get("subject", ""), "text": content.get("text", "")}
    if "codes" in content:
        shown["codes"] = content["codes"]
    if message.channel == "letter":
        shown["pdf"] = f"/outbox/{message.id}.pdf"
    return shown


@on_this_computer
def letter(request: HttpRequest, message_id: UUID) -> HttpResponse:
    found = queries.letter(message_id)
    if found is None:
        raise Http404
    response = HttpResponse(letters.pdf(found.content["html"]), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.template}.pdf"'
    return response
