# SPDX-License-Identifier: Apache-2.0
"""Questions to the database, and rows for it, that each login brings: their SQL is written once in a process.

For a row that an index finds, writing the SQL costs ten times what asking costs. Everything else stays Django's: the
question is a QuerySet, rows become models by its own converters, and what is locked is locked (decision 0023).
"""

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Expression,
    Field,
    ForeignKey,
    Model,
    PositiveSmallIntegerField,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query import get_related_populators
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql import UpdateQuery

from paraph.kernel import sealing

Row = TypeVar("Row", bound=Model | tuple)
Made = TypeVar("Made", bound=Model)


class _Given(Expression):
    """The place of a value that is known only when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


def _fields(where: Any) -> Iterator[tuple[str, Any]]:
    """Which column each place is compared with: the column's type says how a value is written."""
    for child in where.children:
        if hasattr(child, "children"):
            yield from _fields(child)
        elif isinstance(child.rhs, _Given):
            yield child.rhs.name, child.lhs.output_field


# Columns whose classes add nothing to what a driver does with such a value.
_PLAIN = {CharField: str, TextField: str, BooleanField: bool, PositiveSmallIntegerField: int, UUIDField: UUID,
          DateTimeField: datetime}


class _Writer:
    """How a column's values are given to the driver of one kind of database: as Django's field does, without asking it about
    the commonest."""

    def __init__(self, field: Any, connection: Any) -> None:
        self._field = field
        while isinstance(field, ForeignKey):
            field = field.target_field
        self._is_text = connection.vendor == "sqlite"
        kind = _PLAIN.get(type(field))
        # PostgreSQL's driver is told how wide a number is.
        self._kind = kind if self._is_text or kind is not int else None

    def __call__(self, value: Any, connection: Any) -> Any:
        kind = type(value)
        if kind is self._kind:
            if kind is datetime:
                if value.tzinfo is UTC:
                    return str(value.replace(tzinfo=None)) if self._is_text else value
            elif kind is UUID:
                return value.hex if self._is_text else value
            else:
                return value
        elif value is None and self._kind is not None:
            return None
        return self._field.get_db_prep_save(value, connection)


def _read_state() -> ModelState:
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return state


class _Statement:
    """The SQL for one kind of database, and how its rows become what the QuerySet gives."""

    def __init__(self, question: QuerySet, names: tuple[str, ...], connection: Any) -> None:
        fields = dict(_fields(question.query.where))
        if fields.keys() != set(names):
            raise TypeError(f"each of {names} must be compared with one column, once")
        compiler = question.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        self.sql = sql
        # One entry for each %s: (name, its column) for a place, (None, the value) for what is the same each time.
        self.parameters = [(one.name, _Writer(fields[one.name], connection)) if isinstance(one, _Given) else (None, one)
                           for one in parameters]
        self.converters = [(place, *conversion) for place, conversion in
                           compiler.get_converters([column for column, _, _ in compiler.select]).items()]
        self.locks = question.query.select_for_update
        self.targets = [column.target for column, _, _ in compiler.select]
        self._stood_in: tuple[Any, Model, tuple] | None = None
        self.model = None
        if question._fields is None:
            chosen = compiler.klass_info["select_fields"]
            self.model, self.columns = compiler.klass_info["model"], slice(chosen[0], chosen[-1] + 1)
            self.names = [column.target.attname for column, _, _ in compiler.select[self.columns]]
            self.related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)

    def rows(self, given: dict[str, Any], connection: Any) -> list[Any]:
        if self.locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("a row is locked within a transaction, or not at all")
        parameters = [what if name is None else what(given[name], connection) for name, what in self.parameters]
        return [self._made(row, connection) for row in connection.converse(self.sql, parameters)[1]]

    def stand_in(self, model: Model, connection: Any) -> Any:
        """The model as a row of the database would give it, unsealing included."""
        ring = sealing.ring()
        if self._stood_in is None or self._stood_in[:2] != (ring, model):
            written = [target.get_db_prep_save(getattr(model, target.attname), connection) for target in self.targets]
            # Drivers wrap octets to write them, and read them as they are.
            self._stood_in = ring, model, tuple(getattr(value, "obj", value) for value in written)
        return self._made(self._stood_in[2], connection)

    def _made(self, row: tuple, connection: Any) -> Any:
        values = list(row)
        for place, converters, expression in self.converters:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        if self.model is None:
            return tuple(values)
        # As Model.from_db, without asking of each column whether it was given.
        made = self.model.__new__(self.model)
        made.__dict__.update(zip(self.names, values[self.columns], strict=True), _state=_read_state())
        for populator in self.related:
            populator.populate(values, made)
        return made


class Prepared(Generic[Row]):
    """`question` makes a QuerySet of plain filters from its parameters, each compared with one column; of models, also with
    select_related(), only() or select_for_update(), or of values_list() tuples."""

    def __init__(self, question: Callable[..., QuerySet]) -> None:
        self._question = question
        self._names = tuple(inspect.signature(question).parameters)
        self._statements: dict[str, _Statement] = {}

    def all(self, **given: Any) -> list[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        return self._statement(connection).rows(given, connection)

    def first_or(self, nobody: Row, **given: Any) -> Row:
        """The first row; where there is none, `nobody`, a model of one table, made by the same work as a row: so the answer
        about nobody takes as long as the answer about somebody."""
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._statement(connection)
        rows = statement.rows(given, connection)
        return rows[0] if rows else statement.stand_in(nobody, connection)

    def _statement(self, connection: Any) -> _Statement:
        statement = self._statements.get(connection.vendor)
        if statement is None:
            question = self._question(**{name: _Given(name) for name in self._names})
            statement = self._statements[connection.vendor] = _Statement(question, self._names, connection)
        return statement

    def first(self, **given: Any) -> Row | None:
        """The first row of those that the question finds, so let it find few."""
        return next(iter(self.all(**given)), None)


class Changing:
    """`question` makes a QuerySet of plain filters on one table from its parameters; the columns of the rows that it finds are
    changed as `update()` does, by a statement that is written once for each set of columns."""

    def __init__(self, question: Callable[..., QuerySet]) -> None:
        self._question = question
        self._names = tuple(inspect.signature(question).parameters)
        self._statements: dict[tuple[str, ...], tuple[str, list[tuple[Any, Any]]]] = {}

    def __call__(self, changes: dict[str, Any], **given: Any) -> int:
        """How many rows were changed. `changes` are values by column, no expressions."""
        connection = connections[DEFAULT_DB_ALIAS]
        place = (connection.vendor, *changes)
        if place not in self._statements:
            self._statements[place] = self._written(tuple(changes), connection)
        sql, columns = self._statements[place]
        return connection.converse(sql, [
            what if name is None
            else what(_plain(changes[name[0]]), connection) if isinstance(name, tuple)
            else what(given[name], connection)
            for name, what in columns])[0]

    def _written(self, changed: tuple[str, ...], connection: Any) -> tuple[str, list[tuple[Any, Any]]]:
        question = self._question(**{name: _Given(name) for name in self._names})
        columns = dict(_fields(question.query.where))
        if columns.keys() != set(self._names):
            raise TypeError(f"each of {self._names} must be compared with one column, once")
        update = question.query.chain(UpdateQuery)
        update.add_update_values({name: _Given((name,)) for name in changed})
        columns |= {(name,): question.model._meta.get_field(name) for name in changed}
        sql, parameters = update.get_compiler(connection=connection).as_sql()
        return sql, [(one.name, _Writer(columns[one.name], connection)) if isinstance(one, _Given) else (None, one)
                     for one in parameters]


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


class _Column:
    """A column of a new row, and what stands there when nothing is given."""

    def __init__(self, field: Any) -> None:
        if (type(field).pre_save not in (Field.pre_save, DateTimeField.pre_save)
                or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
                or field.descriptor_class not in (DeferredAttribute, ForeignKeyDeferredAttribute)):
            raise TypeError(f"{field} does more than to keep its value")
        self.field, self.name, self.attribute, self.default = field, field.name, field.attname, field.get_default


class Adding(Generic[Made]):
    """New rows of one table, by a statement that is written once. What `objects.create()` does without parents, signals and
    values that the database makes. Where a row with the same fields of `once` stands, its `renewed` fields are changed
    instead."""

    def __init__(self, model: type[Made], *, once: tuple[str, ...] = (), renewed: tuple[str, ...] = ()) -> None:
        if model.__init__ is not Model.__init__:
            raise TypeError(f"{model} does more than to keep its values")
        self._model = model
        self._once, self._renewed = ([model._meta.get_field(name).column for name in names] for names in (once, renewed))
        self._columns = [_Column(field) for field in model._meta.concrete_fields]
        self._statements: dict[str, tuple[str, list[tuple[str, _Writer]]]] = {}

    def __call__(self, **values: Any) -> Made:
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._statements.get(connection.vendor)
        if statement is None:
            statement = self._statements[connection.vendor] = self._written(connection), [
                (column.attribute, _Writer(column.field, connection)) for column in self._columns]
        sql, columns = statement
        made = self._made(values)
        content = made.__dict__
        connection.converse(sql, [write(content[attribute], connection) for attribute, write in columns])
        return made

    def _made(self, values: dict[str, Any]) -> Made:
        """As the model's constructor, for values by column or by relation, with the state of a row that stands."""
        made = self._model.__new__(self._model)
        content = made.__dict__
        content["_state"] = state = _read_state()
        for column in self._columns:
            if column.attribute in values:
                content[column.attribute] = values.pop(column.attribute)
            elif column.name in values:
                related = state.fields_cache[column.name] = values.pop(column.name)
                content[column.attribute] = None if related is None else getattr(related, column.field.target_field.attname)
            else:
                content[column.attribute] = column.default()
        if values:
            raise TypeError(f"{self._model.__name__} has no {', '.join(values)}")
        return made

    def _written(self, connection: Any) -> str:
        quote = connection.ops.quote_name
        columns, places = (", ".join(each) for each in (
            [quote(column.field.column) for column in self._columns], ["%s"] * len(self._columns)))
        statement = f"INSERT INTO {quote(self._model._meta.db_table)} ({columns}) VALUES ({places})"
        if not self._once:
            return statement
        renewed = ", ".join(f"{quote(column)} = EXCLUDED.{quote(column)}" for column in self._renewed)
        return f"{statement} ON CONFLICT ({', '.join(map(quote, self._once))}) DO UPDATE SET {renewed}"
