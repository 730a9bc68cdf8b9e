# SPDX-License-Identifier: Apache-2.0
"""The signer's record: append-only lines, each chained to the one before and sealed with a key that the database lacks.

The chain can be checked by anybody:

    hash = SHA-256( previous | sequence | at | length of event | event | facts )

with 8 octets for sequence and for at (microseconds since 1970), 4 for the length, `previous` of the first line 32 zero
octets, numbers big endian, `event` and `facts` (JSON) in UTF-8. The seal is an HMAC of the hash, so that somebody with
the database but without the key store cannot write the chain anew. The sealed head tells a record that lost its last
lines.
"""

import hmac
import sqlite3
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from paraph.signer import wire
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.values import RecordEntry, RecordReport

BEGINNING = bytes(32)


class Event(StrEnum):
    """Stored for ever: values never change."""

    KEY_MADE = "key.made"
    KEY_USED = "key.used"
    KEY_DESTROYED = "key.destroyed"
    CEREMONY_OPENED = "ceremony.opened"
    CEREMONY_CLOSED = "ceremony.closed"
    AUTHORITY_ADMITTED = "authority.admitted"
    KEY_ALLOWED = "key.allowed"
    AUDIT_LOSS_ACCEPTED = "audit.loss_accepted"
    BATCH_OPENED = "batch.opened"
    BATCH_CLOSED = "batch.closed"
    TOKEN_IMPORTED = "token.imported"
    TOKEN_BOUND = "token.bound"
    TOKEN_RESYNCHRONISED = "token.resynchronised"
    SCAN_IMPORTED = "scan.imported"
    SCAN_BOUND = "scan.bound"
    SCAN_ACTIVATION_SHOWN = "scan.activation_shown"
    SCAN_KEYS_AGREED = "scan.keys_agreed"
    SCAN_CHALLENGED = "scan.challenged"
    DEVICE_GRANTED = "device.granted"
    DEVICE_RETIRED = "device.retired"
    AGENT_TRUSTED = "agent.trusted"
    AGENT_DISMISSED = "agent.dismissed"
    REGISTRAR_TRUSTED = "registrar.trusted"
    REGISTRAR_DISMISSED = "registrar.dismissed"
    NAME_APPROVED = "name.approved"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    SESSION_OPENED = "session.opened"
    CODE_ACCEPTED = "code.accepted"
    CODE_WRONG = "code.wrong"
    CODE_REPLAYED = "code.replayed"
    CODE_TOO_MANY = "code.too_many"
    HOLDER_KEYS_MADE = "holder.keys_made"
    HOLDER_SIGNED = "holder.signed"
    DEVICE_REARMED = "device.rearmed"
    # What a person on duty must look at (`Signer.alarms`).
    DEVICE_STOPPED = "alarm.device_stopped"
    MANY_WRONG_CODES = "alarm.many_wrong_codes"
    CONTENT_REFUSED = "alarm.content_refused"


def chain(previous: bytes, sequence: int, at: int, event: str, facts: bytes) -> bytes:
    name = event.encode()
    numbers = sequence.to_bytes(8, "big") + at.to_bytes(8, "big", signed=True) + len(name).to_bytes(4, "big")
    return sha256(previous + numbers + name + facts).digest()


class Record:
    """Writes inside the caller's transaction, so that a use and its line are committed together."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _seal(self, domain: bytes, sequence: int, content: bytes) -> bytes:
        return hmac.digest(self._key, domain + sequence.to_bytes(8, "big") + content, "sha256")

    def append(self, connection: sqlite3.Connection, event: Event, at: datetime, **facts: object) -> int:
        """Adds one line and moves the head. Facts hold identifiers, numbers, digests: never a code, seed, key or
        name."""
        last = connection.execute("SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1").fetchone()
        previous, sequence = (last["hash"], last["sequence"] + 1) if last else (BEGINNING, 1)
        moment, encoded = to_microseconds(at), wire.dump(facts)
        digest = chain(previous, sequence, moment, event, encoded)
        connection.execute(
            "INSERT INTO record VALUES (?,?,?,?,?,?,?)",
            (sequence, moment, event.value, encoded, previous, digest, self._seal(b"line", sequence, digest)),
        )
        connection.execute(
            "INSERT OR REPLACE INTO record_head VALUES (1,?,?,?)",
            (sequence, digest, self._seal(b"head", sequence, digest)),
        )
        return sequence

    def pass_over(self, connection: sqlite3.Connection, event: Event, at: datetime, **facts: object) -> None:
        """What a line costs, and none is left: whoever watches the clock sees no difference to what is written down."""
        connection.execute("SAVEPOINT passed_over")
        self.append(connection, event, at, **facts)
        connection.execute("ROLLBACK TO passed_over")
        connection.execute("RELEASE passed_over")
        connection.execute("INSERT OR REPLACE INTO record_head SELECT * FROM record_head")

    def entries(self, connection: sqlite3.Connection, after: int, limit: int) -> list[RecordEntry]:
        rows = connection.execute("SELECT * FROM record WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit))
        return [_entry(row) for row in rows]

    def alarms(self, connection: sqlite3.Connection, after: int, limit: int) -> list[RecordEntry]:
        rows = connection.execute(
            "SELECT * FROM record WHERE event LIKE 'alarm.%' AND sequence > ? ORDER BY sequence LIMIT ?", (after, limit))
        return [_entry(row) for row in rows]

    def verify(self, connection: sqlite3.Connection) -> RecordReport:
        """Follows the whole record from its first line to its head and names the first place that is not true."""
        expected, previous = 1, BEGINNING
        batches: set[object] = set()

        def broken(place: int, fault: str) -> RecordReport:
            return RecordReport(False, expected - 1, previous, place, fault, len(batches))

        for row in connection.execute("SELECT * FROM record ORDER BY sequence"):
            sequence, digest = row["sequence"], row["hash"]
            if sequence != expected:
                return broken(expected, "missing")
            if row["previous"] != previous:
                return broken(sequence, "not_chained")
            if not _equal(digest, lambda r=row: chain(r["previous"], r["sequence"], r["at"], r["event"], r["facts"])):
                return broken(sequence, "changed")
            if not _equal(row["seal"], lambda s=sequence, d=digest: self._seal(b"line", s, d)):
                return broken(sequence, "forged")
            _follow_batch(batches, row)
            expected, previous = sequence + 1, digest
        head = connection.execute("SELECT * FROM record_head").fetchone()
        if head is None:
            if expected > 1:
                return broken(expected - 1, "head_missing")
        elif not _equal(head["seal"], lambda: self._seal(b"head", head["sequence"], head["hash"])):
            return broken(head["sequence"], "head_forged")
        elif (head["sequence"], head["hash"]) != (expected - 1, previous):
            return broken(expected, "truncated" if head["sequence"] >= expected else "head_behind")
        return RecordReport(True, expected - 1, previous, open_batches=len(batches))


def _entry(row: sqlite3.Row) -> RecordEntry:
    return RecordEntry(row["sequence"], to_instant(row["at"]), row["event"], wire.load(row["facts"]), row["previous"],
                       row["hash"])


def _equal(stored: object, compute: Callable[[], bytes]) -> bool:
    """Somebody who edits the file may have put anything into a column: what cannot even be computed is not equal."""
    try:
        return isinstance(stored, bytes) and hmac.compare_digest(stored, compute())
    except (TypeError, AttributeError, OverflowError):
        return False


def _follow_batch(batches: set[object], row: sqlite3.Row) -> None:
    if row["event"] == Event.BATCH_OPENED:
        batches.add(wire.load(row["facts"]).get("batch"))
    elif row["event"] == Event.BATCH_CLOSED:
        batches.discard(wire.load(row["facts"]).get("batch"))
