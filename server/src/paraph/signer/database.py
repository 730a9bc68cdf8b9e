# SPDX-License-Identifier: Apache-2.0
"""The signer's own SQLite file, and transactions that hold the write lock from their first line.

Instants are whole microseconds since 1970 (UTC). Nothing in here opens without the key store: private keys and seeds
are sealed by it, labels of documents too.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paraph.signer import schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


class Database:
    """One connection. Its owner serialises the calls; several processes may have the same file open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made by us first, so that the file and SQLite's side files are readable by nobody else.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.transaction() as connection:
            schema.prepare(connection)
        self._connection.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, with the write lock taken at the start: what is read inside still stands at the end."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @property
    def reading(self) -> sqlite3.Connection:
        return self._connection

    def forget_deleted(self) -> None:
        """Leaves no copy of erased columns in the write-ahead log."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()

