"""One reading as it is sent in: of which signal, at the end of which window, its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from labeling.formats import fields as typed
from labeling.formats.rows import Refusal, Row

FIELDS = frozenset({"signal", "at", "value", "low", "high", "n", "slice", "model_version"})
REQUIRED = ("signal", "at", "value")
NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"\d{1,10}(?:\.0{1,3})?", re.ASCII)
#: Beyond this a chart cannot be drawn, and no signal means it.
LARGEST = 1e15
MOST_OBSERVED = 2**31 - 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class ReadingRow(NamedTuple):
    """A well-formed reading; `signal` is its key, slice and version are names, "" for none."""

    line: int
    signal: str
    at: datetime
    value: float
    low: float | None
    high: float | None
    n: int | None
    slice: str
    model_version: str


def rows_of(rows: Iterable[Mapping[str, Any] | Row | Refusal]) -> Iterator[ReadingRow | Refusal]:
    """Rows of a file, or plain mappings, which are numbered from 1."""
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Refusal):
            yield row
        elif isinstance(row, Row):
            yield reading_row(row)
        else:
            yield reading_row(Row(number, dict(row)))


def reading_row(row: Row) -> ReadingRow | Refusal:
    """One row, or why it is refused; a field that readings do not have is refused as well."""
    values = {name: None if value == "" else value for name, value in row.values.items()}
    if unknown := values.keys() - FIELDS:
        return Refusal(row.line, f"unknown field “{min(unknown)[:100]}”")
    for name in REQUIRED:
        if values.get(name) is None:
            return Refusal(row.line, f"“{name}” is missing")
    clean: dict[str, Any] = {"line": row.line}
    for name, read in _READERS.items():
        try:
            clean[name] = read(values.get(name))
        except typed.UnfitError as unfit:
            return Refusal(row.line, f"“{name}” {unfit}")
    if reason := _interval(clean["low"], clean["high"]):
        return Refusal(row.line, reason)
    return ReadingRow(**clean)


def number(value: Any) -> float:
    """A finite number, also written as text; true and false are none."""
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise typed.UnfitError("must be a finite number")
    if not (isfinite(value) and abs(value) <= LARGEST):
        raise typed.UnfitError(f"must be a finite number, at most {LARGEST:g} from zero")
    return float(value) + 0.0  # minus zero becomes zero


def _at(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo:
        moment = value.astimezone(UTC)
    else:
        moment = typed.moment(value)
    if moment < EARLIEST:
        raise typed.UnfitError(f"is before {EARLIEST.year}")
    return moment


def _maybe_number(value: Any) -> float | None:
    return None if value is None else number(value)


def _count(value: Any) -> int | None:
    """How many were observed: a whole number, also written as text, or with .0 behind."""
    if value is None:
        return None
    if isinstance(value, str) and WHOLE.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise typed.UnfitError("must be a whole number")
    if not 0 <= value <= MOST_OBSERVED:
        raise typed.UnfitError(f"must be from 0 to {MOST_OBSERVED:,}")
    return value


def _name(value: Any) -> str:
    return "" if value is None else typed.identifier(value)


_READERS = {
    "signal": _name,
    "at": _at,
    "value": number,
    "low": _maybe_number,
    "high": _maybe_number,
    "n": _count,
    "slice": _name,
    "model_version": _name,
}


def _interval(low: float | None, high: float | None) -> str:
    """What is wrong with an interval, "" if nothing is."""
    if (low is None) != (high is None):
        return "“low” and “high” are given together or not at all"
    if low is not None and high is not None and low > high:
        return "“low” is above “high”"
    return ""
