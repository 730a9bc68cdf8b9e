# SPDX-License-Identifier: Apache-2.0
"""What partners' programs call: configuration, keys, token and userinfo endpoints. JSON only, no cookies."""

import base64
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.policy import LEVELS
from paraph.domain.identity_provider import authorization_details, client_assertion, clients, openid, queries, services
from paraph.domain.identity_provider.models import Client
from paraph.domain.identity_provider.openid import ProtocolError
from paraph.kernel.errors import NotFound, Refusal

LONGEST_CLIENT_ID = 100


@require_safe
def configuration(request: HttpRequest) -> JsonResponse:
    """OpenID Connect Discovery 1.0: exactly what works."""
    issuer = settings.URL
    return JsonResponse({
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/openid/authorize",
        "token_endpoint": f"{issuer}/openid/token",
        "userinfo_endpoint": f"{issuer}/openid/userinfo",
        "pushed_authorization_request_endpoint": f"{issuer}/openid/par",
        "end_session_endpoint": f"{issuer}/openid/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "jwks_uri": f"{issuer}/openid/jwks",
        "devices_endpoint": f"{issuer}/openid/devices",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(client_assertion.algorithms()),
        "code_challenge_methods_supported": ["S256"],
        "authorization_details_types_supported": list(authorization_details.TYPES),
        "scopes_supported": list(openid.CLAIMS),
        "claims_supported": ["sub", "acr", "amr", "auth_time", "sid", "confirmation", *openid.claims_of(openid.CLAIMS)],
        "acr_values_supported": list(LEVELS[:2]),
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": [code for code, _ in settings.LANGUAGES],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    })


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"keys": queries.public_keys()})


@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Ours: which devices this client's partner accepts and a person can log in with today, as the door would offer them;
    each can be named in `device`. The directory of partners says the same to everybody."""
    client = queries.client(request.GET.get("client_id", "")[:LONGEST_CLIENT_ID])
    if client is None:
        return _fault("invalid_client", status=404)
    answer = JsonResponse({"client_id": client.client_id, "devices": list(authentication.devices_at(client.partner))})
    answer["Cache-Control"] = "public, max-age=600"
    return answer


@csrf_exempt
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """RFC 9126: what is asked never goes through the browser, and who asks is known before a person is troubled."""
    try:
        client = _client(request)
        if client is None:
            return _invalid_client()
        name = services.push(client_id=client.client_id, parameters=dict(request.POST.lists()), caller=request.caller)
    except ProtocolError as error:
        return _fault(error.code)
    except NotFound:
        return _fault("invalid_request")
    except Refusal as refusal:
        return _unavailable(refusal)
    return JsonResponse({"request_uri": name, "expires_in": openid.PUSHED_SECONDS}, status=201)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """A code becomes tokens, once. Any fault of the code gets one answer (RFC 6749 5.2)."""
    try:
        client = _client(request)
    except Refusal as refusal:
        return _unavailable(refusal)
    if client is None:
        return _invalid_client()
    parameters = dict(request.POST.lists())
    try:
        if openid.single(parameters, "grant_type") != "authorization_code":
            return _fault("unsupported_grant_type")
        given = {name: openid.single(parameters, name) for name in ("code", "redirect_uri", "code_verifier")}
    except ProtocolError as error:
        return _fault(error.code)
    try:
        issued = services.redeem(
            client_id=client.client_id, code=given["code"], redirect_address=given["redirect_uri"],
            verifier=given["code_verifier"], issuer=settings.URL, caller=request.caller)
    except Refusal as refusal:
        return _unavailable(refusal)
    if issued is None:
        return _fault("invalid_grant")
    details = issued.authorization_details
    return JsonResponse({"access_token": issued.access_token, "token_type": "Bearer", "expires_in": issued.expires_in,
                         "id_token": issued.id_token, **({"authorization_details": details} if details else {})})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """The values that the holder agreed to, under the same subject as the ID token."""
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    found = queries.userinfo(access_token.strip(), request.caller.at) if scheme.lower() == "bearer" else None
    if found is None:
        answer = _fault("invalid_token", 401)
        answer["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return answer
    return JsonResponse({"sub": found.subject, **found.claims})


def _client(request: HttpRequest) -> Client | None:
    """By a secret in the header or by a signed statement in the body, never by two at once (RFC 6749 2.3)."""
    stated = {"client_assertion", "client_assertion_type"} & set(request.POST)
    if not stated:
        return _by_secret(request)
    given = {name: request.POST.getlist(name) for name in openid.PROOFS}
    once = all(len(given[name]) == 1 for name in stated) and len(stated) == 2 and len(given["client_id"]) <= 1
    if not once or "Authorization" in request.headers or given["client_secret"]:
        return None
    if given["client_assertion_type"] != [client_assertion.TYPE]:
        return None
    return clients.authenticate(assertion=given["client_assertion"][0], client_id="".join(given["client_id"]),
                                audiences=_audiences(), caller=request.caller)


def _audiences() -> tuple[str, ...]:
    """Our name, and the two addresses that RFC 9126 clause 2 lets a client write instead."""
    return settings.URL, f"{settings.URL}/openid/token", f"{settings.URL}/openid/par"


def _by_secret(request: HttpRequest) -> Client | None:
    """RFC 6749 2.3.1: client_secret_basic, both parts form-encoded."""
    scheme, _, content = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(content, validate=True).decode()
    except ValueError:  # no base 64, no UTF-8, or letters of other alphabets in the header
        return None
    client_id, _, secret = (unquote_plus(part) for part in pair.partition(":"))
    if "\x00" in client_id:  # in no client's name, and PostgreSQL takes none in a question
        return None
    return services.authenticate_client(client_id=client_id, secret=secret, caller=request.caller)


def _invalid_client() -> JsonResponse:
    answer = _fault("invalid_client", 401)
    answer["WWW-Authenticate"] = 'Basic realm="token"'
    return answer


def _unavailable(refusal: Refusal) -> JsonResponse:
    answer = _fault("temporarily_unavailable", refusal.status)
    if refusal.retry_after is not None:
        answer["Retry-After"] = str(refusal.retry_after)
    return answer


def _fault(code: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"error": code}, status=status)
