# SPDX-License-Identifier: Apache-2.0
"""A partner's program that proves itself with a key of its own (private_key_jwt), and can be told to do it wrongly."""

import json
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey
from joserfc.registry import Header

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def key(algorithm: str = "ES256", key_id: str = "k1", bits: int = 3072) -> ECKey | RSAKey:
    parameters: Any = {"kid": key_id, "use": "sig", "alg": algorithm}
    return ECKey.generate_key("P-256", parameters) if algorithm == "ES256" else RSAKey.generate_key(bits, parameters)


def public(*keys: Key) -> dict[str, Any]:
    """What the partner gives the operator: a JSON Web Key Set."""
    return {"keys": [each.as_dict(private=False) for each in keys]}


def signed(claims: Mapping[str, Any] | bytes, with_key: Key, header: Mapping[str, Any]) -> str:
    """Claims under any header that the key can sign."""
    content = claims if isinstance(claims, bytes) else json.dumps(dict(claims)).encode()
    whole: Header = dict(header)
    return jws.serialize_compact(whole, content, with_key, algorithms=[str(header["alg"])], registry=_Anything(
        algorithms=[str(header["alg"])]))


class _Anything(jws.JWSRegistry):
    """A program that errs writes what no library would."""

    def check_header(self, header: Header) -> None:
        """Nothing is checked."""


def assertion(with_key: Key, *, at: float | None = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A statement of the client "bank" to the demonstration's address, good for a minute; a claim that is None is left out."""
    now = time.time() if at is None else at
    said = {"iss": "bank", "sub": "bank", "aud": "http://localhost:8000", "jti": f"j-{time.monotonic_ns()}", "iat": int(now),
            "exp": int(now) + 60, **claims}
    head = {"alg": with_key.alg, "kid": with_key.kid, "typ": "JWT", **(header or {})}
    return signed({name: value for name, value in said.items() if value is not None}, with_key,
                  {name: value for name, value in head.items() if value is not None})


def form(statement: str, **more: str) -> dict[str, str]:
    return {"client_assertion_type": TYPE, "client_assertion": statement, **more}
