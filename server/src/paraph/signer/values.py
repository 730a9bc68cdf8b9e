# SPDX-License-Identifier: Apache-2.0
"""The values that cross the signer's boundary."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

INFRASTRUCTURE_PURPOSES = ("root", "issuing", "ocsp", "tsu", "audit", "openid", "seal")
HOLDER_PURPOSES = ("authentication", "signature")
PROOF_PREFIX = b"paraph-proof-of-possession"


class SessionKind(StrEnum):
    LOGIN = "login"
    SIGN = "sign"
    ACTIVATE = "activate"


class Outcome(StrEnum):
    """What became of a code. A replayed or outdated code is `wrong`, like any other."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    EXPIRED_SESSION = "expired_session"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class KeyInfo:
    """A key in the store. `public_key_der` is the SubjectPublicKeyInfo."""

    key_id: str
    purpose: str
    algorithm: str
    public_key_der: bytes


@dataclass(frozen=True)
class Session:
    """An activation session. A code is accepted until `expires_at`, that instant included."""

    session_id: str
    nonce: bytes
    expires_at: datetime


@dataclass(frozen=True)
class HolderKeys:
    """A holder's two new keys. Each proof is the key's signature over PROOF_PREFIX + public_key_der + session nonce,
    in the order of the fields."""

    authentication: KeyInfo
    signature: KeyInfo
    proofs: tuple[bytes, bytes]


@dataclass(frozen=True)
class RecordEntry:
    """One line of the signer's record. `hash` covers all fields before it; `previous` is the hash of the line
    before."""

    sequence: int
    at: datetime
    event: str
    facts: dict[str, object]
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class RecordReport:
    """What a check of the whole record found. `place` is the sequence number at which it stops being true."""

    holds: bool
    entries: int
    head: bytes
    place: int | None = None
    fault: str = ""
    open_batches: int = 0
