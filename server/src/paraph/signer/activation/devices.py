# SPDX-License-Identifier: Apache-2.0
"""Devices: whose each is, who may answer for whom, and how often it may be wrong.

A device serves one holder for its whole life. It is bound by its own first accepted answer: in a session of a holder
who has nothing yet, or in a `join` or `activate` session that a grant allows (`grants`).
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.values import SessionKind

TOKEN, SCAN = "token", "scan"
# In which sessions a device that an agent or another device let in gives its first answer. An activation: the one of before
# had answered, and broke before the keys were made.
BY_GRANT = (SessionKind.JOIN, SessionKind.ACTIVATE)
_BOUND = {TOKEN: Event.TOKEN_BOUND, SCAN: Event.SCAN_BOUND}


@dataclass(frozen=True)
class Device:
    """`secret` is sealed by the store."""

    serial: str
    family: str
    secret: bytes
    holder: str | None
    failures: int
    failures_since: datetime
    wrong_in_a_row: int
    retired: bool


def get(connection: sqlite3.Connection, serial: str, family: str | None = None) -> Device:
    """Refuses unknown_device, wrong_device (of another family)."""
    row = connection.execute("SELECT * FROM devices WHERE serial = ?", (serial,)).fetchone()
    if row is None:
        raise SignerRefusal("unknown_device")
    if family not in (None, row["family"]):
        raise SignerRefusal("wrong_device")
    return Device(row["serial"], row["family"], row["secret"], row["holder"], row["failures"],
                  to_instant(row["failures_since"]), row["wrong_in_a_row"], row["retired_at"] is not None)


def permit(
    connection: sqlite3.Connection, *, kind: SessionKind, holder: str, key_id: str | None, serial: str, at: datetime
) -> None:
    """A device answers for the holder to whom it is bound, and for nobody else; otherwise whoever holds the web tier
    could open somebody's key with a device of his own. A device and a holder that are both still free may be brought
    together by a session that uses no key: an activation, or the first login of staff. A holder who has a device or
    keys, or ever had, gets another one by a grant only; staff, once what they had has ended (`is_staff_without_one`).
    Refuses unknown_device, device_retired, device_not_bound, holder_has_one."""
    device = get(connection, serial)
    if device.retired:
        raise SignerRefusal("device_retired")
    if device.holder == holder:
        return
    if device.holder is not None:
        raise SignerRefusal("device_not_bound")
    grant = live_grant(connection, holder, serial, at) if kind in BY_GRANT else None
    if grant is not None:
        permit_one_of_a_family(connection, holder, device.family, grant["replaces"])
        return
    free = not connection.execute(
        "SELECT 1 FROM devices WHERE holder = ? UNION SELECT 1 FROM holder_keys WHERE holder = ?", (holder, holder)
    ).fetchone()
    if key_id is None and free and kind in (SessionKind.ACTIVATE, SessionKind.LOGIN):
        return
    if key_id is None and kind in (SessionKind.LOGIN, SessionKind.JOIN) and is_staff_without_one(connection, holder):
        return
    raise SignerRefusal("device_not_bound")


def is_staff(connection: sqlite3.Connection, holder: str) -> bool:
    """Somebody who never had keys and whom nobody named: no activation makes him any."""
    return not connection.execute("SELECT 1 FROM holder_keys WHERE holder = ?1 UNION "
                                  "SELECT 1 FROM approved_names WHERE holder = ?1", (holder,)).fetchone()


def is_staff_without_one(connection: sqlite3.Connection, holder: str) -> bool:
    """One of the staff whose devices have all ended. A new one of his inherits nothing: who may let devices in or say names
    is trusted with one device, on the signer's host."""
    return is_staff(connection, holder) and not connection.execute(
        "SELECT 1 FROM devices WHERE holder = ? AND retired_at IS NULL", (holder,)).fetchone()


def live_grant(connection: sqlite3.Connection, holder: str, serial: str, at: datetime) -> sqlite3.Row | None:
    return connection.execute(
        "SELECT * FROM grants WHERE serial = ? AND holder = ? AND expires_at >= ?", (serial, holder, to_microseconds(at))
    ).fetchone()


def permit_one_of_a_family(
    connection: sqlite3.Connection, holder: str, family: str, replaces: str | None
) -> None:
    """Refuses holder_has_one: a second Token or Scan beside the first."""
    if connection.execute(
        "SELECT 1 FROM devices WHERE holder = ? AND family = ? AND retired_at IS NULL AND serial IS NOT ?",
        (holder, family, replaces),
    ).fetchone():
        raise SignerRefusal("holder_has_one")


def bind(
    connection: sqlite3.Connection, record: Record, device: Device, *, session_id: str, kind: SessionKind, holder: str,
    at: datetime,
) -> None:
    """A free device is this holder's from its accepted answer on; what it replaces ends now. `permit` came before."""
    if device.holder is not None:
        return
    grant = live_grant(connection, holder, device.serial, at) if kind in BY_GRANT else None
    if grant is not None:
        connection.execute("DELETE FROM grants WHERE serial = ?", (device.serial,))
        if grant["replaces"] is not None:
            retire(connection, record, grant["replaces"], at, replaced_by=device.serial)
    connection.execute("UPDATE devices SET holder = ? WHERE serial = ? AND holder IS NULL", (holder, device.serial))
    record.append(connection, _BOUND[device.family], at, session=session_id, device=device.serial, holder=holder)


def retire(connection: sqlite3.Connection, record: Record, serial: str, at: datetime, **facts: object) -> None:
    """It never answers again. Its holder stays written, so that he does not become free by it."""
    done = connection.execute(
        "UPDATE devices SET retired_at = ? WHERE serial = ? AND retired_at IS NULL", (to_microseconds(at), serial)
    )
    if done.rowcount:
        record.append(connection, Event.DEVICE_RETIRED, at, device=serial, **facts)


# --- failures ---------------------------------------------------------------------------------------------------------


def too_many(device: Device, at: datetime) -> bool:
    """Too many wrong ones in the hours before, or so many since the last right one that it answers no more until somebody
    at the signer's own host arms it again (`rearm`), or another device takes its place."""
    if device.wrong_in_a_row >= rules.current().signer_stop_failures:
        return True
    return device.failures >= rules.current().signer_failures_limit and not _window_is_over(device, at)


def count_failure(connection: sqlite3.Connection, record: Record, device: Device, at: datetime) -> None:
    window = device.failures == 0 or _window_is_over(device, at)
    connection.execute(
        "UPDATE devices SET failures = ?, failures_since = ?, wrong_in_a_row = ? WHERE serial = ?",
        (1 if window else device.failures + 1, to_microseconds(at if window else device.failures_since),
         device.wrong_in_a_row + 1, device.serial))
    if device.wrong_in_a_row + 1 == rules.current().signer_stop_failures:
        record.append(connection, Event.DEVICE_STOPPED, at, device=device.serial, holder=device.holder)
    _count_with_all(connection, record, at)


def forget_failures(connection: sqlite3.Connection, device: Device) -> None:
    connection.execute("UPDATE devices SET failures = 0, wrong_in_a_row = 0 WHERE serial = ?", (device.serial,))


def rearm(connection: sqlite3.Connection, record: Record, *, serial: str, at: datetime) -> None:
    """It may be tried again from now on. Refuses unknown_device, device_retired."""
    device = get(connection, serial)
    if device.retired:
        raise SignerRefusal("device_retired")
    forget_failures(connection, device)
    record.append(connection, Event.DEVICE_REARMED, at, device=serial, wrong_in_a_row=device.wrong_in_a_row)


def _window_is_over(device: Device, at: datetime) -> bool:
    return at - device.failures_since >= timedelta(hours=rules.current().signer_failures_hours)


def _count_with_all(connection: sqlite3.Connection, record: Record, at: datetime) -> None:
    """Somebody who guesses a little at each of many devices is seen in the sum: an alarm, once in each window."""
    current = rules.current()
    minute = to_microseconds(at) // 60_000_000
    first = minute - current.signer_alarm_minutes + 1
    connection.execute("DELETE FROM wrong_codes WHERE minute < ?", (first,))
    connection.execute("INSERT INTO wrong_codes (minute, count) VALUES (?,1) ON CONFLICT DO UPDATE SET count = count + 1",
                       (minute,))
    [count, told] = connection.execute(
        "SELECT sum(count), max(told) FROM wrong_codes WHERE minute BETWEEN ? AND ?", (first, minute)).fetchone()
    if count >= current.signer_alarm_failures and not told:
        connection.execute("UPDATE wrong_codes SET told = 1 WHERE minute = ?", (minute,))
        record.append(connection, Event.MANY_WRONG_CODES, at, count=count, minutes=current.signer_alarm_minutes)
