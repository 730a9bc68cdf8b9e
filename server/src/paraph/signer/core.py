# SPDX-License-Identifier: Apache-2.0
"""What the signer does. Every call that changes something is one transaction: the answer to an earlier identical
attempt, or check, act, record and keep the answer; only after the commit do signatures leave this object.

A crash before the commit leaves nothing, and the attempt can be asked again; a crash after it leaves everything, and
the same attempt gets the same answer.
"""

from pathlib import Path
from typing import Any, Self

from paraph.kernel.clock import Clock
from paraph.signer import arguments
from paraph.signer.calls.at_once import AtOnceCalls
from paraph.signer.calls.infrastructure import InfrastructureCalls
from paraph.signer.calls.local import LocalCalls
from paraph.signer.database import Database
from paraph.signer.stores import StoreSettings, open_store
from paraph.signer.upkeep import Upkeep
from paraph.signer.values import House, RecordEntry, RecordReport

DATABASE = "signer.sqlite3"


class Signer(InfrastructureCalls, AtOnceCalls, LocalCalls):
    """One key store, one database, one call at a time (a PKCS#11 module is not safe with several threads)."""

    @classmethod
    def open(
        cls, data_dir: Path, passphrase: str, clock: Clock, store: StoreSettings | None = None, house: House | None = None
    ) -> Self:
        """The signer whose database, and software key store, are in `data_dir`; both are made when they are not
        there. `house`: what the operator lets it state. Refuses WrongKeyStore, StoreUnavailable; raises OSError."""
        folder = Path(data_dir)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(folder / DATABASE)
        try:
            # One after the other, so that of two processes that begin at one instant one makes the store's keys.
            with database.transaction() as connection:
                begins = connection.execute("SELECT 1 FROM internals").fetchone() is None
                opened = open_store(store or StoreSettings(), folder, passphrase, begins=begins)
        except BaseException:
            database.close()
            raise
        return cls(database, opened, clock, house or House())

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self._upkeep = Upkeep()

    def close(self) -> None:
        with self._lock:
            self._batches.close_finished(self._clock.now(), all_of_them=True)
            self._store.close()
            self._database.close()

    # --- record and health --------------------------------------------------------------------------------------------

    def record(self, after: int = 0, limit: int = 1000) -> list[RecordEntry]:
        """The lines after that sequence number, oldest first, at most 1000 at a time."""
        arguments.number(after, 0, 2**62)
        arguments.number(limit, 1, 1000)
        with self._lock:
            self.tick()
            return self._record.entries(self._database.reading, after, limit)

    def alarms(self, after: int = 0, limit: int = 100) -> list[RecordEntry]:
        """The lines after that sequence number of which a person on duty must know, oldest first."""
        arguments.number(after, 0, 2**62)
        arguments.number(limit, 1, 1000)
        with self._lock:
            return self._record.alarms(self._database.reading, after, limit)

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
        """Closes the batches of past seconds, and now and then forgets what has ended long ago. Whoever runs the signer
        calls it about once a second."""
        with self._lock:
            at = self._clock.now()
            self._batches.close_finished(at)
            self._upkeep.forget(self._database, at)
