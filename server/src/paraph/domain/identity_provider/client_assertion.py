# SPDX-License-Identifier: Apache-2.0
"""A program that proves itself with a signed statement instead of a secret: `private_key_jwt` (RFC 7523 clauses 2.2 and 3, OpenID
Connect Core 1.0 clause 9).

Pure: a statement and the client's registered keys in, what it proves or a fault out. Faults are for the audit log; the caller
hears one answer whatever was wrong. Keys come from the register alone: nothing that a header names is fetched or believed.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paraph.pki import key_quality

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 4096
# An hour is what common libraries give by default; a statement is good once, and remembered until it ends.
LONGEST_LIFE = timedelta(hours=1)
# How far a client's clock may be ahead of ours.
SKEW = timedelta(seconds=30)
LONGEST_NAME = 200
RSA_BITS = range(3072, 8193)
MOST_KEYS = 8
KEY_ID = re.compile(r"[!-~]{1,100}")
CLIENT_ID = re.compile(r"[!-~]{1,60}")
_KINDS = frozenset({"jwt", "client-authentication+jwt"})
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_SHA256 = hashes.SHA256()

_algorithms: tuple[str, ...] = ("ES256", "PS256")


def use(*, rs256: bool) -> None:
    """RS256 beside ES256 and PS256, where the operator's partners can do nothing better."""
    global _algorithms
    _algorithms = ("ES256", "PS256", "RS256") if rs256 else ("ES256", "PS256")


def algorithms() -> tuple[str, ...]:
    return _algorithms


class Fault(Exception):
    """The statement proves nothing. `code` says why, to the operator."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class PublicKey:
    """A client's key and the one algorithm that it is for. `thumbprint` is RFC 7638's, as hex."""

    key_id: str
    algorithm: str
    jwk: Mapping[str, str]
    thumbprint: str


@dataclass(frozen=True)
class Statement:
    """What was presented, read and not yet believed."""

    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def client_id(self) -> str:
        return self.claims["sub"]


@dataclass(frozen=True)
class Proof:
    """A statement that holds. `digest` stands for its name (`jti`) at this client; it must not come twice until `expires_at`."""

    digest: str
    expires_at: datetime


# --- keys that are registered ---------------------------------------------------------------------------------------------


def read_keys(content: object) -> list[PublicKey]:
    """The public keys of a JSON Web Key Set, or of one key (RFC 7517). Raises ValueError, in one sentence for the operator."""
    listed = content.get("keys", [content]) if isinstance(content, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_KEYS:
        raise ValueError(f"a key set has 1 to {MOST_KEYS} keys")
    found = [_read_key(entry) for entry in listed]
    if len({key.key_id for key in found}) != len(found):
        raise ValueError("each key needs a kid of its own")
    return found


def _read_key(entry: object) -> PublicKey:
    if not isinstance(entry, dict):
        raise ValueError("a key is a JSON object")
    if _PRIVATE & set(entry):
        raise ValueError("this is a private key: register the public one, and replace this one, which others have now seen")
    key_id = entry.get("kid")
    if not isinstance(key_id, str) or not KEY_ID.fullmatch(key_id):
        raise ValueError("each key needs a kid of 1 to 100 visible signs")
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        raise ValueError(f"the key {key_id} is not for signatures")
    kind = entry.get("kty")
    default = {"EC": "ES256", "RSA": "PS256"}.get(kind) if isinstance(kind, str) else None
    algorithm = entry.get("alg", default)
    if default is None or algorithm not in _algorithms or (algorithm == "ES256") != (kind == "EC"):
        raise ValueError(f"the key {key_id} is for none of {', '.join(_algorithms)}")
    members = ("crv", "kty", "x", "y") if kind == "EC" else ("e", "kty", "n")
    if not all(isinstance(entry.get(name), str) for name in members):
        raise ValueError(f"the key {key_id} lacks one of {', '.join(members)}")
    jwk = {name: entry[name] for name in members}
    key = PublicKey(key_id, algorithm, jwk, sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).hexdigest())
    try:
        read = _loaded(key.jwk)
    except (Fault, ValueError):
        raise ValueError(f"the key {key_id} can't be read: it is a point of P-256 or an RSA number") from None
    if isinstance(read, rsa.RSAPublicKey) and read.key_size not in RSA_BITS:
        raise ValueError(f"the key {key_id} is too small or too large: RSA has {RSA_BITS[0]} to {RSA_BITS[-1]} bits")
    weak = key_quality.weaknesses(read.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    if weak:
        raise ValueError(f"the key {key_id} is weak: {', '.join(weak)}")
    return key


def _loaded(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    if jwk["crv"] != "P-256" or len(_decoded(jwk["x"])) != 32 or len(_decoded(jwk["y"])) != 32:
        raise ValueError("not a point of P-256")
    return ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), ec.SECP256R1()).public_key()


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text), "big")


# --- statements that are presented ----------------------------------------------------------------------------------------


def read(token: str) -> Statement:
    """The parts of a statement, if it has the form of one. Raises Fault."""
    if len(token) > LONGEST:
        raise Fault("too_long")
    parts = token.split(".")
    if len(parts) != 3:
        raise Fault("not_a_jwt")
    header, claims = (_object(_decoded(part)) for part in parts[:2])
    algorithm, key_id, kind = (header.get(name) for name in ("alg", "kid", "typ"))
    if algorithm not in _algorithms:
        raise Fault("algorithm")
    if "crit" in header or (kind is not None and (not isinstance(kind, str) or kind.lower() not in _KINDS)):
        raise Fault("header")
    if key_id is not None and not isinstance(key_id, str):
        raise Fault("key")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not CLIENT_ID.fullmatch(subject) or claims.get("iss") != subject:
        raise Fault("client")
    return Statement(algorithm, key_id, claims, ".".join(parts[:2]).encode(), _decoded(parts[2]))


def prove(statement: Statement, keys: Sequence[PublicKey], *, audiences: Collection[str], at: datetime) -> Proof:
    """What the statement proves at this instant, by one of these keys, to us under one of our names. Raises Fault."""
    named = [key for key in keys if statement.key_id is None or key.key_id == statement.key_id]
    if len(named) != 1 or named[0].algorithm != statement.algorithm:
        raise Fault("key")
    if not _signed_by(named[0], statement):
        raise Fault("signature")
    claims, now = statement.claims, at.timestamp()
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    # Several audiences would let another service that is one of them present the statement here.
    if not isinstance(audience, str) or audience not in audiences:
        raise Fault("audience")
    ends = _instant(claims, "exp")
    if ends is None or not now < ends:
        raise Fault("expired")
    if ends > (at + LONGEST_LIFE + SKEW).timestamp():
        raise Fault("too_long_a_life")
    for name in ("nbf", "iat"):
        begins = _instant(claims, name)
        if begins is not None and begins > (at + SKEW).timestamp():
            raise Fault("not_yet")
    name = claims.get("jti")
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        raise Fault("no_name")
    digest = sha256(f"{statement.client_id}\0{name}".encode(errors="surrogatepass")).hexdigest()
    return Proof(digest, datetime.fromtimestamp(ends, UTC))


def _signed_by(key: PublicKey, statement: Statement) -> bool:
    loaded, signature = _loaded(key.jwk), statement.signature
    try:
        if isinstance(loaded, ec.EllipticCurvePublicKey):
            if len(signature) != 64:  # R and S side by side, RFC 7518 clause 3.4
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            loaded.verify(encode_dss_signature(r, s), statement.signed, ec.ECDSA(_SHA256))
        elif key.algorithm == "PS256":
            loaded.verify(signature, statement.signed, padding.PSS(padding.MGF1(_SHA256), _SHA256.digest_size), _SHA256)
        else:
            loaded.verify(signature, statement.signed, padding.PKCS1v15(), _SHA256)
    except InvalidSignature:
        return False
    return True


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault("not_a_time")
    return value


def _decoded(text: str) -> bytes:
    """base64url without padding, in its one spelling (RFC 7515 clause 2)."""
    try:
        content = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise Fault("not_a_jwt") from None
    if urlsafe_b64encode(content).rstrip(b"=").decode() != text:
        raise Fault("not_a_jwt")
    return content


def _object(content: bytes) -> dict[str, Any]:
    """A JSON object in which nothing stands twice, so that no two readers see different ones."""
    try:
        found = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Fault("not_a_jwt") from None
    if not isinstance(found, dict):
        raise Fault("not_a_jwt")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
