# SPDX-License-Identifier: Apache-2.0
"""The login transaction as canonical bytes: what the holder's authentication key signs, and an expert reads later.

JSON (RFC 8785 for the values used: ASCII names in order, text and null, no numbers), UTF-8, no white space.
"""

import base64
import json
from datetime import UTC, datetime


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
