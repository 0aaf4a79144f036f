"""The examples of a set version as rows for files and programs, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet

from evaluation.models import Example, SetVersion

AT_ONCE = 2_000
Row = dict[str, Any]


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


def as_rows(values: Iterable[Row], *, inputs_only: bool = False) -> Iterator[Row]:
    """Examples as they go out; inputs for predicting hold nothing that tells an answer.

    An erased item is left out of the inputs: there is nothing to predict from.
    """
    for value in values:
        row = {
            name: value[name]
            for name in ("external_id", "group", "occurred_at", "content", "attributes")
        }
        if not inputs_only:
            yield row | _answers(value)
        elif value["erased_at"] is None:
            yield row


def in_batches(version: SetVersion, *, inputs_only: bool) -> Iterator[list[Row]]:
    """All rows of a version a few at a time, so that memory stays flat."""
    found = examples(version).iterator(chunk_size=AT_ONCE)
    while batch := list(islice(found, AT_ONCE)):
        yield list(as_rows(batch, inputs_only=inputs_only))


def names_in(version: SetVersion) -> dict[str, list[str]]:
    """The names of content fields, attributes and answered criteria, in alphabetical order."""
    columns = {"content": "item__content", "attributes": "item__attributes"}
    columns |= {"references": "references"}
    seen: dict[str, set[str]] = {name: set() for name in columns}
    rows = version.examples.order_by().values_list(*columns.values())
    for row in rows.iterator(chunk_size=AT_ONCE):
        for name, said in zip(columns, row, strict=True):
            seen[name].update(said)
    return {name: sorted(found) for name, found in seen.items()}


def _answers(value: Row) -> Row:
    adjudication = value["adjudication_uid"]
    return {
        "references": value["references"],
        "weight": float(value["weight"]),
        "stratum": value["stratum"],
        "inclusion_probability": value["inclusion_probability"],
        "content_digest": value["content_digest"],
        "adjudication": str(adjudication) if adjudication else None,
        "erased_at": value["erased_at"],
    }
