# SPDX-License-Identifier: Apache-2.0
"""Activation sessions: what each covers is written once and never changes; its state only moves forward."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from paraph.kernel import rules, tokens
from paraph.signer import wire
from paraph.signer.activation import devices, statements
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import Session, SessionKind

# Each kind may use keys of one purpose only; the others use none (an activation makes two).
PURPOSE_OF_KIND = {SessionKind.LOGIN: "authentication", SessionKind.CONFIRM: "authentication",
                   SessionKind.SIGN: "signature"}
# Those in which somebody sets up a device step by step.
LONG_KINDS = (SessionKind.ACTIVATE, SessionKind.JOIN)


@dataclass(frozen=True)
class SessionRow:
    session_id: str
    kind: SessionKind
    holder: str
    key_id: str | None
    device_serial: str | None
    hashes: tuple[bytes, ...]
    nonce: bytes
    state: str
    opened_at: datetime
    expires_at: datetime
    usable_until: datetime | None

    @property
    def value(self) -> Session:
        return Session(self.session_id, self.nonce, self.expires_at)


def life(kind: SessionKind) -> timedelta:
    current = rules.current()
    if kind in LONG_KINDS:
        return timedelta(minutes=current.activation_session_minutes)
    return timedelta(seconds=current.signature_session_seconds)


def open_one(
    connection: sqlite3.Connection, store: Store, *, kind: SessionKind, holder: str, key_id: str | None,
    hashes: list[bytes], labels: list[str], device_serial: str | None, statement: bytes, at: datetime,
) -> SessionRow:
    """A new session. Refuses wrong_purpose, unknown_key, key_destroyed (a holder's key of another holder is unknown),
    unknown_device, device_not_bound, bad_argument, wrong_statement."""
    _permit_key(connection, kind, holder, key_id, hashes)
    if kind is SessionKind.CONFIRM and (key_id is None) != (device_serial is None):
        raise SignerRefusal("bad_argument")  # a device opens the key; a passkey signs by itself, and no code opens anything
    if PURPOSE_OF_KIND.get(kind) == "authentication" and key_id is not None:
        statements.permit(statement, kind=kind, holder=holder, hashes=hashes)
    elif statement:
        raise SignerRefusal("bad_argument")
    if kind is SessionKind.GRANT and device_serial is None:
        raise SignerRefusal("bad_argument")  # who replaces what is decided by who answers
    if device_serial is not None:
        devices.permit(connection, kind=kind, holder=holder, key_id=key_id, serial=device_serial, at=at)
    session_id, nonce = str(tokens.uuid7()), tokens.token_bytes(32)
    shown = [statement.decode()] if kind is SessionKind.CONFIRM and statement else labels
    sealed = store.seal(wire.dump(shown), _label_context(session_id))
    connection.execute(
        "INSERT INTO sessions VALUES (?,?,?,?,?,?,?,?,'open',?,?,NULL)",
        (session_id, kind.value, holder, key_id, device_serial, b"".join(hashes), sealed, nonce,
         to_microseconds(at), to_microseconds(at + life(kind))),
    )
    return get(connection, session_id)


def get(connection: sqlite3.Connection, session_id: str) -> SessionRow:
    """Refuses unknown_session."""
    row = connection.execute("SELECT * FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
    if row is None:
        raise SignerRefusal("unknown_session")
    content = row["hashes"]
    return SessionRow(
        session_id=row["session_id"], kind=SessionKind(row["kind"]), holder=row["holder"], key_id=row["key_id"],
        device_serial=row["device_serial"], hashes=tuple(content[i : i + 32] for i in range(0, len(content), 32)),
        nonce=row["nonce"], state=row["state"], opened_at=to_instant(row["opened_at"]),
        expires_at=to_instant(row["expires_at"]),
        usable_until=None if row["usable_until"] is None else to_instant(row["usable_until"]),
    )


def labels(connection: sqlite3.Connection, store: Store, session_id: str) -> list[str]:
    """What the session's hashes stand for: a label for each. Of a confirmation, the statement itself."""
    row = connection.execute("SELECT labels FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
    return wire.load(store.unseal(row["labels"], _label_context(session_id)))


def _label_context(session_id: str) -> bytes:
    return b"labels\0" + session_id.encode()


def authorise(connection: sqlite3.Connection, store: Store, record: Record, session: SessionRow, at: datetime) -> None:
    """open → authorised. An activation keeps its half hour from the opening; what another kind allows must follow at
    once. Of a login it is written only now that it was opened."""
    until = session.expires_at if session.kind in LONG_KINDS else at + life(session.kind)
    _move(connection, session, "open", "authorised", to_microseconds(until))
    if session.kind is SessionKind.LOGIN:
        note_opening(connection, record.append, session, labels(connection, store, session.session_id), at)


def use(connection: sqlite3.Connection, session: SessionRow, at: datetime) -> None:
    """authorised → used, once. Refuses not_authorised, session_used, expired_session."""
    if session.state == "open":
        raise SignerRefusal("not_authorised")
    if session.state == "used":
        raise SignerRefusal("session_used")
    if session.usable_until is None or at > session.usable_until:
        raise SignerRefusal("expired_session")
    _move(connection, session, "authorised", "used", to_microseconds(session.usable_until))


def _move(connection: sqlite3.Connection, session: SessionRow, source: str, target: str, usable_until: int) -> None:
    moved = connection.execute(
        "UPDATE sessions SET state = ?, usable_until = ? WHERE session_id = ? AND state = ?",
        (target, usable_until, session.session_id, source),
    )
    if moved.rowcount != 1:
        raise SignerRefusal("session_used")


def label_digest(nonce: bytes, labels: list[str]) -> str:
    """Proves later which labels were meant, and reveals nothing of them to a reader of the record, who lacks the
    nonce."""
    return sha256(nonce + wire.dump(labels)).hexdigest()


def note_opening(
    connection: sqlite3.Connection, write: Callable[..., object], session: SessionRow, labels: list[str], at: datetime
) -> None:
    """What the session covers, for ever. `write` is the record's append() or pass_over()."""
    write(
        connection, Event.SESSION_OPENED, at, session=session.session_id, kind=session.kind.value, holder=session.holder,
        key=session.key_id, device=session.device_serial, hashes=[item.hex() for item in session.hashes],
        labels=label_digest(session.nonce, labels), opened_at=to_microseconds(session.opened_at))


def _permit_key(
    connection: sqlite3.Connection, kind: SessionKind, holder: str, key_id: str | None, hashes: list[bytes]
) -> None:
    if kind not in PURPOSE_OF_KIND and (key_id is not None or len(hashes) != (kind is SessionKind.GRANT)):
        raise SignerRefusal("wrong_purpose")
    if key_id is None:
        if kind is SessionKind.SIGN:
            raise SignerRefusal("unknown_key")
        return
    if not hashes:
        raise SignerRefusal("bad_argument")
    if connection.execute("SELECT 1 FROM infrastructure_keys WHERE key_id = ?", (key_id,)).fetchone():
        raise SignerRefusal("wrong_purpose")
    row = connection.execute(
        "SELECT purpose, destroyed_at FROM holder_keys WHERE key_id = ? AND holder = ?", (key_id, holder)
    ).fetchone()
    if row is None:
        raise SignerRefusal("unknown_key")
    if row["purpose"] != PURPOSE_OF_KIND.get(kind):
        raise SignerRefusal("wrong_purpose")
    if row["destroyed_at"] is not None:
        raise SignerRefusal("key_destroyed")
