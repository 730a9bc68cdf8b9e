# SPDX-License-Identifier: Apache-2.0
"""The values that cross the signer's boundary."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from paraph.pki.names import Subject

INFRASTRUCTURE_PURPOSES = ("root", "issuing", "ocsp", "tsu", "audit", "openid", "seal")
AUTHORITY_PURPOSES = ("root", "issuing")
HOLDER_PURPOSES = ("authentication", "signature")
PROOF_PREFIX = b"paraph-proof-of-possession"

# What a login with each kind of device proves, as an ID token says it: a level of assurance (acr) and factors (RFC 8176).
ASSURANCE = "http://eidas.europa.eu/LoA/"
LEVEL_OF = dict.fromkeys(("token", "scan"), ASSURANCE + "substantial")
FACTORS = {"token": ("pwd", "otp"), "scan": ("pwd", "otp")}
# What stands for each grade of passkey where the operator says nothing.
PASSKEY_LEVELS = {"attested": "substantial", "bound": "substantial", "synced": "low"}
# A key, in hardware where its maker vouches for that, and the user's presence. How he was recognised is not told.
PASSKEY_FACTORS = {True: ("pwd", "hwk", "user"), False: ("pwd", "swk", "user")}


@dataclass(frozen=True)
class House:
    """What the operator tells the signer at its start, and nobody else: the issuer of ID tokens, and the policies of
    time-stamps. Without them the signer signs neither. `passkey_levels`: which level (acr) a login with a passkey reaches,
    by its grade (attested, bound, synced); none: there are no passkeys here."""

    issuer: str = ""
    timestamp_policies: tuple[str, ...] = ()
    passkey_levels: tuple[tuple[str, str], ...] = ()


class SessionKind(StrEnum):
    """`grant` authorises that a device joins a holder, or that a holder has a name; `join` is that device's own first
    answer; `unblock` opens nothing in the signer: the answer itself is what its caller wants. `confirm` signs what a partner
    asked a holder to confirm: a kind of its own, so that a code for a login never confirms anything, nor the reverse."""

    LOGIN = "login"
    SIGN = "sign"
    ACTIVATE = "activate"
    UNBLOCK = "unblock"
    GRANT = "grant"
    JOIN = "join"
    CONFIRM = "confirm"


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
class ScanChallenge:
    """What a Scan is shown (`pki.scan.image_text(payload)` in a QR code). Its answer is good until `expires_at`, that
    instant included."""

    payload: bytes
    expires_at: datetime


@dataclass(frozen=True)
class DeviceInfo:
    """A device that the signer knows. `ready`: it can answer a session (a Scan: its two images were answered)."""

    serial: str
    family: str
    holder: str | None
    ready: bool
    retired: bool


@dataclass(frozen=True)
class Grant:
    """What a grant session covers: its one label (which a Scan shows) and its one hash."""

    label: str
    digest: bytes


def grant_statement(holder: str, device_serial: str, replaces: str | None) -> Grant:
    """That `device_serial` may join `holder`, in place of `replaces` or beside what he has."""
    label = f"{device_serial} / {replaces}" if replaces else device_serial
    return Grant(label, sha256("\0".join(("paraph-grant", holder, device_serial, replaces or "")).encode()).digest())


def name_statement(holder: str, subject: bytes, same_as: str | None) -> Grant:
    """That `holder` has the name `subject` (a Name in DER) in his certificates, and is the person whom `same_as` is."""
    digest = sha256("\0".join(("paraph-name", holder, same_as or "")).encode() + b"\0" + subject)
    return Grant(shown_name(subject), digest.digest())


def shown_name(subject: bytes) -> str:
    """What a device shows of a name. Raises der.Malformed for one that we never write."""
    read = Subject.read(subject)
    return ", ".join(text for text in (read.common_name, read.serial_number) if text)


@dataclass(frozen=True)
class HolderKeys:
    """A holder's two new keys. Each proof is the key's signature over PROOF_PREFIX + public_key_der + session nonce,
    in the order of the fields."""

    authentication: KeyInfo
    signature: KeyInfo
    proofs: tuple[bytes, bytes]


@dataclass(frozen=True)
class Signed:
    """What became of an answer and, if it was accepted, the session's hashes signed in its order (none without a key) and
    what a Scan was shown (`pki.scan.decode`)."""

    outcome: Outcome
    signatures: list[bytes] = field(default_factory=list)
    shown: bytes = b""


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
