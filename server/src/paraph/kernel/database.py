# SPDX-License-Identifier: Apache-2.0
"""What cannot be undone is refused by the database itself: triggers for SQLite and PostgreSQL."""

from collections.abc import Iterable
from typing import Any

from django.db import migrations


class VendorSQL(migrations.operations.base.Operation):
    """SQL that differs by database; `statements` maps a vendor to (forwards, backwards)."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, statements: dict[str, tuple[list[str], list[str]]]) -> None:
        self.statements = statements

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def _run(self, schema_editor: Any, which: int) -> None:
        for statement in self.statements[schema_editor.connection.vendor][which]:
            schema_editor.execute(statement, params=None)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, 0)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, 1)

    def describe(self) -> str:
        return "Triggers"


def _refuse(name: str, table: str, event: str, condition: str, message: str) -> VendorSQL:
    when_sqlite = f"WHEN {condition}" if condition else ""
    when_postgres = f"WHEN ({condition})" if condition else ""
    return VendorSQL({
        "sqlite": (
            [f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when_sqlite} "
             f"BEGIN SELECT RAISE(ABORT, '{message}'); END"],
            [f"DROP TRIGGER IF EXISTS {name}"],
        ),
        "postgresql": (
            [f"CREATE FUNCTION {name}() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$ "
             "LANGUAGE plpgsql",
             f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {when_postgres} "
             f"EXECUTE FUNCTION {name}()"],
            [f"DROP TRIGGER IF EXISTS {name} ON {table}", f"DROP FUNCTION IF EXISTS {name}()"],
        ),
    })


def append_only(table: str) -> list[VendorSQL]:
    """Rows of this table can be added, never changed or deleted."""
    return [
        _refuse(f"{table}_no_update", table, "UPDATE", "", f"{table} is append-only"),
        _refuse(f"{table}_no_delete", table, "DELETE", "", f"{table} is append-only"),
    ]


def irreversible(table: str, column: str, values: Iterable[str]) -> list[VendorSQL]:
    """Once `column` holds one of `values` it keeps it, and the row stays."""
    listed = ", ".join(f"'{value}'" for value in values)
    return [
        _refuse(f"{table}_{column}_final", table, "UPDATE",
                f"OLD.{column} IN ({listed}) AND NEW.{column} <> OLD.{column}", f"{table}.{column} is final"),
        _refuse(f"{table}_{column}_stays", table, "DELETE", f"OLD.{column} IN ({listed})", f"{table} row stays"),
    ]
