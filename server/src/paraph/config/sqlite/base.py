# SPDX-License-Identifier: Apache-2.0
"""Writers queue on an flock beside the database.

SQLite's own busy handler polls, and lets one of several saturating writers starve for seconds; a kernel lock is fair.
Every transaction is IMMEDIATE, so taking the lock at BEGIN covers each write.
"""

import fcntl
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import DEFAULT_DB_ALIAS


@lru_cache(maxsize=1024)
def _as_sqlite_writes(sql: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        self._lock_descriptor: int | None = None

    def converse(self, sql: str, parameters: Sequence[Any]) -> tuple[int, list[tuple]]:
        """How many rows the statement changed, and those that it gives: for statements that are written once
        (kernel.prepared). Raises as Django's cursor does."""
        if self.force_debug_cursor or self.execute_wrappers:
            with self.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.rowcount, cursor.fetchall() if cursor.description else []
        self.ensure_connection()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            cursor = self.connection.execute(_as_sqlite_writes(sql), parameters)
            return cursor.rowcount, cursor.fetchall()

    def _lock_path(self) -> str | None:
        name = str(self.settings_dict["NAME"])
        if name == ":memory:" or name.startswith("file:"):
            return None
        return os.path.join(os.path.dirname(name), "write.lock")

    def _acquire(self) -> None:
        if self._lock_descriptor is not None:
            return
        path = self._lock_path()
        if path is None:
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._lock_descriptor = descriptor

    def _release(self) -> None:
        if self._lock_descriptor is not None:
            descriptor, self._lock_descriptor = self._lock_descriptor, None
            os.close(descriptor)

    def _start_transaction_under_autocommit(self) -> None:
        self._acquire()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._release()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()
        finally:
            self._release()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._release()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._release()
