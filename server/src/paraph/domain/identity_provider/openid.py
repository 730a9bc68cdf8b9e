# SPDX-License-Identifier: Apache-2.0
"""OpenID Connect Core 1.0 as far as we speak it: the code flow with PKCE S256 (RFC 7636) and nothing else.

Pure: parameters in, a value or an error of the protocol out.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from paraph.domain.authentication.policy import Asked
from paraph.domain.identity_provider import authorization_details

# Which values each scope stands for; "openid" itself gives the pairwise subject and the level of assurance alone.
CLAIMS = {
    "openid": (),
    "profile": ("given_name", "family_name", "birthdate"),
    "matricule": ("matricule",),
}
ID_TOKEN_SECONDS = 300
ACCESS_TOKEN_SECONDS = 300
LOGOUT_TOKEN_SECONDS = 120
PUSHED_SECONDS = 90
# RFC 9126 2.2: names of pushed requests begin so.
PUSHED_PREFIX = "urn:ietf:params:oauth:request_uri:"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
LONGEST = 2000
# The longest text and label of a confirmation, each letter of them escaped (RFC 8259 clause 7).
LONGEST_DETAILS = 8000
# What a request can say to us; whatever else comes is not kept.
READ = frozenset({
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "acr_values", "prompt", "max_age", "authorization_details", "device", "ui_locales"})
# How a client names and proves itself: never part of what it asks.
PROOFS = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})


class ProtocolError(Exception):
    """An error that goes back to the client, with its registered code (RFC 6749 4.1.2.1, OpenID Core 3.1.2.6)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class Wanted:
    """A valid authentication request.

    `levels` are the acr values asked for, any of which will do; `prompts` what the client says of asking the person;
    `confirmation` what he is asked to confirm, if anything.
    """

    scopes: tuple[str, ...]
    state: str
    nonce: str
    code_challenge: str
    levels: tuple[str, ...]
    prompts: frozenset[str]
    max_age: int | None
    confirmation: Asked | None = None


def single(parameters: Mapping[str, Sequence[str]], name: str, most: int = LONGEST) -> str:
    """The parameter's value, empty when it is missing. RFC 6749 3.1: none may come twice. PostgreSQL takes no NUL."""
    values = parameters.get(name, ())
    if len(values) > 1 or any(len(value) > most or "\x00" in value for value in values):
        raise ProtocolError("invalid_request", f"{name} is repeated, too long or holds a null character")
    return values[0] if values else ""


def read_request(
    parameters: Mapping[str, Sequence[str]], allowed_scopes: Iterable[str], allowed_types: Iterable[str] = (), *,
    pushed: bool = False,
) -> Wanted:
    """The request, if we answer such ones. Client and redirect address were checked before. `pushed`: it comes from the
    authenticated client itself, and not from a browser, where anybody can write one. Raises ProtocolError."""
    if single(parameters, "request"):
        raise ProtocolError("request_not_supported", "request objects are not supported")
    if single(parameters, "request_uri"):
        raise ProtocolError("request_uri_not_supported", "request_uri is not supported")
    if single(parameters, "response_type") != "code":
        raise ProtocolError("unsupported_response_type", "response_type must be code")
    if single(parameters, "response_mode") not in ("", "query"):
        raise ProtocolError("invalid_request", "response_mode must be query")
    challenge = single(parameters, "code_challenge")
    if single(parameters, "code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise ProtocolError("invalid_request", "PKCE with code_challenge_method S256 is required")
    prompts = frozenset(single(parameters, "prompt").split())
    if "none" in prompts and len(prompts) > 1:
        raise ProtocolError("invalid_request", "prompt=none stands alone")
    scopes = _scopes(single(parameters, "scope").split(), set(allowed_scopes))
    confirmation = _confirmation(single(parameters, "authorization_details", LONGEST_DETAILS), allowed_types)
    if confirmation and not pushed:
        # Else any site could have a holder sign its own words under a partner's name.
        raise ProtocolError("invalid_request", "authorization_details must be pushed (RFC 9126)")
    if confirmation and scopes != ("openid",):
        # Somebody who confirms reads one thing; nothing else leaves with it.
        raise ProtocolError("invalid_scope", "a confirmation goes with the scope openid alone")
    return Wanted(
        scopes=scopes, state=single(parameters, "state"),
        nonce=single(parameters, "nonce"), code_challenge=challenge,
        levels=tuple(single(parameters, "acr_values").split()), prompts=prompts,
        max_age=_max_age(single(parameters, "max_age")), confirmation=confirmation)


def _confirmation(text: str, allowed_types: Iterable[str]) -> Asked | None:
    try:
        return authorization_details.read(text, allowed_types)
    except ValueError as error:
        raise ProtocolError("invalid_authorization_details", str(error)) from None


def _scopes(asked: list[str], allowed: set[str]) -> tuple[str, ...]:
    if "openid" not in asked:
        raise ProtocolError("invalid_scope", "the scope openid is required")
    # R288: more than the partner's registered set is refused, not silently cut.
    beyond = [scope for scope in asked if scope not in allowed | {"openid"}]
    if beyond:
        raise ProtocolError("invalid_scope", f"not registered for this client: {' '.join(beyond)}")
    return tuple(scope for scope in CLAIMS if scope in asked)


def _max_age(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ProtocolError("invalid_request", "max_age is a number of seconds")
    return int(text)


def claims_of(scopes: Iterable[str]) -> tuple[str, ...]:
    return tuple(claim for scope in scopes for claim in CLAIMS[scope])


def verifier_matches(verifier: str, challenge: str) -> bool:
    """RFC 7636 4.6 with S256."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge


def is_usable_redirect(address: str) -> bool:
    """Absolute https, or http on this computer; no fragment, no user name, no wildcard."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1"))
    clean = not parts.fragment and "@" not in parts.netloc and "*" not in address and "\\" not in address
    return bool(host) and secure and clean and address.isascii() and len(address) <= 500


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """The redirect address with the answer's parameters, its own query kept (RFC 6749 3.1.2), empty ones left out."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((n, v) for n, v in parameters.items() if v)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
