# SPDX-License-Identifier: Apache-2.0
"""The exact bytes of an event that are hashed: sorted JSON, UTF-8, no spaces, instants in UTC with microseconds."""

import json
from datetime import UTC, datetime
from hashlib import sha256

from paraph.domain.audit.models import Event

VERSION = "paraph audit 1"
FIELDS = ("code", "about_kind", "about_id", "channel", "person", "identity", "session", "trace", "facts", "personal")


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_dict(event: Event) -> dict:
    return {"version": VERSION, "id": str(event.id), "at": instant(event.at)} | {
        name: getattr(event, name) for name in FIELDS}


def encode(event: Event) -> bytes:
    return json.dumps(as_dict(event), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def personal_digest(value: str, salt: str) -> str:
    """A digest that says nothing of a guessable value once its salt is erased with the sealed copy."""
    return sha256(f"{salt}:{value}".encode()).hexdigest()
