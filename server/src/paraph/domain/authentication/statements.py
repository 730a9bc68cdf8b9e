# SPDX-License-Identifier: Apache-2.0
"""Logins and confirmations as canonical bytes: what the holder's authentication key signs, and an expert reads later.

JSON (RFC 8785 for the values used: ASCII names in order, text and null, no numbers), UTF-8, no white space. The signer reads
them too (signer.activation.statements).
"""

import base64
import json
from datetime import UTC, datetime

from paraph.domain.devices.methods.passkey import encode
from paraph.domain.devices.methods.webauthn import Answer


def login(
    *, identity: str, ssn: str, purpose: str, partner: str | None, device: str, device_serial: str, nonce: bytes,
    at: datetime,
) -> bytes:
    """`partner` is its slug, None for the operator's own pages; `at` the instant of the first step, UTC."""
    content = {
        "at": _instant(at),
        "device": device,
        "device_serial": device_serial,
        "identity": identity,
        "nonce": _nonce(nonce),
        "partner": partner,
        "purpose": purpose,
        "ssn": ssn,
        "type": "paraph-login-1",
    }
    return _canonical(content)


def confirmation(
    *, reference: str, identity: str, ssn: str, partner: str, partner_name: str, client: str, text: str, digest: str,
    label: str, language: str, device: str, device_serial: str, nonce: bytes, at: datetime,
) -> bytes:
    """What a holder confirms: `partner` is the slug, `partner_name` what he is shown of it; `client` its program,
    the only one that the signer tells of it; `at` when his device was asked."""
    content = {
        "at": _instant(at),
        "client": client,
        "device": device,
        "device_serial": device_serial,
        "digest": digest,
        "identity": identity,
        "label": label,
        "language": language,
        "nonce": _nonce(nonce),
        "partner": partner,
        "partner_name": partner_name,
        "reference": reference,
        "ssn": ssn,
        "text": text,
        "type": "paraph-confirmation-1",
    }
    return _canonical(content)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _nonce(nonce: bytes) -> str:
    return base64.urlsafe_b64encode(nonce).rstrip(b"=").decode()


def _canonical(content: dict[str, str | None]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def passkey(answer: Answer) -> bytes:
    """What a passkey answered, as WebAuthn's AuthenticationResponseJSON names it: any library of that standard can verify
    it with the passkey's public key. Its challenge is the SHA-256 of the login statement."""
    content = {
        "id": answer.credential_id,
        "response": {
            "authenticatorData": encode(answer.authenticator_data),
            "clientDataJSON": encode(answer.client_data),
            "signature": encode(answer.signature),
        },
        "type": "public-key",
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
