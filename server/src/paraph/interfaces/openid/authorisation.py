# SPDX-License-Identifier: Apache-2.0
"""The person's way: request, login at the door, consent with each value, back to the partner.

Every answer to a client carries `state` and `iss` (RFC 9207), errors too. As long as client and redirect address are not
known to be right, errors stay on a page of ours (RFC 6749 4.1.2.1).
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from paraph.domain.identity_provider import confirmations, openid, queries, services, sites
from paraph.domain.identity_provider.models import AuthorisationRequest
from paraph.domain.identity_provider.openid import ProtocolError
from paraph.domain.identity_provider.policy import Fitness
from paraph.interfaces.login import door
from paraph.interfaces.middleware.refusals import WayBack

CLAIM_NAMES = {
    "given_name": _("Prénoms"),
    "family_name": _("Noms"),
    "birthdate": _("Date de naissance"),
    "matricule": _("Matricule"),
}


class SeeOther(HttpResponseRedirect):
    """After a form: the browser goes on with GET (RFC 9700 4.12)."""

    status_code = 303


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """A partner's request. POST is allowed too (OpenID Core 3.1.2.1); it changes nothing for the person either."""
    given = _parameters(request.POST if request.method == "POST" else request.GET)
    parameters = _pushed(request, given)
    try:
        client = queries.client(openid.single(parameters, "client_id"))
        address = openid.single(parameters, "redirect_uri")
    except ProtocolError:
        client, address = None, ""
    if client is None or address not in client.redirect_addresses:
        return render(request, "openid/unknown.html", status=400)
    try:
        wanted = openid.read_request(parameters, client.scopes, client.details_types, pushed=parameters is not given)
        if "none" in wanted.prompts:
            # R290: each release needs a fresh yes, so nothing can ever be answered without asking.
            raise ProtocolError("consent_required" if request.login else "login_required", "the person must be asked")
    except ProtocolError as error:
        return error_to_partner(address, error.code, error.description, _state(parameters))
    asked = services.ask(client_id=client.client_id, redirect_address=address, wanted=wanted, caller=request.caller)
    return SeeOther(openid.with_parameters(reverse("openid:answer", args=[asked.id]), _wishes(parameters, asked)))


def _pushed(request: HttpRequest, parameters: dict[str, list[str]]) -> dict[str, list[str]]:
    """What the client pushed before, in the place of everything that the browser's address says (RFC 9126 4)."""
    try:
        name, client_id = openid.single(parameters, "request_uri"), openid.single(parameters, "client_id")
    except ProtocolError:
        return parameters
    if not name.startswith(openid.PUSHED_PREFIX):
        return parameters
    # Unknown, used or too late: without an address of the client's, the answer is our own page.
    return services.take_pushed(request_uri=name, client_id=client_id, caller=request.caller) or {}


def _wishes(parameters: dict[str, list[str]], asked: AuthorisationRequest) -> dict[str, str]:
    """What the partner knows of the person: the device that he chose there (ours), his language (ui_locales)."""
    device = parameters.get("device", [""])[0]
    languages = parameters.get("ui_locales", [""])[0].replace("-", " ").split()
    known = [language for language in languages if language in dict(settings.LANGUAGES)]
    return {"device": device if device in asked.client.partner.accepts else "", "language": known[0] if known else ""}


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The consent: each value that would be sent, and a fresh yes or no each time (R290)."""
    asked = _asked(request, request_id)
    if request.POST.get("answer") == "no":
        return _refused(request, asked)
    session = request.login or None
    match queries.fitness(asked, session, request.caller.at):
        case Fitness.LOGIN:
            return _to_door(asked, request.GET.get("device", ""))
        case Fitness.TOO_LOW:
            services.refuse(request_id=asked.id, reason="level", caller=request.caller)
            return error_to_partner(asked.redirect_address, "unmet_authentication_requirements",
                          "no device of this person reaches the level", asked.client_state)
        case Fitness.WRONG_SCOPE:
            return _page(request, "openid/not_open.html", asked, session=session)
    if asked.confirmation is not None:
        row = confirmations.ask(request_id=asked.id, caller=request.caller)
        return HttpResponseRedirect(reverse("openid:confirmation", args=[row.id]))
    values = queries.values(asked, session.person_id)
    if request.POST.get("answer") == "yes":
        shown = {name: request.POST.get(f"value_{name}", "") for name in values}
        granted, code = services.grant(request_id=asked.id, shown=shown, caller=request.caller)
        return back_to_partner(granted.redirect_address, {"code": code, "state": granted.client_state})
    rows = [{"claim": name, "name": CLAIM_NAMES[name], "value": value,
             "day": date.fromisoformat(value) if name == "birthdate" else None} for name, value in values.items()]
    return _page(request, "openid/consent.html", asked, rows=rows, session=session)


@require_http_methods(["GET", "HEAD", "POST"])
def cancelled(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The person turned back at the door: one button leads back to the partner. Looking ends nothing."""
    asked = _asked(request, request_id)
    return _refused(request, asked) if request.method == "POST" else _page(request, "openid/cancelled.html", asked)


def _asked(request: HttpRequest, request_id: UUID) -> AuthorisationRequest:
    """The request that waits for its answer. Of one that is over, the page leads to the partner's own site, where the
    person begins again; its answer address gets nothing. Refuses: RequestOver."""
    try:
        return queries.request(request_id, request.caller.at)
    except queries.RequestOver:
        site = sites.site_of_request(request_id)
        if site:
            words = _("Retourner à %(partner)s") % {"partner": site.partner.name_in(request.LANGUAGE_CODE)}
            request.way_back = WayBack(site.address, words)
        raise


def _refused(request: HttpRequest, asked: AuthorisationRequest) -> HttpResponse:
    services.refuse(request_id=asked.id, reason="person", caller=request.caller)
    return error_to_partner(asked.redirect_address, "access_denied", "the person said no", asked.client_state)


def _to_door(asked: AuthorisationRequest, device: str) -> HttpResponse:
    return HttpResponseRedirect(door.address(
        next=reverse("openid:answer", args=[asked.id]), back=reverse("openid:cancelled", args=[asked.id]),
        partner_id=asked.client.partner_id, origin=openid.origin_of(asked.redirect_address), device=device))


def _page(request: HttpRequest, template: str, asked: AuthorisationRequest, **context: Any) -> HttpResponse:
    response = render(request, template, {
        "asked": asked, "partner": asked.client.partner.name_in(request.LANGUAGE_CODE), **context})
    response.form_action = openid.origin_of(asked.redirect_address)
    return response


def back_to_partner(address: str, parameters: dict[str, str]) -> HttpResponse:
    return SeeOther(openid.with_parameters(address, {**parameters, "iss": settings.URL}))


def error_to_partner(address: str, code: str, description: str, state: str) -> HttpResponse:
    return back_to_partner(address, {"error": code, "error_description": description, "state": state})


def _parameters(given: QueryDict) -> dict[str, list[str]]:
    return dict(given.lists())


def _state(parameters: dict[str, list[str]]) -> str:
    try:
        return openid.single(parameters, "state")
    except ProtocolError:
        return ""
