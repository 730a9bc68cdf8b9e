# SPDX-License-Identifier: Apache-2.0
"""The signing input of a JSON Web Token (RFC 7515, RFC 7519): an ID token of this house, made now, under this key, or the
news for a partner that a session ended (OpenID Connect Back-Channel Logout 1.0)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from paraph.signer.purposes.content import InfrastructureKey, must, near, reading
from paraph.signer.values import House

LARGEST = 16 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = timedelta(hours=1)
_ALGORITHMS = {"P-256": "ES256", "RSA-3072": "RS256", "RSA-4096": "RS256"}


def permit(key: InfrastructureKey, data: bytes, house: House, at: datetime) -> dict[str, object]:
    """Returns the facts for the record. Refuses wrong_content, too_large, wrong_issuer, wrong_time, wrong_validity."""
    must(len(data) <= LARGEST, "too_large")
    with reading():
        header, claims = (_object(part) for part in data.decode("ascii").split("."))
    kind = header.get("typ")
    must(kind in ("JWT", "logout+jwt"))
    must(header == {"alg": _ALGORITHMS.get(key.algorithm), "kid": key.key_id, "typ": kind})
    must(bool(house.issuer) and claims.get("iss") == house.issuer, "wrong_issuer")
    must(all(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "aud")))
    # 2.4 there: neither is ever taken for the other.
    if kind == "JWT":
        must("events" not in claims)
    else:
        must(claims.get("events") == {LOGOUT_EVENT: {}} and "nonce" not in claims)
    issued, ends = (_instant(claims.get(name)) for name in ("iat", "exp"))
    near(issued, at)
    must(issued < ends <= issued + LONGEST, "wrong_validity")
    return {"form": "token" if kind == "JWT" else "logout"}


def _object(part: str) -> dict[str, Any]:
    octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # Other alphabets, padding and stray bits are read by the library too; only one text stands for these octets.
    must(base64.urlsafe_b64encode(octets).rstrip(b"=").decode() == part)
    try:
        value = json.loads(octets.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("too deep") from error
    must(isinstance(value, dict))
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _instant(value: Any) -> datetime:
    must(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 33)
    return datetime.fromtimestamp(value, UTC)
