# SPDX-License-Identifier: Apache-2.0
"""What a citizen confirmed at the trust service (RFC 9396), checked word by word before the portal acts on it. No Django."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

TYPE = "paraph_confirmation"
# It names the file of the proof.
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,40}")


class NotConfirmed(Exception):
    """What came back does not prove that this text was confirmed. `reason` is for the log and says no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Confirmation:
    """The text that was confirmed, and the proof as it came: whoever doubts it later asks an expert, not the provider."""

    text: str
    reference: str
    confirmed_at: str
    evidence: str
    proof: dict[str, Any]


def asked(text: str) -> str:
    """The parameter authorization_details for a text."""
    return json.dumps([{"type": TYPE, "text": text}], ensure_ascii=False)


def read(
    text: str, *, partner: str, client: str, tokens: Mapping[str, Any], claims: Mapping[str, Any],
) -> Confirmation:
    """The confirmation of exactly this text, asked by this `partner` with this program (`client`). `claims` are those of the
    verified ID token, which names the statement. Raises NotConfirmed."""
    details = tokens.get("authorization_details")
    try:
        [detail] = details
        proof = detail["proof"]
        statement = b64decode(proof["statement"], validate=True)
        said = json.loads(statement)
        told = detail["type"], detail["text"], detail["result"]
        words = said["text"], said["partner"], said["client"]
        kept = Confirmation(text, str(detail["reference"]), str(detail["confirmed_at"]), str(proof["evidence"]), detail)
        dated = datetime.fromisoformat(kept.confirmed_at).tzinfo is not None
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        raise NotConfirmed(f"details: {type(error).__name__}") from error
    if not dated or not _REFERENCE.fullmatch(kept.reference):
        raise NotConfirmed("reference or instant")
    if told != (TYPE, text, "confirmed") or words != (text, partner, client):
        raise NotConfirmed("another text, or another program's")
    if claims.get("confirmation") != sha256(statement).hexdigest():
        raise NotConfirmed("another statement than the ID token's")
    if proof.get("certificates"):
        _verify(proof, statement)
    return kept


def _verify(proof: Mapping[str, Any], statement: bytes) -> None:
    """The holder's key signed these octets, and each certificate the one before. Raises NotConfirmed."""
    try:
        chain = [x509.load_der_x509_certificate(b64decode(text, validate=True)) for text in proof["certificates"]]
        signature, key = b64decode(proof["signature"], validate=True), chain[0].public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, statement, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, statement, padding.PKCS1v15(), hashes.SHA256())
        for certificate, issuer in zip(chain, chain[1:], strict=False):
            certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotConfirmed(f"proof: {type(error).__name__}") from error
