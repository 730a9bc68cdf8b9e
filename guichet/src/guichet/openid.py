# SPDX-License-Identifier: Apache-2.0
"""The portal as a relying party: OpenID Connect Core 1.0, code flow with PKCE, everything checked that can be.

No Django here. What is learned of the provider (discovery, keys) is kept for minutes, and fetched again when a key is
unknown.
"""

import base64
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from guichet import confirmations
from guichet.confirmations import Confirmation, NotConfirmed

ALGORITHMS = ["ES256", "RS256"]
ACCEPTED_LEVELS = ("http://eidas.europa.eu/LoA/substantial", "http://eidas.europa.eu/LoA/high")
KNOWN_FOR = timedelta(minutes=10)
KEYS_AGAIN_AFTER = timedelta(seconds=30)
# The end of the year 9999: no date is later.
LATEST = 253402300799
PENDING_FOR = timedelta(minutes=20)
SKEW = timedelta(seconds=60)
# RFC 6749 4.1.2.1: codes are words of few letters; what a browser writes in their place stands in no log.
_ERROR = re.compile(r"[a-z_]{1,60}")


class LoginRefused(Exception):
    """The provider answered with an error: `code` is access_denied when the person said no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LoginFailed(Exception):
    """The answer is not one that we can trust. `reason` is for the log and says no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderUnavailable(Exception):
    """The trust service can't be reached or does not answer as it should."""


@dataclass(frozen=True)
class Pending:
    """What must come back with the answer. Kept in the web session that began the login, and used once. Of a confirmation,
    also the text, and who must confirm it."""

    state: str
    nonce: str
    verifier: str
    begun_at: str
    text: str = ""
    subject: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Login:
    """Who logged in, as the provider asserts it and the person agreed to send."""

    subject: str
    level: str
    factors: tuple[str, ...]
    at: datetime
    claims: dict[str, str]


def _now() -> datetime:
    return datetime.now(UTC)


def _url_text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class RelyingParty:
    """One client at one provider. Safe with threads."""

    def __init__(
        self, *, issuer: str, client_id: str, secret: Callable[[], str], redirect_address: str, partner: str,
        http: httpx.Client | None = None, now: Callable[[], datetime] = _now,
    ) -> None:
        self.partner = partner
        self.issuer, self.client_id, self._secret, self.redirect_address = issuer, client_id, secret, redirect_address
        self._http = http or httpx.Client(timeout=10, follow_redirects=False)
        self._now = now
        self._lock = threading.Lock()
        self._configuration: dict[str, Any] | None = None
        self._configured_at = self._keys_at = datetime.min.replace(tzinfo=UTC)
        self._keys: KeySet | None = None
        self._devices: tuple[str, ...] = ()
        self._devices_until = datetime.min.replace(tzinfo=UTC)

    def begin(self, *, device: str = "", language: str = "") -> tuple[str, Pending]:
        """The address to send the browser to, and what to keep until the answer. Raises ProviderUnavailable."""
        pending = Pending(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24),
                          verifier=secrets.token_urlsafe(48), begun_at=self._now().isoformat())
        query = {
            "client_id": self.client_id, "redirect_uri": self.redirect_address, "response_type": "code",
            "scope": "openid profile", "state": pending.state, "nonce": pending.nonce,
            "code_challenge": _url_text(sha256(pending.verifier.encode()).digest()), "code_challenge_method": "S256",
            # A shared computer must not open one citizen's space to the next one.
            "prompt": "login", "acr_values": ACCEPTED_LEVELS[0],
            **({"ui_locales": language} if language else {}), **({"device": device} if device else {}),
        }
        return f"{self.configuration()['authorization_endpoint']}?{urlencode(query)}", pending

    def ask(self, text: str, *, subject: str, language: str = "") -> tuple[str, Pending]:
        """The same for a text that the citizen `subject` must confirm. It is pushed (RFC 9126), so that nobody can change it
        in the browser's address. Raises ProviderUnavailable."""
        pending = Pending(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), text=text, subject=subject,
                          verifier=secrets.token_urlsafe(48), begun_at=self._now().isoformat())
        configuration = self.configuration()
        answer = self._send("POST", configuration["pushed_authorization_request_endpoint"], data={
            "redirect_uri": self.redirect_address, "response_type": "code", "scope": "openid", "state": pending.state,
            "nonce": pending.nonce, "code_challenge": _url_text(sha256(pending.verifier.encode()).digest()),
            "code_challenge_method": "S256", "authorization_details": confirmations.asked(text),
            **({"ui_locales": language} if language else {})}, headers=self._proof_of_client())
        name = _json(answer).get("request_uri") if answer.status_code == 201 else None
        if not isinstance(name, str):
            raise ProviderUnavailable(f"pushed request: {answer.status_code}")
        query = urlencode({"client_id": self.client_id, "request_uri": name})
        return f"{configuration['authorization_endpoint']}?{query}", pending

    def confirmed(self, answer: Mapping[str, str], pending: Pending) -> Confirmation:
        """What this citizen confirmed. Raises LoginRefused, LoginFailed (also for another person), ProviderUnavailable."""
        tokens, claims = self._answered(answer, pending)
        if claims["sub"] != pending.subject:
            raise LoginFailed("another person")
        try:
            return confirmations.read(
                pending.text, partner=self.partner, client=self.client_id, tokens=tokens, claims=claims)
        except NotConfirmed as error:
            raise LoginFailed(error.reason) from error

    def finish(self, answer: Mapping[str, str], pending: Pending) -> Login:
        """The login behind the provider's answer. Raises LoginRefused, LoginFailed, ProviderUnavailable."""
        tokens, claims = self._answered(answer, pending)
        begun = datetime.fromisoformat(pending.begun_at)
        if not begun - SKEW <= datetime.fromtimestamp(claims["auth_time"], UTC) <= self._now() + SKEW:
            raise LoginFailed("an older login, or one of tomorrow")
        person = self._userinfo(tokens["access_token"])
        if person.pop("sub", None) != claims["sub"]:
            raise LoginFailed("userinfo subject")
        return Login(subject=claims["sub"], level=claims["acr"], factors=tuple(claims.get("amr", ())),
                     at=datetime.fromtimestamp(claims["auth_time"], UTC),
                     claims={name: value for name, value in person.items() if isinstance(value, str)})

    def _answered(self, answer: Mapping[str, str], pending: Pending) -> tuple[dict[str, Any], dict[str, Any]]:
        """The tokens for the provider's answer, and the verified claims of the ID token. Raises as `finish`."""
        if not compare_digest(answer.get("state", ""), pending.state):
            raise LoginFailed("state")
        if self._now() - datetime.fromisoformat(pending.begun_at) > PENDING_FOR:
            raise LoginFailed("too late")
        if answer.get("iss") != self.issuer:
            raise LoginFailed("iss")
        if "error" in answer:
            raise LoginRefused(answer["error"] if _ERROR.fullmatch(answer["error"]) else "unknown_error")
        tokens = self._redeem(answer.get("code", ""), pending.verifier)
        return tokens, self._assertion(tokens, pending)

    def configuration(self) -> dict[str, Any]:
        with self._lock:
            if self._configuration is None or self._now() - self._configured_at > KNOWN_FOR:
                found = self._get(f"{self.issuer}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise ProviderUnavailable("another issuer")
                self._configuration, self._configured_at = found, self._now()
            return self._configuration

    def devices(self) -> tuple[str, ...]:
        """The devices that log in here today, as the provider would offer them; empty where it does not say. Kept for
        minutes, and when it does not answer for half a minute."""
        with self._lock:
            if self._now() < self._devices_until:
                return self._devices
        try:
            address = self.configuration().get("devices_endpoint")
            said = self._get(f"{address}?{urlencode({'client_id': self.client_id})}").get("devices") if address else []
            found = said if isinstance(said, list) else []
            kept, known_for = tuple(device for device in found if isinstance(device, str)), KNOWN_FOR
        except ProviderUnavailable:
            kept, known_for = (), KEYS_AGAIN_AFTER
        with self._lock:
            self._devices, self._devices_until = kept, self._now() + known_for
        return kept

    def _key_set(self, key_id: str | None) -> KeySet:
        address = self.configuration()["jwks_uri"]
        with self._lock:
            known = self._keys is not None and any(key.kid == key_id for key in self._keys.keys)
            if self._keys is None or (not known and self._now() - self._keys_at > KEYS_AGAIN_AFTER) \
                    or self._now() - self._keys_at > KNOWN_FOR:
                self._keys, self._keys_at = KeySet.import_key_set(self._get(address)), self._now()
            return self._keys

    def _proof_of_client(self) -> dict[str, str]:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self._secret())}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _redeem(self, code: str, verifier: str) -> dict[str, Any]:
        answer = self._send("POST", self.configuration()["token_endpoint"], data={
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_address,
            "code_verifier": verifier,
        }, headers=self._proof_of_client())
        if answer.status_code != 200:
            raise LoginFailed(f"token endpoint answered {answer.status_code}")
        content = _json(answer)
        if not isinstance(content.get("id_token"), str) or not isinstance(content.get("access_token"), str):
            raise LoginFailed("tokens missing")
        return content

    def _assertion(self, tokens: Mapping[str, str], pending: Pending) -> dict[str, Any]:
        """OpenID Core 3.1.3.7: signature by a published key, and every claim against what was asked."""
        try:
            header_key = _header(tokens["id_token"]).get("kid")
            token = jwt.decode(tokens["id_token"], self._key_set(header_key), algorithms=ALGORITHMS)
            registry = jwt.JWTClaimsRegistry(
                now=int(self._now().timestamp()), leeway=int(SKEW.total_seconds()),
                iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": self.client_id},
                exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
                nonce={"essential": True, "value": pending.nonce}, auth_time={"essential": True},
                acr={"essential": True, "values": list(ACCEPTED_LEVELS)})
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise LoginFailed(f"ID token: {error!r}") from error
        claims = token.claims
        if claims["aud"] not in (self.client_id, [self.client_id]):
            raise LoginFailed("audience")
        half = _url_text(sha256(tokens["access_token"].encode()).digest()[:16])
        if claims.get("at_hash", half) != half:
            raise LoginFailed("at_hash")
        if not isinstance(claims["auth_time"], int) or not 0 <= claims["auth_time"] <= LATEST:
            raise LoginFailed("auth_time")
        if not isinstance(claims["sub"], str) or not isinstance(claims.get("amr", []), list):
            raise LoginFailed("sub or amr")
        return claims

    def _userinfo(self, access_token: str) -> dict[str, Any]:
        answer = self._send("GET", self.configuration()["userinfo_endpoint"],
                            headers={"Authorization": f"Bearer {access_token}"})
        if answer.status_code != 200:
            raise LoginFailed(f"userinfo answered {answer.status_code}")
        return _json(answer)

    def _get(self, address: str) -> dict[str, Any]:
        answer = self._send("GET", address)
        if answer.status_code != 200:
            raise ProviderUnavailable(f"{answer.status_code}")
        return _json(answer)

    def _send(self, method: str, address: str, **given: Any) -> httpx.Response:
        try:
            return self._http.request(method, address, **given)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(type(error).__name__) from error


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable("not JSON") from error
    if not isinstance(content, dict):
        raise ProviderUnavailable("not an object")
    return content


def _header(token: str) -> dict[str, Any]:
    """Raises ValueError."""
    part = token.split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(header, dict):
        raise ValueError("not an object")
    return header
