# SPDX-License-Identifier: Apache-2.0
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.policy import PASSKEY
from paraph.domain.devices import queries as devices
from paraph.domain.identity_provider import queries as identity_provider
from paraph.domain.notifications import queries as notifications
from paraph.domain.orders import policy as orders
from paraph.domain.registration import queries
from paraph.domain.signing import queries as signing
from paraph.interfaces.callers import login_required
from paraph.interfaces.my.wording import CLAIMS, DEVICE_TYPES, LEVELS, STATES, activity_in_words

PAGE_SIZE = 50


def standing(request: HttpRequest) -> dict[str, object]:
    """The holder's certificate as his pages show it; nothing without a login."""
    caller = request.caller
    if not caller.identity or caller.scope == "staff":
        return {}
    signature = queries.certificate_pair(caller.identity).get("signature")
    if signature is None:
        return {}
    state = "expired" if signature.state in ("active", "suspended") and caller.at >= signature.not_after \
        else signature.state
    text, colour = STATES[state]
    until = signature.suspended_until
    return {"certificate": signature, "state": state, "state_text": text, "state_colour": colour,
            "last_day": orders.last_day(until) if until else None, "level": LEVELS.get(signature.level, signature.level)}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Mon espace: what there is, and Mon certificat with its entries (annex 2). Open to everybody: most lead to a login."""
    if request.caller.scope == "devices":
        return HttpResponseRedirect(reverse("my:products"))
    if request.caller.scope == "replacement":
        return HttpResponseRedirect(reverse("my:replacement"))
    context = standing(request)
    if request.caller.identity and request.caller.scope != "staff":
        context["holder"] = accounts.contact(request.caller.identity)
        context["by_password"] = accounts.identity(request.caller.identity).device_family == "server"
        context["devices"] = [(DEVICE_TYPES[device.type], device.serial) for device in devices.for_identity(
            request.caller.identity) if device.type != PASSKEY]
        context["to_confirm"] = request.caller.scope == "full" and authentication.pending_confirmations(
            request.caller.identity, request.caller.at)
        context["told"] = notifications.for_person(request.caller.person)[:3]
    return render(request, "my/home.html", context)


@login_required("full", "suspended")
def activity(request: HttpRequest) -> HttpResponse:
    """Who did what with my key and my account, newest first."""
    events = [(event, text) for event in queries.activity(request.caller.identity, limit=500)
              if (text := activity_in_words(event.code, event.facts))]
    page = Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))
    language = request.caller.language
    logins = queries.logins(request.caller.identity, limit=PAGE_SIZE)
    uses = list(signing.ledger(request.caller.identity)[:PAGE_SIZE])
    types = devices.types_of(row.device_serial for row in (*logins, *uses))
    releases = [(release, release.partner.name_in(language), [CLAIMS.get(name, name) for name in release.claims])
                for release in identity_provider.releases(request.caller.person)[:PAGE_SIZE]]
    return render(request, "my/activity.html", {
        "page": page, "releases": releases,
        "logins": [(login, login.partner.name_in(language) if login.partner else "",
                    DEVICE_TYPES.get(types.get(login.device_serial), "")) for login in logins],
        "uses": [(use, DEVICE_TYPES[types[use.device_serial]]) for use in uses]})


@login_required("full", "suspended")
def messages(request: HttpRequest) -> HttpResponse:
    """What the service told this person, without codes."""
    page = Paginator(notifications.for_person(request.caller.person), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "my/messages.html", {"page": page})
