# SPDX-License-Identifier: Apache-2.0
"""Grants: that a further device may join a holder who lives already (R085, R208 to R210).

The web tier alone can't give one. A grant needs an authorised `grant` session that covers exactly this holder, this
device and what it replaces: of another active device of the holder himself, or of the device of an agent. Agents and
their devices are named on the signer's own host, by no call of its interface. The grant opens nothing: the new device
must still prove itself in a `join` session of the holder, and with that the replaced one ends.
"""

import sqlite3
from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.signer.activation import devices, sessions
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import SessionKind, grant_statement


def give(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, holder: str,
    device_serial: str, replaces: str | None, at: datetime,
) -> None:
    """Uses up the session. A later grant for the same device takes the place of an earlier one.

    Refuses wrong_purpose (another kind, or a session that covers something else), not_authorised, session_used,
    expired_session, unknown_device, device_retired, device_not_bound, wrong_device (the replaced device is of another
    family, or is the one that authorised), holder_has_one, not_an_agent.
    """
    if session.kind is not SessionKind.GRANT:
        raise SignerRefusal("wrong_purpose")
    wanted = grant_statement(holder, device_serial, replaces)
    shown = sessions.labels(connection, store, session.session_id)
    if session.hashes != (wanted.digest,) or shown != [wanted.label]:
        raise SignerRefusal("wrong_purpose")
    authority = _authority(connection, session, holder)
    new = devices.get(connection, device_serial)
    if new.retired:
        raise SignerRefusal("device_retired")
    if new.holder is not None:
        raise SignerRefusal("device_not_bound")
    if replaces is not None:
        old = devices.get(connection, replaces)
        if old.holder != holder:
            raise SignerRefusal("device_not_bound")
        if old.family != new.family or replaces == session.device_serial:
            raise SignerRefusal("wrong_device")
    devices.permit_one_of_a_family(connection, holder, new.family, replaces)
    sessions.use(connection, session, at)
    until = at + timedelta(days=rules.current().device_grant_days)
    connection.execute("INSERT OR REPLACE INTO grants VALUES (?,?,?,?)",
                       (device_serial, holder, replaces, to_microseconds(until)))
    record.append(connection, Event.DEVICE_GRANTED, at, session=session.session_id, holder=holder, device=device_serial,
                  replaces=replaces, authority=authority, by=session.holder)


def _authority(connection: sqlite3.Connection, session: SessionRow, holder: str) -> str:
    """Who allows it: the holder's own other device, or an agent. Refuses not_an_agent."""
    if session.holder == holder:
        return "device"
    if connection.execute("SELECT 1 FROM agents WHERE holder = ? AND serial = ?",
                          (session.holder, session.device_serial)).fetchone():
        return "agent"
    raise SignerRefusal("not_an_agent")


def trust(connection: sqlite3.Connection, record: Record, *, holder: str, device_serial: str, at: datetime) -> None:
    """The operator has seen this device in the agent's hand: a name alone could have been taken by somebody else's
    device first. Refuses unknown_device, device_retired, device_not_bound."""
    device = devices.get(connection, device_serial)
    if device.retired:
        raise SignerRefusal("device_retired")
    if device.holder != holder:
        raise SignerRefusal("device_not_bound")
    done = connection.execute("INSERT OR IGNORE INTO agents VALUES (?,?,?)", (device_serial, holder, to_microseconds(at)))
    if done.rowcount:
        record.append(connection, Event.AGENT_TRUSTED, at, holder=holder, device=device_serial)


def dismiss(connection: sqlite3.Connection, record: Record, *, holder: str, at: datetime) -> None:
    if connection.execute("DELETE FROM agents WHERE holder = ?", (holder,)).rowcount:
        record.append(connection, Event.AGENT_DISMISSED, at, holder=holder)
