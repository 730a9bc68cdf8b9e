# SPDX-License-Identifier: Apache-2.0
"""Devices: whose each is, who may answer for whom, and how often it may be wrong.

A device serves one holder for its whole life. It is bound by its own first accepted answer: in a session of a holder
who has nothing yet, or in a `join` session that a grant allows (`grants`).
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
    retired: bool


def get(connection: sqlite3.Connection, serial: str, family: str | None = None) -> Device:
    """Refuses unknown_device, wrong_device (of another family)."""
    row = connection.execute("SELECT * FROM devices WHERE serial = ?", (serial,)).fetchone()
    if row is None:
        raise SignerRefusal("unknown_device")
    if family not in (None, row["family"]):
        raise SignerRefusal("wrong_device")
    return Device(row["serial"], row["family"], row["secret"], row["holder"], row["failures"],
                  to_instant(row["failures_since"]), row["retired_at"] is not None)


def permit(
    connection: sqlite3.Connection, *, kind: SessionKind, holder: str, key_id: str | None, serial: str, at: datetime
) -> None:
    """A device answers for the holder to whom it is bound, and for nobody else; otherwise whoever holds the web tier
    could open somebody's key with a device of his own. A device and a holder that are both still free may be brought
    together by a session that uses no key: an activation, or the first login of staff. A holder who has a device or
    keys, or ever had, gets another one by a grant only. Refuses unknown_device, device_retired, device_not_bound,
    holder_has_one."""
    device = get(connection, serial)
    if device.retired:
        raise SignerRefusal("device_retired")
    if device.holder == holder:
        return
    if device.holder is not None:
        raise SignerRefusal("device_not_bound")
    if kind is SessionKind.JOIN:
        grant = live_grant(connection, holder, serial, at)
        if grant is None:
            raise SignerRefusal("device_not_bound")
        permit_one_of_a_family(connection, holder, device.family, grant["replaces"])
        return
    free = not connection.execute(
        "SELECT 1 FROM devices WHERE holder = ? UNION SELECT 1 FROM holder_keys WHERE holder = ?", (holder, holder)
    ).fetchone()
    if not free or key_id is not None or kind not in (SessionKind.ACTIVATE, SessionKind.LOGIN):
        raise SignerRefusal("device_not_bound")


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
    if kind is SessionKind.JOIN:
        grant = live_grant(connection, holder, device.serial, at)
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
    return device.failures >= rules.current().signer_failures_limit and not _window_is_over(device, at)


def count_failure(connection: sqlite3.Connection, device: Device, at: datetime) -> None:
    if device.failures == 0 or _window_is_over(device, at):
        connection.execute(
            "UPDATE devices SET failures = 1, failures_since = ? WHERE serial = ?", (to_microseconds(at), device.serial)
        )
    else:
        connection.execute("UPDATE devices SET failures = failures + 1 WHERE serial = ?", (device.serial,))


def forget_failures(connection: sqlite3.Connection, device: Device) -> None:
    connection.execute("UPDATE devices SET failures = 0 WHERE serial = ?", (device.serial,))


def _window_is_over(device: Device, at: datetime) -> bool:
    return at - device.failures_since >= timedelta(hours=rules.current().signer_failures_hours)
