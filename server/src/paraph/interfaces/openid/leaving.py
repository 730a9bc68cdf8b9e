# SPDX-License-Identifier: Apache-2.0
"""Logout that a partner asks for (OpenID Connect RP-Initiated Logout 1.0): the person presses a button, then goes back.

No address ends a session by being opened: a link in a mail could do that to anybody.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from paraph.domain.authentication import services
from paraph.domain.identity_provider import openid, queries
from paraph.domain.identity_provider.openid import ProtocolError
from paraph.domain.identity_provider.queries import Leaving
from paraph.interfaces.openid.authorisation import SeeOther

NAMES = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Programs may send people here by GET or by POST; both only ask."""
    given = _given(request)
    found = _leaving(given)
    if not request.login:
        return _away(found, given)
    response = render(request, "openid/logout.html", {
        "given": given, "partner": found.client.partner.name_in(request.LANGUAGE_CODE) if found.client else ""})
    response.form_action = openid.origin_of(found.back) if found.back else ""
    return response


@require_POST
def confirmed(request: HttpRequest) -> HttpResponse:
    given = _given(request)
    if request.login:
        services.close_session(session_id=request.login.id, reason="logout", caller=request.caller)
    request.session.flush()
    return _away(_leaving(given), given)


def _given(request: HttpRequest) -> dict[str, str]:
    parameters = dict((request.POST if request.method == "POST" else request.GET).lists())
    try:
        return {name: openid.single(parameters, name) for name in NAMES}
    except ProtocolError:
        return dict.fromkeys(NAMES, "")


def _leaving(given: dict[str, str]) -> Leaving:
    return queries.leaving(hint=given["id_token_hint"], client_id=given["client_id"],
                           back=given["post_logout_redirect_uri"], issuer=settings.URL)


def _away(found: Leaving, given: dict[str, str]) -> HttpResponse:
    if not found.back:
        return HttpResponseRedirect("/")
    return SeeOther(openid.with_parameters(found.back, {"state": given["state"]}))
