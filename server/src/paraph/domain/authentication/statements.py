# SPDX-License-Identifier: Apache-2.0
"""The login transaction as canonical bytes: what the holder's authentication key signs, and an expert reads later.

JSON (RFC 8785 for the values used: ASCII names in order, text and null, no numbers), UTF-8, no white space.
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
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "device": device,
        "device_serial": device_serial,
        "identity": identity,
        "nonce": base64.urlsafe_b64encode(nonce).rstrip(b"=").decode(),
        "partner": partner,
        "purpose": purpose,
        "ssn": ssn,
        "type": "paraph-login-1",
    }
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
