"""The examples of a set version as rows for files and programs, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django.db.models import F, FloatField, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from evaluation.models import Example, SetVersion

AT_ONCE = 2_000
Row = dict[str, Any]


class Column(NamedTuple):
    """Where a column of a file comes from, and how its values are read where they need it."""

    source: Combinable
    read: Callable[[Any], Any] | None = None


def _nested(path: str) -> Column:
    """JSON as text: reading it here takes a fourth of the time that a field's own way takes."""
    return Column(Cast(path, TextField()), orjson.loads)


INPUTS = {
    "external_id": Column(F("item__external_id")),
    "group": Column(F("item__group")),
    "occurred_at": Column(F("item__occurred_at")),
    "content": _nested("item__content"),
    "attributes": _nested("item__attributes"),
}
ANSWERS = {
    "references": _nested("references"),
    "weight": Column(Cast("weight", FloatField())),
    "stratum": Column(F("stratum")),
    "inclusion_probability": Column(F("inclusion_probability")),
    "content_digest": Column(F("content_digest")),
    "adjudication": Column(F("adjudication__uid"), lambda uid: str(uid) if uid else None),
    "erased_at": Column(F("item__erased_at")),
}
NESTED = ("content", "attributes", "references")


def examples(version: SetVersion) -> QuerySet[Any, Any]:
    """Every example of a version as values, in the order in which it was frozen."""
    rows: QuerySet[Any, Any] = (
        Example.objects.filter(set_version=version)
        .order_by("position")
        .values(
            "position",
            "references",
            "weight",
            "stratum",
            "inclusion_probability",
            "content_digest",
            item_uid=F("item__uid"),
            external_id=F("item__external_id"),
            group=F("item__group"),
            occurred_at=F("item__occurred_at"),
            content=F("item__content"),
            attributes=F("item__attributes"),
            erased_at=F("item__erased_at"),
            adjudication_uid=F("adjudication__uid"),
        )
    )
    return rows


def in_batches(version: SetVersion, *, inputs_only: bool) -> Iterator[list[Row]]:
    """All rows of a version as they go out, a few at a time, so that memory stays flat.

    Inputs for predicting hold nothing that tells an answer, and no erased item: there is nothing
    to predict from.
    """
    rows = Example.objects.filter(set_version=version).order_by("position")
    if inputs_only:
        rows = rows.filter(item__erased_at__isnull=True)
    table = INPUTS if inputs_only else INPUTS | ANSWERS
    for columns in _columns(rows, list(table.values())):
        yield [dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True)]


def names_in(version: SetVersion) -> dict[str, list[str]]:
    """The names of content fields, attributes and answered criteria, in alphabetical order."""
    seen: dict[str, set[str]] = {name: set() for name in NESTED}
    columns = INPUTS | ANSWERS
    for nested in _columns(version.examples.order_by(), [columns[name] for name in NESTED]):
        for names, values in zip(seen.values(), nested, strict=True):
            names.update(*values)
    return {name: sorted(found) for name, found in seen.items()}


def _columns(rows: QuerySet[Example], wanted: Sequence[Column]) -> Iterator[list[Sequence[Any]]]:
    """The values of some rows at a time, column by column."""
    found = rows.values_list(*(column.source for column in wanted)).iterator(chunk_size=AT_ONCE)
    while batch := list(islice(found, AT_ONCE)):
        columns = zip(wanted, zip(*batch, strict=True), strict=True)
        yield [list(map(of.read, values)) if of.read else values for of, values in columns]
