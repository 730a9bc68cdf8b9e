# SPDX-License-Identifier: Apache-2.0
"""Logins that this signer authorised itself, as far as ID tokens ask for them: whose, when, with what."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from paraph.kernel import rules
from paraph.signer.activation import devices, passkeys, sessions
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.values import FACTORS, LEVEL_OF, House, SessionKind


@dataclass(frozen=True)
class Login:
    """`earliest` and `latest` are when it may have been finished, by the signer's clock."""

    session_id: str
    holder: str
    earliest: datetime
    latest: datetime
    acr: str
    amr: tuple[str, ...]


def note(connection: sqlite3.Connection, session: SessionRow, device_serial: str, at: datetime) -> None:
    """A right code opened the session. Only a login with the holder's key counts for partners: staff, and a holder whose
    certificate is suspended, have none."""
    if session.kind is SessionKind.LOGIN and session.key_id is not None:
        connection.execute("INSERT INTO logins VALUES (?,?,?)", (session.session_id, device_serial, to_microseconds(at)))


def of_device(connection: sqlite3.Connection, session_id: str) -> tuple[SessionRow, devices.Device, datetime]:
    """A finished login with a device that still stands: its session, the device and the instant. Refuses wrong_login."""
    row = connection.execute("SELECT device, at FROM logins WHERE session_id = ?", (session_id,)).fetchone()
    if row is None:
        raise SignerRefusal("wrong_login")
    session, device = sessions.get(connection, session_id), devices.get(connection, row["device"])
    # The code opens the session, and the key's signature finishes the login.
    if session.state != "used" or device.retired or not has_key(connection, session.holder):
        raise SignerRefusal("wrong_login")
    return session, device, to_instant(row["at"])


def proven(connection: sqlite3.Connection, evidence: dict[str, Any], house: House) -> Login:
    """The login that the evidence names: with a device, its session is enough, since the signer judged the code; with a
    passkey, what it signed is there too, and is judged now. Refuses wrong_login, unknown_session, wrong_content."""
    if evidence.keys() == {"session"}:
        session, device, at = of_device(connection, evidence["session"])
        return Login(session.session_id, session.holder, at, at, LEVEL_OF[device.family], FACTORS[device.family])
    session = sessions.get(connection, evidence["session"])
    if session.kind is not SessionKind.LOGIN or session.key_id is not None or not has_key(connection, session.holder):
        raise SignerRefusal("wrong_login")
    acr, amr, _ = passkeys.judge(connection, session, evidence["statement"], evidence["answer"], house)
    latest = session.opened_at + timedelta(minutes=rules.current().login_transaction_minutes)
    return Login(session.session_id, session.holder, session.opened_at, latest, acr, amr)


def fresh(connection: sqlite3.Connection, session_id: str, at: datetime) -> SessionRow:
    """A login of a moment ago, with a device that was handed out: its holder may add a passkey (decision 0015). Refuses
    wrong_login."""
    session, _, finished = of_device(connection, session_id)
    current = rules.current()
    # The challenge of the new passkey lives for some minutes beyond.
    if at > finished + timedelta(minutes=current.fresh_login_minutes, seconds=current.otp_life_seconds):
        raise SignerRefusal("wrong_login")
    return session


def has_key(connection: sqlite3.Connection, holder: str) -> bool:
    """Whether he can still log in with anything: his certificates may have ended, and his keys with them."""
    return connection.execute(
        "SELECT 1 FROM holder_keys WHERE holder = ? AND purpose = 'authentication' AND destroyed_at IS NULL", (holder,)
    ).fetchone() is not None
