# SPDX-License-Identifier: Apache-2.0
"""Devices: their import, their answers, their upkeep and their end."""

import hmac
from datetime import datetime
from sqlite3 import Connection

from paraph.signer import arguments
from paraph.signer.activation import codes as token_codes
from paraph.signer.activation import devices, grants, scans, sessions
from paraph.signer.calls.base import Calls
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event
from paraph.signer.stores import CannotUnseal, StoreUnavailable
from paraph.signer.values import DeviceInfo, Outcome, ScanChallenge


class DeviceCalls(Calls):
    # --- stock --------------------------------------------------------------------------------------------------------

    def import_token(
        self, *, attempt: str, serial: str, seed: bytes, method: str = "totp", digits: int = 6, step_seconds: int = 30,
        counter: int = 0,
    ) -> None:
        """A Token from stock can be used from now on. `counter`: the press that an event-based one shows next. Refuses
        device_exists, seed_in_use (R118: no two share a secret)."""
        arguments.name(serial)
        arguments.seed(seed)
        arguments.number(digits, 6, 8)
        arguments.number(step_seconds, 10, 300)
        arguments.number(counter, 0, 2**53)
        if method not in ("totp", "hotp") or (counter and method == "totp"):
            raise SignerRefusal("bad_argument")
        index = self._secret_index(seed)

        def act(connection: Connection, at: datetime) -> None:
            self._stock(connection, devices.TOKEN, serial, self._store.seal(seed, token_codes.seed_context(serial)), index, at)
            connection.execute(
                "INSERT INTO tokens (serial, method, digits, step_seconds, last_accepted) VALUES (?,?,?,?,?)",
                (serial, method, digits, step_seconds, counter - 1))
            self._record.append(connection, Event.TOKEN_IMPORTED, at, device=serial, method=method)

        given = {"serial": serial, "seed": index, "method": method, "digits": digits, "step_seconds": step_seconds}
        if counter:  # an attempt of the first release is still the same question
            given["counter"] = counter
        self._once(attempt, "import_token", given, act)

    def import_scan(self, *, attempt: str, serial: str, factory_key: bytes) -> None:
        """A Scan from stock can be activated from now on. Refuses device_exists, seed_in_use."""
        arguments.name(serial)
        arguments.factory_key(factory_key)
        index = self._secret_index(factory_key)

        def act(connection: Connection, at: datetime) -> None:
            sealed = self._store.seal(factory_key, scans.factory_context(serial))
            self._stock(connection, devices.SCAN, serial, sealed, index, at)
            connection.execute("INSERT INTO scans (serial) VALUES (?)", (serial,))
            self._record.append(connection, Event.SCAN_IMPORTED, at, device=serial)

        self._once(attempt, "import_scan", {"serial": serial, "factory_key": index}, act)

    def _secret_index(self, secret: bytes) -> bytes:
        return hmac.digest(self._seed_index_key, secret, "sha256")

    def _stock(
        self, connection: Connection, family: str, serial: str, sealed: bytes, index: bytes, at: datetime
    ) -> None:
        if connection.execute("SELECT 1 FROM devices WHERE serial = ?", (serial,)).fetchone():
            raise SignerRefusal("device_exists")
        if connection.execute("SELECT 1 FROM devices WHERE secret_index = ?", (index,)).fetchone():
            raise SignerRefusal("seed_in_use")
        connection.execute("INSERT INTO devices (serial, family, secret, secret_index, imported_at) VALUES (?,?,?,?,?)",
                           (serial, family, sealed, index, to_microseconds(at)))

    def token_exists(self, serial: str) -> bool:
        arguments.name(serial)
        with self._lock:
            query = "SELECT 1 FROM tokens WHERE serial = ?"
            return self._database.reading.execute(query, (serial,)).fetchone() is not None

    def device(self, serial: str) -> DeviceInfo:
        """Refuses unknown_device."""
        arguments.name(serial)
        with self._lock:
            found = devices.get(self._database.reading, serial)
            unready = self._database.reading.execute(
                "SELECT 1 FROM scans WHERE serial = ? AND keys IS NULL", (serial,)).fetchone()
        return DeviceInfo(found.serial, found.family, found.holder, unready is None and not found.retired, found.retired)

    # --- answers ------------------------------------------------------------------------------------------------------

    def authorise_with_code(
        self, *, attempt: str, session_id: str, device_serial: str, code: str, shown_at: datetime | None = None
    ) -> Outcome:
        """Opens the session with a Token's code, or counts the failure. `shown_at`: when the code page was displayed
        (for an event-based Token; default: the session's opening). Refuses unknown_session, unknown_device,
        device_not_bound."""
        arguments.name(session_id)
        arguments.name(device_serial)
        arguments.typed_code(code)
        arguments.instant(shown_at)

        def act(connection: Connection, at: datetime) -> Outcome:
            return token_codes.authorise(
                connection, self._store, self._record, session=sessions.get(connection, session_id),
                device_serial=device_serial, code=code, shown_at=shown_at, at=at,
            )

        given = {"session_id": session_id, "device_serial": device_serial, "code": code, "shown_at": shown_at}
        return self._once(attempt, "authorise_with_code", given, act)

    def scan_activation(self, *, attempt: str, session_id: str, device_serial: str) -> ScanChallenge:
        """The first image of a Scan's activation, in an `activate` or `join` session. Refuses as
        `scans.show_opening`."""
        arguments.name(session_id)
        arguments.name(device_serial)

        def act(connection: Connection, at: datetime) -> ScanChallenge:
            return scans.show_opening(connection, self._store, self._record, serial=device_serial, at=at,
                                      session=sessions.get(connection, session_id))

        return self._once(attempt, "scan_activation", {"session_id": session_id, "device_serial": device_serial}, act)

    def scan_device_code(self, *, attempt: str, session_id: str, device_serial: str, code: str) -> Outcome:
        """The ten digits that the Scan showed for its first image; accepted, the second image can be asked for with
        `scan_challenge`. Refuses as `scans.agree`."""
        arguments.name(session_id)
        arguments.name(device_serial)
        arguments.typed_code(code)

        def act(connection: Connection, at: datetime) -> Outcome:
            return scans.agree(connection, self._store, self._record, serial=device_serial, code=code, at=at,
                               session=sessions.get(connection, session_id))

        given = {"session_id": session_id, "device_serial": device_serial, "code": code}
        return self._once(attempt, "scan_device_code", given, act)

    def scan_challenge(
        self, *, attempt: str, session_id: str, device_serial: str, partner: str, text: str
    ) -> ScanChallenge:
        """An image that shows this session to this Scan: partner and text as given, purpose, labels and hashes as the
        session has them. Refuses as `scans.challenge`."""
        arguments.name(session_id)
        arguments.name(device_serial)
        arguments.shown_text(partner)
        arguments.shown_text(text)

        def act(connection: Connection, at: datetime) -> ScanChallenge:
            return scans.challenge(
                connection, self._store, self._record, session=sessions.get(connection, session_id),
                serial=device_serial, partner=partner, text=text, at=at,
            )

        given = {"session_id": session_id, "device_serial": device_serial, "partner": partner, "text": text}
        return self._once(attempt, "scan_challenge", given, act)

    def scan_name(
        self, *, attempt: str, session_id: str, holder: str, subject: bytes, same_as: str | None = None
    ) -> ScanChallenge:
        """An image that shows a registrar's Scan whom its answer will name, before `approve_name`. Refuses as
        `scans.name_challenge`."""
        arguments.name(session_id)
        arguments.name(holder)
        arguments.subject(subject)
        if same_as is not None:
            arguments.name(same_as)

        def act(connection: Connection, at: datetime) -> ScanChallenge:
            return scans.name_challenge(
                connection, self._store, self._record, session=sessions.get(connection, session_id), holder=holder,
                subject=subject, same_as=same_as, at=at)

        given = {"session_id": session_id, "holder": holder, "subject": subject, "same_as": same_as}
        return self._once(attempt, "scan_name", given, act)

    def authorise_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Outcome:
        """Opens the session with the code that the Scan showed for its image, or counts the failure. Refuses as
        `scans.authorise`."""
        arguments.name(session_id)
        arguments.name(device_serial)
        arguments.typed_code(answer)

        def act(connection: Connection, at: datetime) -> Outcome:
            return scans.authorise(connection, self._store, self._record, serial=device_serial, answer=answer, at=at,
                                   session=sessions.get(connection, session_id))

        given = {"session_id": session_id, "device_serial": device_serial, "answer": answer}
        return self._once(attempt, "authorise_with_answer", given, act)

    def scan_statement(self, session_id: str) -> bytes:
        """What the Scan was shown last for this session (`pki.scan.decode`): evidence, and confidential. Refuses
        no_challenge."""
        arguments.name(session_id)
        with self._lock:
            try:
                return scans.statement_of(self._database.reading, self._store, session_id)
            except CannotUnseal as error:
                raise StoreUnavailable() from error

    # --- upkeep and end -----------------------------------------------------------------------------------------------

    def resynchronise(self, *, attempt: str, device_serial: str, codes: tuple[str, str], holder: str) -> Outcome:
        """Finds a Token's clock or counter again by two codes in a row. Refuses as `codes.resynchronise`."""
        arguments.name(device_serial)
        arguments.name(holder)
        arguments.two_codes(codes)

        def act(connection: Connection, at: datetime) -> Outcome:
            return token_codes.resynchronise(connection, self._store, self._record, device_serial=device_serial,
                                             holder=holder, codes=codes, at=at)

        given = {"device_serial": device_serial, "codes": codes, "holder": holder}
        return self._once(attempt, "resynchronise", given, act)

    def grant_device(
        self, *, attempt: str, session_id: str, holder: str, device_serial: str, replaces: str | None = None
    ) -> None:
        """A device from stock may join this holder, beside or in place of one he has. Refuses as `grants.give`."""
        arguments.name(session_id)
        arguments.name(holder)
        arguments.name(device_serial)
        if replaces is not None:
            arguments.name(replaces)

        def act(connection: Connection, at: datetime) -> None:
            grants.give(connection, self._store, self._record, session=sessions.get(connection, session_id),
                        holder=holder, device_serial=device_serial, replaces=replaces, at=at)

        given = {"session_id": session_id, "holder": holder, "device_serial": device_serial, "replaces": replaces}
        self._once(attempt, "grant_device", given, act)

    def retire_device(self, *, attempt: str, device_serial: str) -> None:
        """The device never answers again (lost, stolen, replaced). Refuses unknown_device."""
        arguments.name(device_serial)

        def act(connection: Connection, at: datetime) -> None:
            devices.get(connection, device_serial)
            devices.retire(connection, self._record, device_serial, at)

        self._once(attempt, "retire_device", {"device_serial": device_serial}, act)

    # --- agents: on the signer's own host only, never over its interface ----------------------------------------------

    def trust_agent(self, *, attempt: str, holder: str, device_serial: str) -> None:
        """This holder, with this device of his, may allow that a device joins another holder. Refuses as
        `grants.trust`."""
        arguments.name(holder)
        arguments.name(device_serial)
        self._once(attempt, "trust_agent", {"holder": holder, "device_serial": device_serial},
                   lambda connection, at: grants.trust(
                       connection, self._record, holder=holder, device_serial=device_serial, at=at))

    def dismiss_agent(self, *, attempt: str, holder: str) -> None:
        arguments.name(holder)
        self._once(attempt, "dismiss_agent", {"holder": holder},
                   lambda connection, at: grants.dismiss(connection, self._record, holder=holder, at=at))
