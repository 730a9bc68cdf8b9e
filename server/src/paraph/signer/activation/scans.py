# SPDX-License-Identifier: Apache-2.0
"""The Scan: what it is shown for a session, and whether the answer covers exactly that (docs/standards/scan.md).

R114: an answer is good for 180 s from its image. R116: it covers the session's purpose, hashes and labels, the partner
and the text, so it fits nothing else. R115: it opens its session once. The keys of a device are agreed upon by two
images in an `activate` or `join` session and never travel.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from paraph.kernel import rules, tokens
from paraph.pki import scan
from paraph.signer.activation import devices, logins, names, sessions, statements
from paraph.signer.activation.devices import SCAN, Device
from paraph.signer.activation.sessions import LONG_KINDS, SessionRow
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.stores import Store
from paraph.signer.values import Outcome, ScanChallenge, SessionKind

_PURPOSE = {
    SessionKind.LOGIN: scan.Purpose.LOGIN, SessionKind.SIGN: scan.Purpose.SIGN,
    SessionKind.ACTIVATE: scan.Purpose.ACTIVATE, SessionKind.UNBLOCK: scan.Purpose.UNBLOCK,
    SessionKind.GRANT: scan.Purpose.GRANT, SessionKind.JOIN: scan.Purpose.JOIN,
    SessionKind.CONFIRM: scan.Purpose.CONFIRM,
}


@dataclass(frozen=True)
class _Activation:
    """Under way: `keys` are agreed once the device's ten digits were right."""

    session_id: str
    server_random: bytes
    keys: bytes | None
    made_at: datetime

    def agreed(self, store: Store, serial: str) -> scan.Keys:
        """Refuses not_activated."""
        if self.keys is None:
            raise SignerRefusal("not_activated")
        return _opened(store, serial, self.keys)


def factory_context(serial: str) -> bytes:
    return b"scan factory\0" + serial.encode()


def _keys_context(serial: str) -> bytes:
    return b"scan keys\0" + serial.encode()


def _random_context(serial: str, session_id: str) -> bytes:
    return b"scan random\0" + serial.encode() + b"\0" + session_id.encode()


def _statement_context(serial: str, session_id: str) -> bytes:
    return b"scan statement\0" + serial.encode() + b"\0" + session_id.encode()


def _permitted(connection: sqlite3.Connection, session: SessionRow, serial: str, at: datetime) -> Device:
    if session.device_serial not in (None, serial):
        raise SignerRefusal("device_not_bound")
    device = devices.get(connection, serial, SCAN)
    devices.permit(connection, kind=session.kind, holder=session.holder, key_id=session.key_id, serial=serial, at=at)
    return device


def _permit_image(session: SessionRow, at: datetime) -> None:
    if session.state != "open":
        raise SignerRefusal("session_used")
    if at > session.expires_at:
        raise SignerRefusal("expired_session")


def _life() -> timedelta:
    return timedelta(seconds=rules.current().otp_life_seconds)


# --- activation: first image and ten digits ---------------------------------------------------------------------------


def show_opening(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, serial: str, at: datetime
) -> ScanChallenge:
    """The first image: fresh randomness of ours under the factory key. A later one takes its place. Refuses
    wrong_purpose, session_used, expired_session and as `devices.permit`."""
    device = _permitted(connection, session, serial, at)
    if session.kind not in LONG_KINDS:
        raise SignerRefusal("wrong_purpose")
    _permit_image(session, at)
    server_random = tokens.token_bytes(scan.RANDOM_OCTETS)
    connection.execute(
        "INSERT OR REPLACE INTO scan_activations VALUES (?,?,?,NULL,?)",
        (serial, session.session_id, store.seal(server_random, _random_context(serial, session.session_id)),
         to_microseconds(at)),
    )
    connection.execute("DELETE FROM scan_challenges WHERE session_id = ?", (session.session_id,))
    record.append(connection, Event.SCAN_ACTIVATION_SHOWN, at, session=session.session_id, device=serial,
                  holder=session.holder)
    keys = scan.factory_keys(_factory(store, device), serial)
    payload = scan.seal(keys.image, scan.OPENING, server_random, tokens.token_bytes(12))
    return ScanChallenge(payload, at + _life())


def agree(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, serial: str, code: str,
    at: datetime,
) -> Outcome:
    """The ten digits after the first image: right, and both sides have the same new keys. Refuses no_challenge and as
    `devices.permit`."""
    device = _permitted(connection, session, serial, at)
    activation = _activation(connection, store, serial)
    if activation is None or activation.session_id != session.session_id:
        raise SignerRefusal("no_challenge")
    if session.state != "open" or activation.keys is not None:
        return Outcome.WRONG  # these ten digits are used
    if at > min(activation.made_at + _life(), session.expires_at):
        return Outcome.EXPIRED_SESSION
    about = {"session": session.session_id, "device": serial}
    if devices.too_many(device, at):
        record.append(connection, Event.CODE_TOO_MANY, at, **about)
        return Outcome.TOO_MANY
    factory = _factory(store, device)
    drawn = scan.device_random_of(code)
    expected = scan.device_code(
        scan.factory_keys(factory, serial).code, activation.server_random, drawn or "0" * scan.DEVICE_RANDOM_DIGITS)
    if drawn is None or not scan.same(expected, code):
        devices.count_failure(connection, record, device, at)
        record.append(connection, Event.CODE_WRONG, at, **about)
        return Outcome.WRONG
    keys = scan.operating_keys(factory, serial, activation.server_random, drawn)
    connection.execute("UPDATE scan_activations SET keys = ? WHERE serial = ? AND keys IS NULL",
                       (store.seal(keys.image + keys.code, _keys_context(serial)), serial))
    devices.forget_failures(connection, device)
    record.append(connection, Event.SCAN_KEYS_AGREED, at, holder=session.holder, **about)
    return Outcome.ACCEPTED


# --- every other image ------------------------------------------------------------------------------------------------


def challenge(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, serial: str, partner: str,
    text: str, purpose: scan.Purpose | None = None, also: Sequence[tuple[str, bytes]] = (), at: datetime,
) -> ScanChallenge:
    """An image that shows this session to this device: partner, text, every label and hash. A later one takes its
    place. In an activation it is the second image, under the keys just agreed upon, and shows whom the certificates will
    name. For a confirmation, partner and text are those of the statement that will be signed, and the caller gives none.
    Refuses not_activated, session_used, expired_session, too_large, bad_argument and as `devices.permit`."""
    _permitted(connection, session, serial, at)
    _permit_image(session, at)
    activation = _activation(connection, store, serial)
    fresh = activation is not None and activation.session_id == session.session_id
    keys = activation.agreed(store, serial) if fresh else _keys_in_use(connection, store, serial)
    labels = sessions.labels(connection, store, session.session_id)
    if session.kind is SessionKind.CONFIRM:
        if partner or text:
            raise SignerRefusal("bad_argument")
        partner, text, shown = statements.shown(labels[0].encode(), session.hashes[0])
    else:
        shown = list(zip(labels, session.hashes, strict=True))
    if session.kind is SessionKind.ACTIVATE and (name := names.shown(connection, store, session.holder)):
        # Whom his certificates will name: he reads it on his own device, and its code covers every octet of it.
        shown.append((name[0], sha256(name[1]).digest()))
    shown.extend(also)
    try:
        statement = scan.Statement(
            purpose=purpose or _PURPOSE[session.kind], partner=partner, text=text,
            documents=tuple(scan.Document(*pair) for pair in shown),
            digits=rules.current().scan_digits, at=at.replace(microsecond=0), nonce=tokens.token_bytes(scan.NONCE_OCTETS),
        ).encode()
    except ValueError as error:
        raise SignerRefusal("too_large") from error
    sealed = store.seal(statement, _statement_context(serial, session.session_id))
    connection.execute(
        "INSERT OR REPLACE INTO scan_challenges VALUES (?,?,?,?,?,?)",
        (session.session_id, serial, sealed, rules.current().scan_digits, fresh, to_microseconds(at)),
    )
    # The image that opened a login stands in the line of its code; anybody may have others made.
    write = record.pass_over if session.kind is SessionKind.LOGIN else record.append
    write(connection, Event.SCAN_CHALLENGED, at, session=session.session_id, device=serial,
          statement=sha256(statement).hexdigest())
    return ScanChallenge(scan.seal(keys.image, scan.STATEMENT, statement, tokens.token_bytes(12)), at + _life())


def name_challenge(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, holder: str, subject: bytes,
    same_as: str | None, at: datetime,
) -> ScanChallenge:
    """An image that shows a registrar whom he is about to name, and who that was before, as the signer has both: no word of
    its caller's. Refuses as `challenge` and `names.permit`."""
    names.permit(connection, store, session=session, holder=holder, subject=subject, same_as=same_as)
    before = names.shown(connection, store, same_as) if same_as else None
    also = [(f"= {before[0]}", sha256(before[1]).digest())] if before else []
    return challenge(connection, store, record, session=session, serial=session.device_serial, partner="", text="",
                     purpose=scan.Purpose.NAME, also=also, at=at)


def purpose_shown(connection: sqlite3.Connection, store: Store, session_id: str) -> scan.Purpose | None:
    """As what this session was shown to a Scan last, if it was."""
    try:
        return scan.decode(statement_of(connection, store, session_id)).purpose
    except SignerRefusal:
        return None


def authorise(
    connection: sqlite3.Connection, store: Store, record: Record, *, session: SessionRow, serial: str, answer: str,
    at: datetime,
) -> Outcome:
    """Opens the session with the code that covers its latest image, or counts the failure. Refuses no_challenge and as
    `devices.permit`."""
    device = _permitted(connection, session, serial, at)
    shown = connection.execute(
        "SELECT * FROM scan_challenges WHERE session_id = ? AND serial = ?", (session.session_id, serial)
    ).fetchone()
    if shown is None:
        raise SignerRefusal("no_challenge")
    if session.state != "open":
        return Outcome.WRONG  # somebody pressed twice: the answer that opened this session is used
    until = to_instant(shown["made_at"]) + _life()
    if at > (min(until, session.expires_at) if session.kind in LONG_KINDS else until):
        return Outcome.EXPIRED_SESSION
    about = {"session": session.session_id, "device": serial}
    if devices.too_many(device, at):
        record.append(connection, Event.CODE_TOO_MANY, at, **about)
        return Outcome.TOO_MANY
    if shown["fresh_keys"]:
        activation = _activation(connection, store, serial)
        if activation is None or activation.session_id != session.session_id:
            raise SignerRefusal("no_challenge")  # another session has begun to activate this device
        keys = activation.agreed(store, serial)
    else:
        keys = _keys_in_use(connection, store, serial)
    statement = store.unseal(shown["statement"], _statement_context(serial, session.session_id))
    if not scan.same(scan.answer(keys.code, statement, shown["digits"]), answer):
        devices.count_failure(connection, record, device, at)
        record.append(connection, Event.CODE_WRONG, at, **about)
        return Outcome.WRONG
    if shown["fresh_keys"]:
        connection.execute("UPDATE scans SET keys = (SELECT keys FROM scan_activations WHERE serial = ?1) "
                           "WHERE serial = ?1", (serial,))
        connection.execute("DELETE FROM scan_activations WHERE serial = ?", (serial,))
    devices.forget_failures(connection, device)
    devices.bind(connection, record, device, session_id=session.session_id, kind=session.kind, holder=session.holder,
                 at=at)
    sessions.authorise(connection, store, record, session, at)
    logins.note(connection, session, serial, at)
    record.append(connection, Event.CODE_ACCEPTED, at, kind=session.kind.value, evidence="device-bound",
                  statement=sha256(statement).hexdigest(), **about)
    return Outcome.ACCEPTED


def statement_of(connection: sqlite3.Connection, store: Store, session_id: str) -> bytes:
    """What the device was shown last for this session, octet by octet. Refuses no_challenge."""
    shown = connection.execute("SELECT * FROM scan_challenges WHERE session_id = ?", (session_id,)).fetchone()
    if shown is None:
        raise SignerRefusal("no_challenge")
    return store.unseal(shown["statement"], _statement_context(shown["serial"], session_id))


def _factory(store: Store, device: Device) -> bytes:
    return store.unseal(device.secret, factory_context(device.serial))


def _activation(connection: sqlite3.Connection, store: Store, serial: str) -> _Activation | None:
    row = connection.execute("SELECT * FROM scan_activations WHERE serial = ?", (serial,)).fetchone()
    if row is None:
        return None
    server_random = store.unseal(row["server_random"], _random_context(serial, row["session_id"]))
    return _Activation(row["session_id"], server_random, row["keys"], to_instant(row["made_at"]))


def _keys_in_use(connection: sqlite3.Connection, store: Store, serial: str) -> scan.Keys:
    """Refuses not_activated."""
    row = connection.execute("SELECT keys FROM scans WHERE serial = ?", (serial,)).fetchone()
    if row["keys"] is None:
        raise SignerRefusal("not_activated")
    return _opened(store, serial, row["keys"])


def _opened(store: Store, serial: str, sealed: bytes) -> scan.Keys:
    octets = store.unseal(sealed, _keys_context(serial))
    return scan.Keys(octets[:scan.KEY_OCTETS], octets[scan.KEY_OCTETS:])
