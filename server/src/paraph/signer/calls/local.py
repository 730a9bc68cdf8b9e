# SPDX-License-Identifier: Apache-2.0
"""What may be said on the signer's own host only, with the key store's passphrase, and by no call of its interface.

Whoever holds the web tier opens no ceremony, allows no key from elsewhere and arms no stopped device.
"""

from datetime import datetime, timedelta
from sqlite3 import Connection

from paraph.kernel import rules, tokens
from paraph.pki import der
from paraph.signer import arguments
from paraph.signer.activation import devices, names
from paraph.signer.calls.base import Calls
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.purposes import authorities
from paraph.signer.record import Event


class LocalCalls(Calls):
    def open_ceremony(self, *, attempt: str) -> str:
        """From now on the root certifies authorities whose keys are in this signer: until it is closed, or its time is
        over (rules: signer_ceremony_minutes). Returns its identifier."""

        def act(connection: Connection, at: datetime) -> str:
            ceremony = str(tokens.uuid7())
            until = at + timedelta(minutes=rules.current().signer_ceremony_minutes)
            connection.execute("INSERT INTO ceremonies VALUES (?,?,?,NULL)",
                               (ceremony, to_microseconds(at), to_microseconds(until)))
            self._record.append(connection, Event.CEREMONY_OPENED, at, ceremony=ceremony)
            return ceremony

        return self._once(attempt, "open_ceremony", {}, act)

    def close_ceremony(self, *, attempt: str, ceremony: str) -> None:
        """Closed twice, it is closed."""
        arguments.name(ceremony)

        def act(connection: Connection, at: datetime) -> None:
            done = connection.execute("UPDATE ceremonies SET closed_at = ? WHERE ceremony_id = ? AND closed_at IS NULL",
                                      (to_microseconds(at), ceremony))
            if done.rowcount:
                self._record.append(connection, Event.CEREMONY_CLOSED, at, ceremony=ceremony)

        self._once(attempt, "close_ceremony", {"ceremony": ceremony}, act)

    def admit_authority(self, *, attempt: str, certificate: bytes) -> bool:
        """The name of an authority that an earlier release certified, before the signer remembered names. Returns
        whether it is new. Refuses wrong_content, wrong_issuer, wrong_usage, unknown_subject_key, wrong_name."""
        arguments.data(certificate)

        def act(connection: Connection, at: datetime) -> bool:
            new = authorities.admit(connection, certificate)
            if new:
                self._record.append(connection, Event.AUTHORITY_ADMITTED, at, key=new)
            return bool(new)

        return self._once(attempt, "admit_authority", {"certificate": certificate}, act)

    def allow_certificate(
        self, *, attempt: str, public_key_der: bytes, subject: bytes, purposes: list[str]
    ) -> None:
        """A key that lives elsewhere (in a card, at an organisation, on a server) may be certified with exactly this
        name and these extended key usages, for some days (rules: signer_allowed_days). Refuses wrong_content,
        wrong_purpose (a key of this signer)."""
        arguments.data(public_key_der)
        arguments.data(subject)
        for purpose in purposes:
            arguments.name(purpose)
        try:
            der.read(subject)
        except der.Malformed as error:
            raise SignerRefusal("wrong_content") from error

        def act(connection: Connection, at: datetime) -> None:
            until = at + timedelta(days=rules.current().signer_allowed_days)
            digest = authorities.allow(connection, public_key_der=public_key_der, subject=subject, purposes=purposes,
                                       until=until)
            self._record.append(connection, Event.KEY_ALLOWED, at, public_key=digest, purposes=sorted(purposes))

        given = {"public_key_der": public_key_der, "subject": subject, "purposes": purposes}
        self._once(attempt, "allow_certificate", given, act)

    def accept_audit_loss(self, *, attempt: str, size: int, root: str, chain: str) -> None:
        """After a restore the audit log ends earlier than the signer knows: it goes on from this checkpoint. What was
        lost stays known, in the line that says so."""
        arguments.number(size, 1, 2**62)
        arguments.name(root)
        arguments.name(chain)

        def act(connection: Connection, at: datetime) -> None:
            last = connection.execute("SELECT size FROM audit_head").fetchone()
            connection.execute("DELETE FROM audit_head")
            connection.execute("INSERT INTO audit_head VALUES (1,?,?,?)", (size, root, chain))
            self._record.append(connection, Event.AUDIT_LOSS_ACCEPTED, at, known=last["size"] if last else 0, size=size)

        self._once(attempt, "accept_audit_loss", {"size": size, "root": root, "chain": chain}, act)

    def rearm_device(self, *, attempt: str, device_serial: str) -> None:
        """A device that was stopped for too many wrong codes may be tried again. Refuses unknown_device,
        device_retired."""
        arguments.name(device_serial)
        self._once(attempt, "rearm_device", {"device_serial": device_serial},
                   lambda connection, at: devices.rearm(connection, self._record, serial=device_serial, at=at))

    # --- who says who a holder is -------------------------------------------------------------------------------------

    def trust_registrar(self, *, attempt: str, holder: str, device_serial: str) -> None:
        """This person, with this device of his, may say who a new holder is. Refuses as `names.trust`."""
        arguments.name(holder)
        arguments.name(device_serial)
        self._once(attempt, "trust_registrar", {"holder": holder, "device_serial": device_serial},
                   lambda connection, at: names.trust(
                       connection, self._record, holder=holder, device_serial=device_serial, at=at))

    def dismiss_registrar(self, *, attempt: str, holder: str) -> None:
        arguments.name(holder)
        self._once(attempt, "dismiss_registrar", {"holder": holder},
                   lambda connection, at: names.dismiss(connection, self._record, holder=holder, at=at))

    def admit_name(self, *, attempt: str, holder: str, subject: bytes, same_as: str | None = None) -> None:
        """The operator himself says who a holder is. Refuses as `names.admit`."""
        arguments.name(holder)
        arguments.subject(subject)
        if same_as is not None:
            arguments.name(same_as)
        self._once(attempt, "admit_name", {"holder": holder, "subject": subject, "same_as": same_as},
                   lambda connection, at: names.admit(connection, self._store, self._record, holder=holder,
                                                      subject=subject, same_as=same_as, at=at))
