# SPDX-License-Identifier: Apache-2.0
"""Keys of the service itself, and the end of a holder's key."""

import uuid
from datetime import datetime
from hashlib import sha256
from sqlite3 import Connection

from paraph.pki.keys import ALGORITHMS
from paraph.signer import arguments
from paraph.signer.calls.base import Calls
from paraph.signer.database import to_microseconds
from paraph.signer.digests import digest_octets, digest_of, verifies
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event
from paraph.signer.stores import CannotUnseal, StoredKey, StoreUnavailable
from paraph.signer.values import AUTHORITY_PURPOSES, INFRASTRUCTURE_PURPOSES, KeyInfo


class InfrastructureCalls(Calls):
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

    def sign_digest(self, *, attempt: str, key_id: str, purpose: str, digest: bytes) -> bytes:
        """A signature over a digest that the caller made: for revocation lists too large to be sent here.

        Only of an authority's key (root, issuing), and the record says that no data were seen. Refuses unknown_key,
        wrong_purpose, bad_argument.
        """
        for text in (attempt, key_id, purpose):
            arguments.name(text)
        if purpose not in AUTHORITY_PURPOSES:
            raise SignerRefusal("wrong_purpose")

        def act(connection: Connection, at: datetime) -> bytes:
            key = self._infrastructure_key(connection, key_id, purpose)
            arguments.digest(digest, digest_octets(key.algorithm))
            signature = self._signature(key, digest)
            self._record.append(connection, Event.KEY_USED, at, key=key_id, purpose=purpose, digest=digest.hex(),
                                attempt=attempt, form="digest")
            return signature

        given = {"key_id": key_id, "purpose": purpose, "digest": digest}
        return self._once(attempt, "sign_digest", given, act)

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
