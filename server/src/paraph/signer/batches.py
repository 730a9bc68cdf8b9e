# SPDX-License-Identifier: Apache-2.0
"""Uses of OCSP keys, recorded by the second: a responder signs too often for one line each.

A line opens the batch before its first signature is released; the line that closes it tells how many signatures
followed and a digest over what was signed (SHA-256 over the SHA-256 digests, in order). A batch that was never closed
is a crash, and `verify_record` counts it.
"""

import hashlib
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from paraph.kernel import tokens
from paraph.signer.database import Database, to_microseconds
from paraph.signer.record import Event, Record


@dataclass
class _Batch:
    second: int
    batch: str = field(default_factory=lambda: str(tokens.uuid7()))
    count: int = 0
    content: Any = field(default_factory=hashlib.sha256)


class Batches:
    def __init__(self, database: Database, record: Record) -> None:
        self._database = database
        self._record = record
        self._open: dict[str, _Batch] = {}

    def count(self, key_id: str, digest: bytes, at: datetime) -> None:
        """Counts one use, opening a batch on disk when this second has none yet. Called before the signature is
        released."""
        second = to_microseconds(at) // 1_000_000
        batch = self._open.get(key_id)
        if batch is None or batch.second != second:
            fresh = _Batch(second)
            with self._database.transaction() as connection:
                if batch is not None:
                    self._close(connection, key_id, batch, at)
                self._record.append(connection, Event.BATCH_OPENED, at, key=key_id, batch=fresh.batch)
            self._open[key_id] = batch = fresh
        batch.count += 1
        batch.content.update(digest)

    def close_finished(self, at: datetime, *, all_of_them: bool = False) -> None:
        """Closes the batches of past seconds, and with `all_of_them` the present ones too."""
        second = to_microseconds(at) // 1_000_000
        finished = [key_id for key_id, batch in self._open.items() if all_of_them or batch.second != second]
        if not finished:
            return
        with self._database.transaction() as connection:
            for key_id in finished:
                self._close(connection, key_id, self._open[key_id], at)
        for key_id in finished:
            del self._open[key_id]

    def _close(self, connection: sqlite3.Connection, key_id: str, batch: _Batch, at: datetime) -> None:
        self._record.append(
            connection, Event.BATCH_CLOSED, at, key=key_id, batch=batch.batch, count=batch.count,
            digest=batch.content.hexdigest(),
        )
