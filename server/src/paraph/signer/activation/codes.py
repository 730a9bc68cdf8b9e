# SPDX-License-Identifier: Apache-2.0
"""Codes of a Token (RFC 4226, RFC 6238): whether one is good now, and its consumption for exactly one session.

R114: a time-based code is good for 180 s from the start of its step, an event-based one for 180 s from the display of
the code page. R115: accepted steps strictly rise, by one conditional UPDATE. R116: the code opens this session and no
other.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.pki import otp
from paraph.signer.activation import sessions
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import Outcome


@dataclass(frozen=True)
class _Token:
    serial: str
    method: str
    digits: int
    step_seconds: int
    seed: bytes
    holder: str | None
    last_accepted: int
    failures: int
    failures_since: datetime


def seed_context(serial: str) -> bytes:
    return b"seed\0" + serial.encode()


def authorise(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, device_serial: str,
    code: str, shown_at: datetime | None, at: datetime,
) -> Outcome:
    """Consumes the code for the session, or counts the failure. Writes its line either way."""
    if session.device_serial not in (None, device_serial):
        raise SignerRefusal("device_not_bound")
    sessions.permit_device(connection, session.kind, session.holder, session.key_id, device_serial)
    if session.state != "open":
        return Outcome.WRONG  # somebody pressed twice: the code that opened this session is used
    if at > session.expires_at:
        return Outcome.EXPIRED_SESSION
    token = _token(connection, store, device_serial)
    about = {"session": session.session_id, "device": device_serial}
    if _too_many(token, at):
        record.append(connection, Event.CODE_TOO_MANY, at, **about)
        return Outcome.TOO_MANY
    if token.method == "hotp" and at - (shown_at or session.opened_at) > _otp_life():
        return Outcome.EXPIRED_SESSION
    step = otp.matching_step(token.seed, code, iter(_candidates(token, at)), token.digits)
    if step is None:
        _count_failure(connection, token, at)
        record.append(connection, Event.CODE_WRONG, at, **about)
        return Outcome.WRONG
    if not _consume(connection, token, step):
        # Right once, used now: refused like a wrong one, but it is no guess, so it does not count towards the limit.
        record.append(connection, Event.CODE_REPLAYED, at, **about)
        return Outcome.WRONG
    if token.holder is None:
        connection.execute(
            "UPDATE tokens SET holder = ? WHERE serial = ? AND holder IS NULL", (session.holder, device_serial)
        )
        record.append(connection, Event.TOKEN_BOUND, at, holder=session.holder, **about)
    sessions.authorise(connection, session, at)
    record.append(connection, Event.CODE_ACCEPTED, at, step=step, kind=session.kind.value, **about)
    return Outcome.ACCEPTED


def _otp_life() -> timedelta:
    return timedelta(seconds=rules.current().otp_life_seconds)


def _token(connection: sqlite3.Connection, store: Store, serial: str) -> _Token:
    row = connection.execute("SELECT * FROM tokens WHERE serial = ?", (serial,)).fetchone()
    return _Token(
        serial=serial, method=row["method"], digits=row["digits"], step_seconds=row["step_seconds"],
        seed=store.unseal(row["seed"], seed_context(serial)), holder=row["holder"],
        last_accepted=row["last_accepted"], failures=row["failures"], failures_since=to_instant(row["failures_since"]),
    )


def _candidates(token: _Token, at: datetime) -> list[int]:
    """The steps or counters whose code counts now, newest first: should two of them show the same digits, the older
    one is used up with the newer. Used steps stay among them, so that a replay is known as one."""
    current = rules.current()
    if token.method == "hotp":
        return list(range(token.last_accepted + current.hotp_look_ahead, max(token.last_accepted, 0) - 1, -1))
    steps = otp.candidates(
        at, step_seconds=token.step_seconds, life_seconds=current.otp_life_seconds, steps_ahead=current.otp_steps_ahead
    )
    return sorted(steps, reverse=True)


def _consume(connection: sqlite3.Connection, token: _Token, step: int) -> bool:
    done = connection.execute(
        "UPDATE tokens SET last_accepted = ?, failures = 0 WHERE serial = ? AND last_accepted < ?",
        (step, token.serial, step),
    )
    return done.rowcount == 1


def _window_is_over(token: _Token, at: datetime) -> bool:
    return at - token.failures_since >= timedelta(hours=rules.current().signer_failures_hours)


def _too_many(token: _Token, at: datetime) -> bool:
    return token.failures >= rules.current().signer_failures_limit and not _window_is_over(token, at)


def _count_failure(connection: sqlite3.Connection, token: _Token, at: datetime) -> None:
    if token.failures == 0 or _window_is_over(token, at):
        connection.execute(
            "UPDATE tokens SET failures = 1, failures_since = ? WHERE serial = ?", (to_microseconds(at), token.serial)
        )
    else:
        connection.execute("UPDATE tokens SET failures = failures + 1 WHERE serial = ?", (token.serial,))
