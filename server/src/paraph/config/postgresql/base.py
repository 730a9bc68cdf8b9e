# SPDX-License-Identifier: Apache-2.0
"""Statements that are written once (kernel.prepared) go to psycopg with their values beside them, not written into them.

Django's own cursor composes each statement's text anew, which costs the web process twice what asking does. Everything
else stays as Django does it.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Cursor


class DatabaseWrapper(base.DatabaseWrapper):
    _cursor_of_ours: Cursor | None = None

    def converse(self, sql: str, parameters: Sequence[Any]) -> tuple[int, list[tuple]]:
        """How many rows the statement found or changed, and those that it gives. Raises as Django's cursor does."""
        if self.force_debug_cursor or self.execute_wrappers:
            with self.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.rowcount, cursor.fetchall() if cursor.description else []
        self.ensure_connection()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            cursor = self._cursor_of_ours
            if cursor is None or cursor.connection is not self.connection:
                cursor = self._cursor_of_ours = Cursor(self.connection)
            cursor.execute(sql, parameters)
            return cursor.rowcount, cursor.fetchall() if cursor.description else []
