"""Dotted column paths into nested rows, and what a look at a few rows says about each column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from labeling.formats.fields import NUMBER, TIME
from labeling.formats.reading import read_rows
from labeling.formats.rows import DEFAULT_LIMITS, Format, Kind, Limits, Refusal, Row

MISSING: Any = object()
SAMPLE_CHARACTERS = 200
SAMPLES = 3
PREVIEW_ROWS = 20


@dataclass(slots=True)
class Column:
    """A column as seen: its path, what it seems to hold, and its first few values."""

    path: str
    kind: Kind = Kind.TEXT
    samples: list[str] = field(default_factory=list)
    filled: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file: how many there were, their columns, and what was refused."""

    rows: int
    columns: list[Column]
    refusals: list[Refusal]


def value_at(values: dict[str, Any], path: str) -> Any:
    """The value under a dotted path, MISSING if there is none; keys may hold dots themselves."""
    if path in values:
        return values[path]
    dot = path.find(".")
    while dot >= 0:
        inner = values.get(path[:dot])
        if isinstance(inner, dict):
            found = value_at(inner, path[dot + 1 :])
            if found is not MISSING:
                return found
        dot = path.find(".", dot + 1)
    return MISSING


def preview(
    path: Path, file_format: Format, n: int = PREVIEW_ROWS, limits: Limits = DEFAULT_LIMITS
) -> Preview:
    """What the first `n` records of a file hold; raises FormatError like `read_rows`."""
    read = list(islice(read_rows(path, file_format, limits), n))
    rows = [row for row in read if isinstance(row, Row)]
    return Preview(
        rows=len(rows),
        columns=columns_of(rows),
        refusals=[refusal for refusal in read if isinstance(refusal, Refusal)],
    )


def columns_of(rows: list[Row]) -> list[Column]:
    """The columns of these rows in the order they were first seen."""
    seen: dict[str, list[Any]] = {}
    for row in rows:
        for path, value in _leaves(row.values, ""):
            seen.setdefault(path, []).append(value)
    return [_column(path, values) for path, values in seen.items()]


def _leaves(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _column(path: str, values: list[Any]) -> Column:
    filled = [value for value in values if value not in (None, "", {}, [])]
    samples = list(dict.fromkeys(_sample(value) for value in filled))[:SAMPLES]
    return Column(path, _kind(filled), samples, len(filled))


def _sample(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= SAMPLE_CHARACTERS else text[: SAMPLE_CHARACTERS - 1] + "…"


def _kind(values: list[Any]) -> Kind:
    kinds = {_kind_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else Kind.TEXT


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool) or value in ("true", "false", "True", "False"):
        return Kind.BOOLEAN
    if isinstance(value, (int, float)) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        return Kind.NUMBER
    if isinstance(value, str) and TIME.fullmatch(value):
        return Kind.TIME
    return Kind.TEXT
