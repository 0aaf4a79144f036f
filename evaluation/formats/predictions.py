"""One row of predictions: which item, what the version answers, how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from labeling.formats import fields as typed
from labeling.formats.rows import Refusal, Row
from labeling.policy.slices import as_text

FIELDS = frozenset({"external_id", "prediction", "confidence"})


class PredictionRow(NamedTuple):
    """A well-formed row; `value` is the answer as text, the key of an option or label."""

    line: int
    external_id: str
    value: str
    confidence: float | None


def rows_of(
    rows: Iterable[Mapping[str, Any] | Row | Refusal],
) -> Iterator[PredictionRow | Refusal]:
    """Rows of a file, or plain mappings, which are numbered from 1."""
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Refusal):
            yield row
        elif isinstance(row, Row):
            yield prediction_row(row)
        else:
            yield prediction_row(Row(number, dict(row)))


def prediction_row(row: Row) -> PredictionRow | Refusal:
    """One row, or why it is refused; a field that predictions do not have is refused as well."""
    values = row.values
    if unknown := values.keys() - FIELDS:
        return Refusal(row.line, f"unknown field “{min(unknown)[:100]}”")
    for name in ("external_id", "prediction"):
        if values.get(name) in (None, ""):
            return Refusal(row.line, f"“{name}” is missing")
    name = ""
    try:
        external_id = typed.identifier(values[name := "external_id"])
        value = as_text(typed.prediction(values[name := "prediction"]))
        sure = values.get(name := "confidence")
        confidence = None if sure in (None, "") else typed.confidence(sure)
    except typed.UnfitError as unfit:
        return Refusal(row.line, f"“{name}” {unfit}")
    return PredictionRow(row.line, external_id, value, confidence)
