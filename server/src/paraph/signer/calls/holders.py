# SPDX-License-Identifier: Apache-2.0
"""Sessions, and what an authorised one allows: a name is approved, a holder's keys are made, or used once, a passkey is
added."""

from datetime import datetime
from hashlib import sha256
from sqlite3 import Connection

from paraph.signer import arguments
from paraph.signer.activation import holders, logins, names, passkeys, scans, sessions
from paraph.signer.calls.base import Calls
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event
from paraph.signer.values import HolderKeys, Session, SessionKind


class HolderCalls(Calls):
    def open_session(
        self, *, attempt: str, kind: str, holder: str, key_id: str | None, hashes: list[bytes], labels: list[str],
        device_serial: str | None, statement: bytes = b"",
    ) -> Session:
        """A session that covers exactly these hashes with exactly this key of this holder, closed until a code opens
        it. An activation needs that somebody said who this is. `statement`: what the authentication key will sign, in full
        (activation.statements); its SHA-256 is the one hash. A confirmation has no label beside it. Refuses not_approved,
        and as `activation.sessions.open_one`."""
        arguments.name(holder)
        arguments.hashes(hashes)
        arguments.labels(labels, 0 if kind == SessionKind.CONFIRM else len(hashes))
        arguments.data(statement)
        for text in (key_id, device_serial):
            if text is not None:
                arguments.name(text)
        try:
            which = SessionKind(kind)
        except ValueError as error:
            raise SignerRefusal("bad_argument") from error

        def act(connection: Connection, at: datetime) -> Session:
            if which is SessionKind.ACTIVATE:
                names.permit_activation(connection, holder)
            session = sessions.open_one(
                connection, self._store, kind=which, holder=holder, key_id=key_id, hashes=hashes, labels=labels,
                device_serial=device_serial, statement=statement, at=at,
            )
            # Anybody may open logins, as many as he likes: theirs is written with the code that is right.
            write = self._record.pass_over if which is SessionKind.LOGIN else self._record.append
            sessions.note_opening(connection, write, session, labels, at)
            return session.value

        given = {"kind": which.value, "holder": holder, "key_id": key_id, "hashes": hashes, "labels": labels,
                 "device_serial": device_serial, **({"statement": statement} if statement else {})}
        return self._once(attempt, "open_session", given, act)

    def approve_name(
        self, *, attempt: str, session_id: str, holder: str, subject: bytes, same_as: str | None = None
    ) -> None:
        """From now on this holder may be certified, under this name (DER) and no other. `same_as`: the holder who was the
        same person before. The session is a `grant` of a registrar's device over `values.name_statement`. Refuses
        unknown_session and as `names.approve`."""
        arguments.name(session_id)
        arguments.name(holder)
        arguments.subject(subject)
        if same_as is not None:
            arguments.name(same_as)

        def act(connection: Connection, at: datetime) -> None:
            names.approve(connection, self._store, self._record, session=sessions.get(connection, session_id),
                          holder=holder, subject=subject, same_as=same_as, at=at,
                          purpose_shown=scans.purpose_shown(connection, self._store, session_id))

        given = {"session_id": session_id, "holder": holder, "subject": subject, "same_as": same_as}
        self._once(attempt, "approve_name", given, act)

    def add_passkey(
        self, *, attempt: str, session_id: str, credential_id: str, public_key_der: bytes, attested: bool
    ) -> None:
        """ID tokens may stand on logins with this passkey. `session_id`: the login of a moment ago that another device of
        the holder opened. Refuses unknown_session, wrong_login, wrong_content, passkey_exists."""
        arguments.name(session_id)
        arguments.credential(credential_id)
        arguments.data(public_key_der)
        arguments.flag(attested)

        def act(connection: Connection, at: datetime) -> None:
            passkeys.add(connection, self._record, session=logins.fresh(connection, session_id, at),
                         credential_id=credential_id, public_key_der=public_key_der, attested=attested, at=at)

        given = {"session_id": session_id, "credential_id": credential_id, "public_key_der": public_key_der,
                 "attested": attested}
        self._once(attempt, "add_passkey", given, act)

    def remove_passkey(self, *, attempt: str, credential_id: str) -> None:
        """No ID token stands on it any more."""
        arguments.credential(credential_id)
        self._once(attempt, "remove_passkey", {"credential_id": credential_id},
                   lambda connection, at: passkeys.remove(
                       connection, self._record, credential_id=credential_id, at=at))

    def make_holder_keys(self, *, attempt: str, session_id: str, algorithm: str = "P-256") -> HolderKeys:
        """The holder's two keys, once per authorised activation. Refuses unknown_session, wrong_purpose, not_approved (his
        name was approved anew since the activation began), not_authorised, session_used, expired_session,
        unknown_algorithm."""
        arguments.name(session_id)
        arguments.name(algorithm)

        def act(connection: Connection, at: datetime) -> HolderKeys:
            session = sessions.get(connection, session_id)
            if session.kind is not SessionKind.ACTIVATE:
                raise SignerRefusal("wrong_purpose")
            names.permit_activation(connection, session.holder, since=session.opened_at)
            sessions.use(connection, session, at)
            made = holders.make_keys(connection, self._store, session=session, algorithm=algorithm, at=at)
            self._record.append(
                connection, Event.HOLDER_KEYS_MADE, at, session=session_id, holder=session.holder, algorithm=algorithm,
                authentication=made.authentication.key_id, signature=made.signature.key_id, store=self._store.name,
            )
            return made

        return self._once(attempt, "make_holder_keys", {"session_id": session_id, "algorithm": algorithm}, act)

    def holder_sign(self, *, attempt: str, session_id: str) -> list[bytes]:
        """The session's hashes signed with the session's key, in its order, once. Refuses unknown_session,
        not_authorised, session_used, expired_session, no_key_in_session, wrong_purpose, key_destroyed."""
        arguments.name(session_id)
        return self._once(attempt, "holder_sign", {"session_id": session_id},
                          lambda connection, at: self._use_key(connection, session_id, attempt, at))

    def _use_key(self, connection: Connection, session_id: str, attempt: str, at: datetime) -> list[bytes]:
        session = sessions.get(connection, session_id)
        sessions.use(connection, session, at)
        signatures = holders.sign(connection, self._store, session=session)
        self._record.append(
            connection, Event.HOLDER_SIGNED, at, session=session_id, holder=session.holder, key=session.key_id,
            kind=session.kind.value, hashes=[item.hex() for item in session.hashes],
            signatures=[sha256(item).hexdigest() for item in signatures], attempt=attempt,
        )
        return signatures
