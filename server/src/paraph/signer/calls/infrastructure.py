# SPDX-License-Identifier: Apache-2.0
"""Keys of the service itself, each for one purpose, and the end of a holder's key.

What is to be signed is read here first (`signer.purposes`): a key signs nothing that is not of its purpose.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from sqlite3 import Connection

from paraph.pki.keys import ALGORITHMS
from paraph.signer import arguments
from paraph.signer.calls.base import Calls
from paraph.signer.database import to_microseconds
from paraph.signer.digests import digest_of, verifies
from paraph.signer.errors import SignerRefusal
from paraph.signer.purposes import answers, authorities, certificates, checkpoints, claims, lists, stamps
from paraph.signer.purposes.content import InfrastructureKey
from paraph.signer.record import Event
from paraph.signer.stores import CannotUnseal, StoredKey, StoreUnavailable
from paraph.signer.values import AUTHORITY_PURPOSES, INFRASTRUCTURE_PURPOSES, KeyInfo

# A list in pieces is held in memory: nobody makes more at a time, and one that is not finished by then never will be.
MOST_LISTS = 4
_LIST_LIFE = timedelta(minutes=10)
# These come of a broken or a stolen service, and somebody should know: not those of two processes that do the same at
# one instant (number_not_rising).
_TOLD = frozenset((
    "wrong_content", "wrong_issuer", "wrong_name", "wrong_usage", "wrong_validity", "wrong_time", "wrong_policy",
    "unknown_subject_key", "key_destroyed", "serial_used", "no_ceremony", "no_authority", "checkpoint_not_rising",
    "wrong_login", "wrong_subject", "wrong_confirmation", "wrong_statement"))
_TELL_AGAIN = timedelta(minutes=1)

_Reading = Callable[[Connection, InfrastructureKey, datetime], tuple[bytes, dict[str, object]]]


class InfrastructureCalls(Calls):
    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self._lists: dict[str, tuple[lists.Reading, datetime]] = {}
        self._told: dict[tuple[str, str], datetime] = {}

    def make_key(self, *, attempt: str, purpose: str, algorithm: str, label: str) -> KeyInfo:
        """A new infrastructure key that never leaves the store. Refuses wrong_purpose, unknown_algorithm."""
        if arguments.name(purpose) not in INFRASTRUCTURE_PURPOSES:
            raise SignerRefusal("wrong_purpose")
        if arguments.name(algorithm) not in ALGORITHMS:
            raise SignerRefusal("unknown_algorithm")
        arguments.label(label)

        def act(connection: Connection, at: datetime) -> KeyInfo:
            # Named by the attempt: after a crash inside, the same attempt finds the key that the token already made.
            key_id = str(uuid.UUID(bytes=sha256(b"paraph-key\0" + attempt.encode()).digest()[:16], version=5))
            new = self._store.make_key(key_id, algorithm)
            connection.execute(
                "INSERT INTO infrastructure_keys VALUES (?,?,?,?,?,?,?)",
                (key_id, purpose, algorithm, label, new.public_key_der, new.material, to_microseconds(at)),
            )
            self._record.append(connection, Event.KEY_MADE, at, key=key_id, purpose=purpose, algorithm=algorithm,
                                public_key=sha256(new.public_key_der).hexdigest(), store=self._store.name)
            return KeyInfo(key_id, purpose, algorithm, new.public_key_der)

        given = {"purpose": purpose, "algorithm": algorithm, "label": label}
        return self._once(attempt, "make_key", given, act)

    def key(self, key_id: str) -> KeyInfo:
        """An infrastructure or holder key, destroyed or not. Refuses unknown_key."""
        arguments.name(key_id)
        with self._lock:
            for table in ("infrastructure_keys", "holder_keys"):
                row = self._database.reading.execute(f"SELECT * FROM {table} WHERE key_id = ?", (key_id,)).fetchone()
                if row is not None:
                    return KeyInfo(row["key_id"], row["purpose"], row["algorithm"], row["public_key_der"])
        raise SignerRefusal("unknown_key")

    # --- signatures ---------------------------------------------------------------------------------------------------

    def sign(self, *, attempt: str, key_id: str, purpose: str, data: bytes, content: bytes = b"") -> bytes:
        """A signature over the algorithm's hash of `data` with an infrastructure key of exactly this purpose, when the
        data is what such a key signs. `content`: for a time-stamp, the TSTInfo whose digest the data holds; for an ID token,
        the login that it stands on (`purposes.claims`).

        For an OCSP key, uses are recorded by the second and the answer is not kept: the same attempt signs anew.
        Refuses unknown_key, wrong_purpose, too_large, and as the module of the purpose in `signer.purposes`.
        """
        for text in (attempt, key_id, purpose):
            arguments.name(text)
        arguments.data(data)
        arguments.data(content)
        if purpose == "ocsp":
            return self._answer(key_id, data)

        def read(connection: Connection, key: InfrastructureKey, at: datetime) -> tuple[bytes, dict[str, object]]:
            facts = self._permit(connection, key, data, content, at)
            return digest_of(key.algorithm, data), facts

        given = {"key_id": key_id, "purpose": purpose, "data": sha256(data).digest()}
        if content:
            given["content"] = sha256(content).digest()
        return self._use(attempt, "sign", key_id, purpose, given, read)

    def _permit(
        self, connection: Connection, key: InfrastructureKey, data: bytes, content: bytes, at: datetime
    ) -> dict[str, object]:
        if content and key.purpose not in ("tsu", "openid"):
            raise SignerRefusal("wrong_content")
        if key.purpose in AUTHORITY_PURPOSES:
            if lists.is_list(data):
                reading, tail = lists.Reading.of(key, data)
                return lists.permit(connection, key, reading.head, reading.finish(tail)[0], at)
            return authorities.permit(connection, self._store, key, certificates.read(data), data, at)
        if key.purpose == "tsu":
            return stamps.permit(key, data, content, self._house, at)
        if key.purpose == "openid":
            return claims.permit(connection, self._store, key, data, content, self._house, at)
        if key.purpose == "audit":
            return checkpoints.permit(connection, data, at)
        # Nothing is known yet that such a key signs.
        raise SignerRefusal("wrong_content")

    def _answer(self, key_id: str, data: bytes) -> bytes:
        with self._lock:
            at = self._clock.now()
            key, stored = self._infrastructure_key(self._database.reading, key_id, "ocsp")
            with self._telling(key_id, data):
                answer = answers.read(data)
                answers.permit(key, answer, at)
            digest = digest_of(key.algorithm, data)
            signature = self._signature(stored, digest)
            if answer.ended and (ended := answers.ended_in(self._database.reading, key, answer)):
                with self._database.transaction() as connection:
                    answers.note_ended(connection, ended, at)
            self._batches.count(key_id, digest, at)
            return signature

    def _use(
        self, attempt: str, call: str, key_id: str, purpose: str, given: dict[str, object], read: _Reading
    ) -> bytes:
        def act(connection: Connection, at: datetime) -> bytes:
            key, stored = self._infrastructure_key(connection, key_id, purpose)
            digest, facts = read(connection, key, at)
            signature = self._signature(stored, digest)
            self._record.append(connection, Event.KEY_USED, at, key=key_id, purpose=purpose, digest=digest.hex(),
                                attempt=attempt, **facts)
            return signature

        with self._telling(key_id, repr(sorted(given.items())).encode()):
            return self._once(attempt, call, given, act)

    # --- long lists, in pieces ----------------------------------------------------------------------------------------

    def begin_list(self, *, attempt: str, key_id: str, purpose: str, head: bytes) -> None:
        """A revocation list too long for one message begins: everything before its entries. Begun again, it begins
        anew. Refuses unknown_key, wrong_purpose, wrong_content, too_many_lists."""
        for text in (attempt, key_id, purpose):
            arguments.name(text)
        arguments.data(head)
        if purpose not in AUTHORITY_PURPOSES:
            raise SignerRefusal("wrong_purpose")
        with self._lock, self._telling(key_id, head):
            at = self._clock.now()
            self._lists = {name: held for name, held in self._lists.items() if at - held[1] < _LIST_LIFE}
            key, _ = self._infrastructure_key(self._database.reading, key_id, purpose)
            if attempt not in self._lists and len(self._lists) >= MOST_LISTS:
                raise SignerRefusal("too_many_lists")
            self._lists[attempt] = lists.Reading(key, head), at

    def add_to_list(self, *, attempt: str, part: int, content: bytes) -> None:
        """The entries go on; parts are numbered from 0. The same part again changes nothing. Refuses unknown_list,
        wrong_content."""
        arguments.name(attempt)
        arguments.number(part, 0, 2**31)
        arguments.data(content)
        with self._lock:
            reading = self._list(attempt)
            if part == reading.part - 1 and content == reading.last:
                return
            if part != reading.part:
                raise SignerRefusal("wrong_content")
            with self._telling(reading.key.key_id, content):
                reading.add(content)
            reading.part, reading.last = part + 1, content

    def sign_list(self, *, attempt: str, tail: bytes) -> bytes:
        """The list ends with its extensions and is signed. Refuses unknown_list and as `lists.permit`."""
        arguments.name(attempt)
        arguments.data(tail)
        given = {"tail": sha256(tail).digest()}
        with self._lock:
            held = self._lists.pop(attempt, None)
            if held is None:
                # It was signed, and the answer got lost on its way.
                return self._once(attempt, "sign_list", given, self._unknown_list)
            reading, _ = held

            def read(connection: Connection, key: InfrastructureKey, at: datetime) -> tuple[bytes, dict[str, object]]:
                read_tail, digest = reading.finish(tail)
                return digest, lists.permit(connection, key, reading.head, read_tail, at)

            return self._use(attempt, "sign_list", reading.key.key_id, reading.key.purpose, given, read)

    def _list(self, attempt: str) -> lists.Reading:
        if attempt not in self._lists:
            raise SignerRefusal("unknown_list")
        return self._lists[attempt][0]

    def _unknown_list(self, connection: Connection, at: datetime) -> bytes:
        raise SignerRefusal("unknown_list")

    # --- what was refused ---------------------------------------------------------------------------------------------

    @contextmanager
    def _telling(self, key_id: str, data: bytes) -> Iterator[None]:
        """A key was asked to sign what it does not sign: an alarm, at most once a minute for each key and code."""
        try:
            yield
        except SignerRefusal as refusal:
            if refusal.code in _TOLD:
                self._tell(key_id, refusal.code, data)
            raise

    def _tell(self, key_id: str, code: str, data: bytes) -> None:
        with self._lock:
            at = self._clock.now()
            last = self._told.get((key_id, code))
            if last is None or at - last >= _TELL_AGAIN:
                self._told[key_id, code] = at
                with self._database.transaction() as connection:
                    self._record.append(connection, Event.CONTENT_REFUSED, at, key=key_id, code=code,
                                        content=sha256(data).hexdigest())

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _infrastructure_key(
        self, connection: Connection, key_id: str, purpose: str
    ) -> tuple[InfrastructureKey, StoredKey]:
        row = connection.execute("SELECT * FROM infrastructure_keys WHERE key_id = ?", (key_id,)).fetchone()
        if row is None:
            holder = connection.execute("SELECT 1 FROM holder_keys WHERE key_id = ?", (key_id,)).fetchone()
            raise SignerRefusal("wrong_purpose" if holder else "unknown_key")
        if row["purpose"] != purpose:
            raise SignerRefusal("wrong_purpose")
        return (InfrastructureKey(row["key_id"], purpose, row["algorithm"], row["public_key_der"]),
                StoredKey(row["key_id"], row["algorithm"], row["public_key_der"], row["material"]))

    def _signature(self, key: StoredKey, digest: bytes) -> bytes:
        try:
            signature = self._store.sign(key, digest)
        except CannotUnseal as error:
            raise StoreUnavailable() from error
        # A faulty signature can betray the private key.
        if not verifies(key.public_key_der, signature, digest):
            raise StoreUnavailable()
        return signature

    def destroy_key(self, *, attempt: str, key_id: str) -> None:
        """A holder's private key is gone for good; its public half stays known.

        Refuses unknown_key; infrastructure_key: those end in a ceremony, not by a call that the web tier can make;
        certificate_in_force: a certificate that was signed for it has neither expired nor, in an OCSP answer of this
        signer, been told to have ended. Ask again when it was.
        """
        arguments.name(key_id)

        def act(connection: Connection, at: datetime) -> None:
            if connection.execute("SELECT 1 FROM infrastructure_keys WHERE key_id = ?", (key_id,)).fetchone():
                raise SignerRefusal("infrastructure_key")
            row = connection.execute("SELECT destroyed_at FROM holder_keys WHERE key_id = ?", (key_id,)).fetchone()
            if row is None:
                raise SignerRefusal("unknown_key")
            if row["destroyed_at"] is not None:
                return
            if connection.execute(
                "SELECT 1 FROM certified WHERE holder_key = ? AND ended_at IS NULL AND not_after >= ?",
                (key_id, to_microseconds(at)),
            ).fetchone():
                raise SignerRefusal("certificate_in_force")
            connection.execute("UPDATE holder_keys SET material = NULL, destroyed_at = ? WHERE key_id = ?",
                               (to_microseconds(at), key_id))
            self._record.append(connection, Event.KEY_DESTROYED, at, key=key_id)

        self._once(attempt, "destroy_key", {"key_id": key_id}, act)
        with self._lock:
            self._database.forget_deleted()
