# SPDX-License-Identifier: Apache-2.0
"""What the signer does. Every call that changes something is one transaction: the answer to an earlier identical
attempt, or check, act, record and keep the answer; only after the commit do signatures leave this object.

A crash before the commit leaves nothing, and the attempt can be asked again; a crash after it leaves everything, and
the same attempt gets the same answer.
"""

import hmac
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Self

from paraph.kernel import tokens
from paraph.kernel.clock import Clock
from paraph.pki.keys import ALGORITHMS
from paraph.signer import arguments
from paraph.signer.activation import codes, holders, sessions
from paraph.signer.attempts import Attempts
from paraph.signer.batches import Batches
from paraph.signer.database import Database, to_microseconds
from paraph.signer.digests import digest_of, verifies
from paraph.signer.errors import SignerRefusal, WrongKeyStore
from paraph.signer.record import Event, Record
from paraph.signer.stores import CannotUnseal, Store, StoredKey, StoreSettings, StoreUnavailable, open_store
from paraph.signer.values import (
    INFRASTRUCTURE_PURPOSES,
    HolderKeys,
    KeyInfo,
    Outcome,
    RecordEntry,
    RecordReport,
    Session,
    SessionKind,
)

DATABASE = "signer.sqlite3"


class Signer:
    """One key store, one database, one call at a time (a PKCS#11 module is not safe with several threads)."""

    def __init__(self, database: Database, store: Store, clock: Clock) -> None:
        """Refuses WrongKeyStore when the database was made with another key store."""
        self._lock = threading.RLock()
        self._database = database
        self._store = store
        self._clock = clock
        self._record = Record(self._internal_key("record"))
        self._attempts = Attempts(self._internal_key("attempts"))
        self._seed_index_key = self._internal_key("seed-index")
        self._batches = Batches(database, self._record)

    @classmethod
    def open(cls, data_dir: Path, passphrase: str, clock: Clock, store: StoreSettings | None = None) -> Self:
        """The signer whose database, and software key store, are in `data_dir`; both are made when they are not
        there."""
        folder = Path(data_dir)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = open_store(store or StoreSettings(), folder, passphrase)
        return cls(Database(folder / DATABASE), opened, clock)

    def close(self) -> None:
        with self._lock:
            self._batches.close_finished(self._clock.now(), all_of_them=True)
            self._store.close()
            self._database.close()

    def _internal_key(self, name: str) -> bytes:
        context = b"internal\0" + name.encode()
        with self._database.transaction() as connection:
            row = connection.execute("SELECT value FROM internals WHERE name = ?", (name,)).fetchone()
            if row is None:
                key = tokens.token_bytes(32)
                connection.execute("INSERT INTO internals VALUES (?,?)", (name, self._store.seal(key, context)))
                return key
        try:
            return self._store.unseal(row["value"], context)
        except CannotUnseal as error:
            raise WrongKeyStore() from error

    def _once(self, attempt: str, call: str, given: dict[str, Any], act: Callable[[Connection, datetime], Any]) -> Any:
        arguments.name(attempt)
        with self._lock, self._database.transaction() as connection:
            for answer in self._attempts.answered(connection, attempt, call, given):
                return answer
            at = self._clock.now()
            answer = act(connection, at)
            self._attempts.keep(connection, attempt, call, given, answer, at)
        return answer

    # --- infrastructure keys ------------------------------------------------------------------------------------------

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

    def sign(self, *, attempt: str, key_id: str, purpose: str, data: bytes) -> bytes:
        """A signature over the algorithm's hash of `data` with an infrastructure key of exactly this purpose.

        For an OCSP key, uses are recorded by the second and the answer is not kept: the same attempt signs anew.
        Refuses unknown_key, wrong_purpose, too_large.
        """
        for text in (attempt, key_id, purpose):
            arguments.name(text)
        arguments.data(data)
        if purpose == "ocsp":
            with self._lock:
                key = self._infrastructure_key(self._database.reading, key_id, purpose)
                digest = digest_of(key.algorithm, data)
                signature = self._signature(key, digest)
                self._batches.count(key_id, digest, self._clock.now())
                return signature

        def act(connection: Connection, at: datetime) -> bytes:
            key = self._infrastructure_key(connection, key_id, purpose)
            digest = digest_of(key.algorithm, data)
            signature = self._signature(key, digest)
            self._record.append(connection, Event.KEY_USED, at, key=key_id, purpose=purpose, digest=digest.hex(),
                                attempt=attempt)
            return signature

        given = {"key_id": key_id, "purpose": purpose, "data": sha256(data).digest()}
        return self._once(attempt, "sign", given, act)

    def _infrastructure_key(self, connection: Connection, key_id: str, purpose: str) -> StoredKey:
        row = connection.execute("SELECT * FROM infrastructure_keys WHERE key_id = ?", (key_id,)).fetchone()
        if row is None:
            holder = connection.execute("SELECT 1 FROM holder_keys WHERE key_id = ?", (key_id,)).fetchone()
            raise SignerRefusal("wrong_purpose" if holder else "unknown_key")
        if row["purpose"] != purpose:
            raise SignerRefusal("wrong_purpose")
        return StoredKey(row["key_id"], row["algorithm"], row["public_key_der"], row["material"])

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
        """A holder's private key is gone for good; its public half stays known. Refuses unknown_key, and
        infrastructure_key: those end in a ceremony, not by a call that the web tier can make."""
        arguments.name(key_id)

        def act(connection: Connection, at: datetime) -> None:
            if connection.execute("SELECT 1 FROM infrastructure_keys WHERE key_id = ?", (key_id,)).fetchone():
                raise SignerRefusal("infrastructure_key")
            row = connection.execute("SELECT destroyed_at FROM holder_keys WHERE key_id = ?", (key_id,)).fetchone()
            if row is None:
                raise SignerRefusal("unknown_key")
            if row["destroyed_at"] is None:
                connection.execute("UPDATE holder_keys SET material = NULL, destroyed_at = ? WHERE key_id = ?",
                                   (to_microseconds(at), key_id))
                self._record.append(connection, Event.KEY_DESTROYED, at, key=key_id)

        self._once(attempt, "destroy_key", {"key_id": key_id}, act)
        with self._lock:
            self._database.forget_deleted()

    # --- Tokens and sessions ------------------------------------------------------------------------------------------

    def import_token(
        self, *, attempt: str, serial: str, seed: bytes, method: str = "totp", digits: int = 6, step_seconds: int = 30
    ) -> None:
        """A Token from stock can be used from now on. Refuses device_exists, seed_in_use (R118: no two share a
        secret)."""
        arguments.name(serial)
        arguments.seed(seed)
        arguments.number(digits, 6, 8)
        arguments.number(step_seconds, 10, 300)
        if method not in ("totp", "hotp"):
            raise SignerRefusal("bad_argument")
        index = hmac.digest(self._seed_index_key, seed, "sha256")

        def act(connection: Connection, at: datetime) -> None:
            if connection.execute("SELECT 1 FROM tokens WHERE serial = ?", (serial,)).fetchone():
                raise SignerRefusal("device_exists")
            if connection.execute("SELECT 1 FROM tokens WHERE seed_index = ?", (index,)).fetchone():
                raise SignerRefusal("seed_in_use")
            connection.execute(
                "INSERT INTO tokens (serial, method, digits, step_seconds, seed, seed_index, imported_at) "
                "VALUES (?,?,?,?,?,?,?)",
                (serial, method, digits, step_seconds, self._store.seal(seed, codes.seed_context(serial)), index,
                 to_microseconds(at)),
            )
            self._record.append(connection, Event.TOKEN_IMPORTED, at, device=serial, method=method)

        given = {"serial": serial, "seed": index, "method": method, "digits": digits, "step_seconds": step_seconds}
        self._once(attempt, "import_token", given, act)

    def token_exists(self, serial: str) -> bool:
        arguments.name(serial)
        with self._lock:
            query = "SELECT 1 FROM tokens WHERE serial = ?"
            return self._database.reading.execute(query, (serial,)).fetchone() is not None

    def open_session(
        self, *, attempt: str, kind: str, holder: str, key_id: str | None, hashes: list[bytes], labels: list[str],
        device_serial: str | None,
    ) -> Session:
        """A session that covers exactly these hashes with exactly this key of this holder, closed until a code opens
        it. Refuses as `activation.sessions.open_one`."""
        arguments.name(holder)
        arguments.hashes(hashes)
        arguments.labels(labels, len(hashes))
        for text in (key_id, device_serial):
            if text is not None:
                arguments.name(text)
        try:
            which = SessionKind(kind)
        except ValueError as error:
            raise SignerRefusal("bad_argument") from error

        def act(connection: Connection, at: datetime) -> Session:
            session = sessions.open_one(
                connection, self._store, kind=which, holder=holder, key_id=key_id, hashes=hashes, labels=labels,
                device_serial=device_serial, at=at,
            )
            self._record.append(
                connection, Event.SESSION_OPENED, at, session=session.session_id, kind=which.value, holder=holder,
                key=key_id, device=device_serial, hashes=[item.hex() for item in hashes],
                labels=sessions.label_digest(session.nonce, labels),
            )
            return session.value

        given = {"kind": which.value, "holder": holder, "key_id": key_id, "hashes": hashes, "labels": labels,
                 "device_serial": device_serial}
        return self._once(attempt, "open_session", given, act)

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
            return codes.authorise(
                connection, self._store, self._record, session=sessions.get(connection, session_id),
                device_serial=device_serial, code=code, shown_at=shown_at, at=at,
            )

        given = {"session_id": session_id, "device_serial": device_serial, "code": code, "shown_at": shown_at}
        return self._once(attempt, "authorise_with_code", given, act)

    def make_holder_keys(self, *, attempt: str, session_id: str, algorithm: str = "P-256") -> HolderKeys:
        """The holder's two keys, once per authorised activation. Refuses unknown_session, wrong_purpose,
        not_authorised, session_used, expired_session, unknown_algorithm."""
        arguments.name(session_id)
        arguments.name(algorithm)

        def act(connection: Connection, at: datetime) -> HolderKeys:
            session = sessions.get(connection, session_id)
            if session.kind is not SessionKind.ACTIVATE:
                raise SignerRefusal("wrong_purpose")
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

        def act(connection: Connection, at: datetime) -> list[bytes]:
            session = sessions.get(connection, session_id)
            sessions.use(connection, session, at)
            signatures = holders.sign(connection, self._store, session=session)
            self._record.append(
                connection, Event.HOLDER_SIGNED, at, session=session_id, holder=session.holder, key=session.key_id,
                kind=session.kind.value, hashes=[item.hex() for item in session.hashes],
                signatures=[sha256(item).hexdigest() for item in signatures], attempt=attempt,
            )
            return signatures

        return self._once(attempt, "holder_sign", {"session_id": session_id}, act)

    # --- record and health --------------------------------------------------------------------------------------------

    def record(self, after: int = 0, limit: int = 1000) -> list[RecordEntry]:
        """The lines after that sequence number, oldest first, at most 1000 at a time."""
        arguments.number(after, 0, 2**62)
        arguments.number(limit, 1, 1000)
        with self._lock:
            self.tick()
            return self._record.entries(self._database.reading, after, limit)

    def verify_record(self) -> RecordReport:
        with self._lock:
            self.tick()
            return self._record.verify(self._database.reading)

    def health(self) -> dict[str, Any]:
        """That the store signs and the database answers, with numbers for operators. Raises StoreUnavailable."""
        with self._lock:
            self._store.probe()
            reading = self._database.reading
            known = {row["key_id"] for row in reading.execute("SELECT key_id FROM infrastructure_keys")}
            last = reading.execute("SELECT sequence, hash FROM record_head").fetchone()
            return {
                "store": self._store.name,
                "infrastructure_keys": len(known),
                # Left by a crash in the middle of make_key, until the same attempt is asked again.
                "keys_without_row": len(self._store.key_ids() - known),
                "record_entries": last["sequence"] if last else 0,
                "record_head": last["hash"].hex() if last else "",
            }

    def tick(self) -> None:
        """Closes the batches of past seconds. Whoever runs the signer calls it about once a second."""
        with self._lock:
            self._batches.close_finished(self._clock.now())
