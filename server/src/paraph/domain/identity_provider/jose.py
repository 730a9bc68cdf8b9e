# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signature (RFC 7515) and JSON Web Key (RFC 7517) for keys that only sign: ES256 and RS256.

The key stays in the signer. ECDSA signatures come as DER and travel as R and S side by side (RFC 7518 3.4).
"""

import base64
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from paraph.pki.keys import SigningKey

ALGORITHMS = {"P-256": "ES256", "RSA-3072": "RS256", "RSA-4096": "RS256"}


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value: int, size: int | None = None) -> str:
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def sign(claims: Mapping[str, Any], *, key: SigningKey, key_id: str, kind: str = "JWT") -> str:
    """The claims as a signed JSON Web Token (RFC 7519), compact."""
    header = {"alg": ALGORITHMS[key.algorithm], "kid": key_id, "typ": kind}
    parts = [json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode() for part in (header, dict(claims))]
    signing_input = ".".join(encode(part) for part in parts)
    signature = key.sign(signing_input.encode())
    if header["alg"] == "ES256":
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signing_input}.{encode(signature)}"


def public_key(public_key_der: bytes, *, key_id: str) -> dict[str, str]:
    """The public key as a JSON Web Key for signatures."""
    key = load_der_public_key(public_key_der)
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        numbers = key.public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(numbers.x, 32), "y": _number(numbers.y, 32), "use": "sig",
                "alg": "ES256", "kid": key_id}
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e), "use": "sig", "alg": "RS256",
                "kid": key_id}
    raise ValueError("only P-256 and RSA keys sign ID tokens")


def claims_of(token: str, keys: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What the token says, if one of these public keys signed it with the algorithm that the key is for; else None."""
    try:
        known = KeySet.import_key_set({"keys": [dict(key) for key in keys]})
        return jwt.decode(token, known, algorithms=sorted({key["alg"] for key in keys})).claims
    except (JoseError, ValueError):
        return None


def half_hash(text: str) -> str:
    """`at_hash` (OpenID Core 3.1.3.6): the left half of the SHA-256."""
    return encode(sha256(text.encode()).digest()[:16])
