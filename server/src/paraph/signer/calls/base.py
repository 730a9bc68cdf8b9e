# SPDX-License-Identifier: Apache-2.0
"""What every call stands on: one lock, one transaction per attempt, the answer kept with its effect."""

import threading
from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from paraph.kernel import tokens
from paraph.kernel.clock import Clock
from paraph.signer import arguments
from paraph.signer.attempts import Attempts
from paraph.signer.batches import Batches
from paraph.signer.database import Database
from paraph.signer.errors import WrongKeyStore
from paraph.signer.record import Record
from paraph.signer.stores import CannotUnseal, Store, StoredKey, StoreUnavailable
from paraph.signer.values import House

_WRAPPED = "wrapped"


class Calls:
    def __init__(self, database: Database, store: Store, clock: Clock, house: House) -> None:
        """Refuses WrongKeyStore when the database was made with another key store."""
        self._lock = threading.RLock()
        self._database = database
        self._store = store
        self._clock = clock
        self._house = house
        self._record = Record(self._internal_key("record"))
        self._attempts = Attempts(self._internal_key("attempts"))
        self._seed_index_key = self._internal_key("seed-index")
        self._batches = Batches(database, self._record)
        self._find_wrapping()

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

    def _find_wrapping(self) -> None:
        """Holders' keys open with a key of their own in a token; a wrong one there would be found by the first holder."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT value FROM internals WHERE name = ?", (_WRAPPED,)).fetchone()
            if row is None:
                new = self._store.make_holder_key(_WRAPPED, "P-256", b"internal")
                connection.execute("INSERT INTO internals VALUES (?,?)", (_WRAPPED, new.material))
                return
        try:
            self._store.sign_once(StoredKey(_WRAPPED, "P-256", b"", row["value"]), b"internal", [bytes(32)])
        except CannotUnseal as error:
            raise WrongKeyStore() from error

    def _once(self, attempt: str, call: str, given: dict[str, Any], act: Callable[[Connection, datetime], Any]) -> Any:
        arguments.name(attempt)
        with self._lock, self._database.transaction() as connection:
            for answer in self._attempts.answered(connection, attempt, call, given):
                return answer
            at = self._clock.now()
            try:
                answer = act(connection, at)
            except CannotUnseal as error:
                raise StoreUnavailable() from error
            self._attempts.keep(connection, attempt, call, given, answer, at)
        return answer
