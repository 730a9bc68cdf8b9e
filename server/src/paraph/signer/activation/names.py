# SPDX-License-Identifier: Apache-2.0
"""Who a new holder is: the name that his certificates may say, and which holder was the same person before.

A registrar's Scan shows him the name, as the signer was given it and as it will be certified; a Token shows nothing, and the
operator may demand the Scan (rules: names_by_scan_only).

The web tier alone can't say it. It needs an authorised `grant` session that covers exactly this holder, this name and
this person, opened by the device of somebody whom the operator trusted with names on the signer's own host; or the
operator himself, there. A holder makes keys only after that, and his certificates have that name and no other; his own
Scan shows it while he activates. Names are kept sealed.
"""

import sqlite3
from datetime import datetime

from paraph.kernel import rules
from paraph.pki import der, scan
from paraph.signer.activation import devices, sessions
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import Grant, SessionKind, name_statement, shown_name


def approve(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, holder: str, subject: bytes,
    same_as: str | None, purpose_shown: scan.Purpose | None, at: datetime,
) -> None:
    """Uses up the session. A later approval takes the place of an earlier one. `purpose_shown`: as what a Scan was shown it.

    Refuses wrong_purpose (another kind, or a session that covers something else), not_authorised, session_used,
    expired_session, not_a_registrar, needs_scan, not_shown (a Scan that was shown the session in other words), and as `admit`.
    """
    wanted = permit(connection, store, session=session, holder=holder, subject=subject, same_as=same_as)
    if purpose_shown is not scan.Purpose.NAME and devices.get(connection, session.device_serial).family == devices.SCAN:
        raise SignerRefusal("not_shown")
    sessions.use(connection, session, at)
    _write(connection, store, holder=holder, subject=subject, same_as=same_as, device=session.device_serial, at=at)
    record.append(connection, Event.NAME_APPROVED, at, session=session.session_id, holder=holder, same_as=same_as,
                  by=session.holder, device=session.device_serial, statement=wanted.digest.hex())


def permit(
    connection: sqlite3.Connection, store: Store, *, session: SessionRow, holder: str, subject: bytes, same_as: str | None
) -> Grant:
    """What the session covers, if it is this and if a registrar's device may say it. Refuses wrong_purpose, wrong_content,
    not_a_registrar, needs_scan."""
    if session.kind is not SessionKind.GRANT:
        raise SignerRefusal("wrong_purpose")
    try:
        wanted = name_statement(holder, subject, same_as)
    except der.Malformed as error:
        raise SignerRefusal("wrong_content") from error
    if session.hashes != (wanted.digest,) or sessions.labels(connection, store, session.session_id) != [wanted.label]:
        raise SignerRefusal("wrong_purpose")
    if session.holder == holder or not connection.execute(
        "SELECT 1 FROM registrars WHERE holder = ? AND serial = ?", (session.holder, session.device_serial)
    ).fetchone():
        raise SignerRefusal("not_a_registrar")
    if rules.current().names_by_scan_only and devices.get(connection, session.device_serial).family != devices.SCAN:
        raise SignerRefusal("needs_scan")
    return wanted


def admit(
    connection: sqlite3.Connection, store: Store, record: Record, *, holder: str, subject: bytes, same_as: str | None,
    at: datetime,
) -> None:
    """The same by the operator, on the signer's own host. Refuses wrong_content (not a name that we write),
    activation_under_way (keys are made and not certified yet, under the name that was shown), wrong_name (he has been
    another person)."""
    try:
        wanted = name_statement(holder, subject, same_as)
    except der.Malformed as error:
        raise SignerRefusal("wrong_content") from error
    _write(connection, store, holder=holder, subject=subject, same_as=same_as, device=None, at=at)
    record.append(connection, Event.NAME_APPROVED, at, holder=holder, same_as=same_as, by="host",
                  statement=wanted.digest.hex())


def _write(
    connection: sqlite3.Connection, store: Store, *, holder: str, subject: bytes, same_as: str | None,
    device: str | None, at: datetime,
) -> None:
    known = connection.execute("SELECT person FROM approved_names WHERE holder = ?", (holder,)).fetchone()
    person = person_of(connection, same_as) if same_as else known["person"] if known else holder
    if known is not None and known["person"] != person:
        raise SignerRefusal("wrong_name")
    if connection.execute(
        "SELECT 1 FROM holder_keys WHERE holder = ? AND destroyed_at IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM certified WHERE certified.holder_key = holder_keys.key_id)", (holder,)
    ).fetchone() and not _inherited(connection, holder):
        raise SignerRefusal("activation_under_way")
    connection.execute(
        "INSERT INTO approved_names VALUES (?1,?2,?3,?4,?5) "
        "ON CONFLICT (holder) DO UPDATE SET subject = ?3, device = ?4, at = ?5",
        (holder, person, store.seal(subject, _context(holder)), device, to_microseconds(at)))


def _inherited(connection: sqlite3.Connection, holder: str) -> bool:
    return connection.execute("SELECT 1 FROM approved_names WHERE holder = ? AND subject IS NULL",
                              (holder,)).fetchone() is not None


def _context(holder: str) -> bytes:
    return b"name\0" + holder.encode()


def person_of(connection: sqlite3.Connection, holder: str) -> str:
    """The first holder who was the same person."""
    row = connection.execute("SELECT person FROM approved_names WHERE holder = ?", (holder,)).fetchone()
    return row["person"] if row else holder


def permit_activation(connection: sqlite3.Connection, holder: str, *, since: datetime | None = None) -> None:
    """Refuses not_approved: nobody said who this is, or it was said anew after the activation began (`since`)."""
    row = connection.execute("SELECT at FROM approved_names WHERE holder = ?", (holder,)).fetchone()
    if row is None or (since is not None and row["at"] > to_microseconds(since)):
        raise SignerRefusal("not_approved")


def approved(connection: sqlite3.Connection, store: Store, holder: str) -> bytes | None:
    """The name in DER; None where nobody said it (from an earlier release)."""
    row = connection.execute("SELECT subject FROM approved_names WHERE holder = ?", (holder,)).fetchone()
    return store.unseal(row["subject"], _context(holder)) if row and row["subject"] is not None else None


def permit_subject(connection: sqlite3.Connection, store: Store, *, holder: str, subject: bytes) -> None:
    """Refuses wrong_name: a certificate says another name than was approved. One of an earlier release is remembered
    with its next certificate."""
    row = connection.execute("SELECT subject FROM approved_names WHERE holder = ?", (holder,)).fetchone()
    if row is None:
        raise SignerRefusal("wrong_name")
    if row["subject"] is None:
        connection.execute("UPDATE approved_names SET subject = ? WHERE holder = ?",
                           (store.seal(subject, _context(holder)), holder))
    elif store.unseal(row["subject"], _context(holder)) != subject:
        raise SignerRefusal("wrong_name")


def shown(connection: sqlite3.Connection, store: Store, holder: str) -> tuple[str, bytes] | None:
    """What the holder's own device shows of it, and the name itself."""
    subject = approved(connection, store, holder)
    return (shown_name(subject), subject) if subject is not None else None


# --- who may say it ---------------------------------------------------------------------------------------------------


def trust(connection: sqlite3.Connection, record: Record, *, holder: str, device_serial: str, at: datetime) -> None:
    """The operator has seen this device in the hand of somebody who registers people. A device and a person that are both
    still free are brought together by it, and so is a free Scan with somebody of the staff who has a Token, or the reverse:
    this is his second device. Refuses unknown_device, device_retired, device_not_bound, holder_has_one."""
    device = devices.get(connection, device_serial)
    if device.holder is None and not device.retired and devices.is_staff(connection, holder):
        devices.permit_one_of_a_family(connection, holder, device.family, None)
    else:
        devices.permit(connection, kind=SessionKind.LOGIN, holder=holder, key_id=None, serial=device_serial, at=at)
    devices.bind(connection, record, device, session_id="host", kind=SessionKind.LOGIN, holder=holder, at=at)
    done = connection.execute("INSERT OR IGNORE INTO registrars VALUES (?,?,?)",
                              (device_serial, holder, to_microseconds(at)))
    if done.rowcount:
        record.append(connection, Event.REGISTRAR_TRUSTED, at, holder=holder, device=device_serial)


def dismiss(connection: sqlite3.Connection, record: Record, *, holder: str, at: datetime) -> None:
    if connection.execute("DELETE FROM registrars WHERE holder = ?", (holder,)).rowcount:
        record.append(connection, Event.REGISTRAR_DISMISSED, at, holder=holder)
