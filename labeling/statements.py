"""Several writes as one statement: data-modifying CTEs on PostgreSQL, one after another on SQLite.

Each step is SQL under a name, and a later one may read what an earlier one returns as if it were
a table of that name. PostgreSQL is sent all of them at once; on SQLite, where a statement costs no
journey, each runs by itself and is given the rows that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

Kept = TypeVar("Kept", bound=Model)
Rows = list[tuple[Any, ...]]

PLACE = re.compile(r"%\((\w+)\)s")

NOW = {
    "postgresql": "statement_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
}
LATER = {
    "postgresql": "(statement_timestamp() + %(seconds)s * interval '1 second')",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || %(seconds)s || ' seconds')",
}


class Steps:
    """Named statements with their values, run together in the order in which they were added."""

    def __init__(self, steps: Mapping[str, str] | None = None) -> None:
        self.steps: dict[str, str] = dict(steps or {})
        self.values: dict[str, Any] = {}
        self._numbers = count()

    def add(self, name: str, sql: str, **values: Any) -> None:
        self.steps[name] = sql
        self.values |= values

    def insert(self, name: str, row: Model, **instead: str) -> None:
        """A step that inserts a row and returns its id; `instead` gives columns as SQL."""
        database = connections[DEFAULT_DB_ALIAS]
        places = []
        for field, column in _columns(type(row)):
            if column in instead:
                places.append(instead[column])
                continue
            value = f"v{next(self._numbers)}"
            self.values[value] = field.get_db_prep_save(getattr(row, field.attname), database)
            places.append(f"%({value})s")
        into = f"INSERT INTO {row._meta.db_table} ({_named(type(row))})"
        self.steps[name] = f"{into} VALUES ({', '.join(places)}) RETURNING id"

    def run(self) -> Rows:
        """What the last step returns."""
        if connection.vendor == "postgresql":
            *others, last = self.steps.items()
            before = ", ".join(f"{name} AS ({sql})" for name, sql in others)
            return fetch(f"WITH {before} {last[1]}" if before else last[1], self.values)
        return self._one_by_one()

    def _one_by_one(self) -> Rows:
        known: dict[str, tuple[list[str], Rows]] = {}
        rows: Rows = []
        for name, sql in self.steps.items():
            values = dict(self.values)
            given = [
                _inline(known_name, *known[known_name], values)
                for known_name in known
                if re.search(rf"\b{known_name}\b", sql)
            ]
            with connection.cursor() as cursor:
                cursor.execute((f"WITH {', '.join(given)} " if given else "") + sql, values)
                rows = cursor.fetchall() if cursor.description else []
                known[name] = ([column[0] for column in cursor.description or ()], rows)
        return rows


@lru_cache
def _columns(model: type[Model]) -> tuple[tuple[Any, str], ...]:
    """A model's fields but its primary key, each with its column."""
    fields = model._meta.local_concrete_fields
    return tuple((field, str(field.column)) for field in fields if not field.primary_key)


@lru_cache
def _named(model: type[Model]) -> str:
    return ", ".join(f'"{column}"' for _field, column in _columns(model))


def _inline(name: str, columns: list[str], rows: Rows, values: dict[str, Any]) -> str:
    """Rows that an earlier statement returned, as a table that the next one can read."""
    places = []
    for number, row in enumerate(rows):
        names = [f"{name}_{number}_{column}" for column in columns]
        values |= dict(zip(names, row, strict=True))
        places.append(f"({', '.join(f'%({place})s' for place in names)})")
    nothing = f"SELECT {', '.join('NULL' for _ in columns)} WHERE 0"
    table = f"VALUES {', '.join(places)}" if rows else nothing
    return f"{name}({', '.join(columns)}) AS ({table})"


class PreparedCursor(psycopg.RawCursor[Any]):
    """Statements of many tables take the server longer to plan than to do; it plans them once."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        sql, names = _numbered(query)
        values = [params[name] for name in names]
        self.connection.prepare_threshold = 0  # Django prepares nothing of its own
        try:
            super().execute(sql, values, prepare=True)
        finally:
            self.connection.prepare_threshold = None
        if connection.queries_logged:
            self._query = self._convert_query(sql, values)  # where Django looks for what was run
        return self

    def fetchall(self) -> list[Any]:
        """The rows; none, as on SQLite, where a statement answers with nothing."""
        return super().fetchall() if self.pgresult and self.pgresult.nfields else []


@lru_cache(maxsize=512)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement as PostgreSQL takes it, and the names of its values in their order.

    psycopg would take statements as long as ours apart anew each time.
    """
    names: dict[str, int] = {}
    numbered = PLACE.sub(lambda place: f"${names.setdefault(place[1], len(names) + 1)}", sql)
    return numbered.replace("%%", "%").encode(), tuple(names)


def fetch(sql: str, values: Mapping[str, Any]) -> Rows:
    """The rows that a statement answers with."""
    with prepared() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def prepared() -> Any:
    """A cursor of Django's whose statements the server keeps from one use to the next."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        return database.cursor()
    database.ensure_connection()
    return database._prepare_cursor(PreparedCursor(database.connection))


def now() -> str:
    """The database's own clock at the beginning of the statement, as SQL."""
    return NOW[connection.vendor]


def later() -> str:
    """The moment `%(seconds)s` from the database's now, as SQL."""
    return LATER[connection.vendor]


def locked(*names: str, skip: bool = False) -> str:
    """The clause that holds rows until the transaction ends; SQLite's transaction holds all."""
    if connection.vendor != "postgresql":
        return ""
    return f" FOR NO KEY UPDATE OF {', '.join(names)}" + " SKIP LOCKED" * skip


def partial(model: type[Kept], values: Mapping[str, Any]) -> Kept:
    """A stored row of which only some columns were read; the others are read when asked for."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    row: Kept = model.from_db("default", names, [values[name] for name in names])
    return row


def as_uuid(value: Any) -> UUID:
    """A uid as either database gives it to a raw statement."""
    return value if isinstance(value, UUID) else UUID(value)


def as_moment(value: Any) -> datetime:
    """A moment as either database gives it to a raw statement."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def as_json(value: Any) -> Any:
    """A JSON column as either database gives it to a raw statement."""
    return json.loads(value) if isinstance(value, str) else value
