# SPDX-License-Identifier: Apache-2.0
"""Codes of a Token (RFC 4226, RFC 6238): whether one is good now, and its consumption for exactly one session.

R114: a time-based code is good for 180 s from the start of its step, an event-based one for 180 s from the display of
the code page. R115: accepted steps strictly rise, by one conditional UPDATE. R116: the code opens this session and no
other.

A Token's clock drifts (RFC 6238 section 6). An accepted code of a step that has not begun yet proves that the Token's
clock is ahead by at least the time that is missing; a late code proves nothing, since it may only have been typed
slowly. So the signer learns by itself what is proven, and a slow clock by resynchronisation. What it learned shifts
the window, which keeps its width: 180 s from the start of the step as the Token's clock sees it.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.pki import otp
from paraph.signer.activation import devices, logins, sessions
from paraph.signer.activation.devices import TOKEN, Device
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import Outcome

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Token:
    """`drift`: how far the Token's clock is ahead of ours, as far as is known."""

    serial: str
    method: str
    digits: int
    step_seconds: int
    seed: bytes
    last_accepted: int
    drift: timedelta


def seed_context(serial: str) -> bytes:
    return b"seed\0" + serial.encode()


def authorise(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, device_serial: str,
    code: str, shown_at: datetime | None, at: datetime,
) -> Outcome:
    """Consumes the code for the session, or counts the failure. Writes its line either way."""
    if session.device_serial not in (None, device_serial):
        raise SignerRefusal("device_not_bound")
    device = devices.get(connection, device_serial, TOKEN)
    devices.permit(connection, kind=session.kind, holder=session.holder, key_id=session.key_id, serial=device_serial,
                   at=at)
    if session.state != "open":
        return Outcome.WRONG  # somebody pressed twice: the code that opened this session is used
    if at > session.expires_at:
        return Outcome.EXPIRED_SESSION
    about = {"session": session.session_id, "device": device_serial}
    if devices.too_many(device, at):
        record.append(connection, Event.CODE_TOO_MANY, at, **about)
        return Outcome.TOO_MANY
    token = _token(connection, store, device)
    if token.method == "hotp" and at - (shown_at or session.opened_at) > _otp_life():
        return Outcome.EXPIRED_SESSION
    step = otp.matching_step(token.seed, code, iter(_candidates(token, at)), token.digits)
    if step is None:
        devices.count_failure(connection, record, device, at)
        record.append(connection, Event.CODE_WRONG, at, **about)
        return Outcome.WRONG
    if not _consume(connection, token, step, at):
        # Right once, used now: refused like a wrong one, but it is no guess, so it does not count towards the limit.
        record.append(connection, Event.CODE_REPLAYED, at, **about)
        return Outcome.WRONG
    devices.forget_failures(connection, device)
    devices.bind(connection, record, device, session_id=session.session_id, kind=session.kind, holder=session.holder,
                 at=at)
    sessions.authorise(connection, store, record, session, at)
    logins.note(connection, session, device_serial, at)
    record.append(connection, Event.CODE_ACCEPTED, at, step=step, kind=session.kind.value, evidence="server-bound",
                  **about)
    return Outcome.ACCEPTED


def resynchronise(
    connection: sqlite3.Connection, store: Store, record: Record, *, device_serial: str, holder: str,
    codes: tuple[str, str], at: datetime,
) -> Outcome:
    """Finds the Token's clock or counter again by two codes that it showed one after the other, the second just now.

    Both are used up by it and open nothing. The search goes as far as a clock may be off in all (rules) and never
    below the last accepted step. Refuses unknown_device, wrong_device, device_retired, device_not_bound.
    """
    device = devices.get(connection, device_serial, TOKEN)
    if device.retired:
        raise SignerRefusal("device_retired")
    if device.holder != holder:
        raise SignerRefusal("device_not_bound")
    if devices.too_many(device, at):
        record.append(connection, Event.CODE_TOO_MANY, at, device=device_serial)
        return Outcome.TOO_MANY
    token = _token(connection, store, device)
    found = None
    for step in _far_candidates(token, at):
        first = otp.matching_step(token.seed, codes[0], iter([step]), token.digits)
        second = otp.matching_step(token.seed, codes[1], iter([step + 1]), token.digits)
        if None not in (first, second):
            found = step + 1
    if found is None:
        devices.count_failure(connection, record, device, at)
        record.append(connection, Event.CODE_WRONG, at, device=device_serial)
        return Outcome.WRONG
    drift = _nearest_drift(token, found, at) if token.method == "totp" else token.drift
    connection.execute("UPDATE tokens SET last_accepted = ?, drift = ? WHERE serial = ? AND last_accepted < ?",
                       (found, drift // _MICROSECOND, token.serial, found))
    devices.forget_failures(connection, device)
    record.append(connection, Event.TOKEN_RESYNCHRONISED, at, device=device_serial, holder=holder, step=found,
                  drift=drift // _MICROSECOND, drift_before=token.drift // _MICROSECOND)
    return Outcome.ACCEPTED


def _otp_life() -> timedelta:
    return timedelta(seconds=rules.current().otp_life_seconds)


def _token(connection: sqlite3.Connection, store: Store, device: Device) -> _Token:
    row = connection.execute("SELECT * FROM tokens WHERE serial = ?", (device.serial,)).fetchone()
    return _Token(
        serial=device.serial, method=row["method"], digits=row["digits"], step_seconds=row["step_seconds"],
        seed=store.unseal(device.secret, seed_context(device.serial)), last_accepted=row["last_accepted"],
        drift=timedelta(microseconds=row["drift"]),
    )


def _candidates(token: _Token, at: datetime) -> list[int]:
    """The steps or counters whose code counts now, newest first: should two of them show the same digits, the older
    one is used up with the newer. Used steps stay among them, so that a replay is known as one."""
    current = rules.current()
    if token.method == "hotp":
        return list(range(token.last_accepted + current.hotp_look_ahead, max(token.last_accepted, 0) - 1, -1))
    steps = otp.candidates(
        at + token.drift, step_seconds=token.step_seconds, life_seconds=current.otp_life_seconds,
        steps_ahead=current.otp_steps_ahead,
    )
    return sorted(steps, reverse=True)


def _far_candidates(token: _Token, at: datetime) -> range:
    """The steps that the first of two codes may have: unused ones only."""
    current, unused = rules.current(), token.last_accepted + 1
    if token.method == "hotp":
        return range(unused, unused + current.hotp_resync_ahead)
    most = timedelta(seconds=current.otp_drift_seconds)
    # The second code's step has begun on a clock that is off by `most` at most, and is the one that it shows now.
    oldest, newest = (otp.totp_step(at + shift, token.step_seconds) - 1 for shift in (-most, most))
    return range(max(oldest, unused), newest + 1)


def _consume(connection: sqlite3.Connection, token: _Token, step: int, at: datetime) -> bool:
    drift = max(token.drift, _ahead(token, step, at)) if token.method == "totp" else token.drift
    done = connection.execute(
        "UPDATE tokens SET last_accepted = ?, drift = ? WHERE serial = ? AND last_accepted < ?",
        (step, drift // _MICROSECOND, token.serial, step),
    )
    return done.rowcount == 1


def _ahead(token: _Token, step: int, at: datetime) -> timedelta:
    """The least by which a clock that has reached this step is ahead of ours, within what a clock may be off."""
    return _limited(otp.step_start(step, token.step_seconds) - at)


def _nearest_drift(token: _Token, step: int, at: datetime) -> timedelta:
    """A clock that is inside this step now is off by something within one step's length: the least of that, so that
    no code lives longer than it should."""
    least = otp.step_start(step, token.step_seconds) - at
    most = least + timedelta(seconds=token.step_seconds)
    return _limited(least if least > timedelta(0) else min(most, timedelta(0)))


def _limited(drift: timedelta) -> timedelta:
    most = timedelta(seconds=rules.current().otp_drift_seconds)
    return max(-most, min(most, drift))
