# SPDX-License-Identifier: Apache-2.0
"""Rich authorization requests (RFC 9396) as far as we speak them: one type, one confirmation in a request.

Pure: the parameter in, what is asked or the protocol's error out; and what the token endpoint says of the result.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from paraph.domain.authentication.models import Confirmation
from paraph.domain.authentication.policy import Asked
from paraph.domain.authentication.queries import ConfirmationProof

CONFIRMATION = "paraph_confirmation"
TYPES = (CONFIRMATION,)
_FIELDS = frozenset({"type", "text", "digest", "label"})


def read(text: str, allowed: Iterable[str]) -> Asked | None:
    """What the holder is asked to confirm; None where nothing is. `allowed`: the types that are registered for the client.

    Raises ValueError, which a client reads as invalid_authorization_details (RFC 9396 clause 5)."""
    if not text:
        return None
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise ValueError("a list of one object is expected")
    [detail] = value
    if detail.get("type") not in TYPES or detail["type"] not in allowed:
        raise ValueError("the type is unknown, or not registered for this client")
    if not detail.keys() <= _FIELDS or not all(isinstance(part, str) for part in detail.values()):
        raise ValueError("an unknown field, or a value that is no text")
    asked = Asked(**{name: part for name, part in detail.items() if name != "type"})
    if asked.fault:
        raise ValueError(asked.fault)
    return asked


def enriched(row: Confirmation, proof: ConfirmationProof) -> list[dict[str, Any]]:
    """What was asked, with what became of it and the proof (RFC 9396 clause 7.1). Octets are in base 64."""
    given = {"device": proof.device, "evidence": str(proof.evidence), "statement": _text(proof.statement)}
    if proof.certificates:
        given |= {"signature": _text(proof.signature), "algorithm": _algorithm(proof.certificates[0]),
                  "certificates": [_text(der) for der in proof.certificates]}
    else:
        given |= {"webauthn": json.loads(proof.answered), "public_key": _text(proof.public_key)}
    if proof.device_statement:
        given["device_statement"] = _text(proof.device_statement)
    asked = {"text": row.text, "digest": row.digest, "label": row.label}
    return [{"type": CONFIRMATION, **{name: part for name, part in asked.items() if part}, "reference": row.reference,
             "result": "confirmed", "confirmed_at": proof.at.isoformat(), "proof": given}]


def _algorithm(certificate: bytes) -> str:
    """What the certificate's key signs with, as RFC 5758 and RFC 8017 call it."""
    of_curve = isinstance(x509.load_der_x509_certificate(certificate).public_key(), EllipticCurvePublicKey)
    return "ecdsa-with-SHA256" if of_curve else "sha256WithRSAEncryption"


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
