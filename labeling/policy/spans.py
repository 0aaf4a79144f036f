"""Labeled spans of a text: from where to where in code points, and the label of each.

Kept as a JSON list in the order of the text,
`[{"field":"text","start":0,"end":5,"label":"city"}]`; the empty list says that there is nothing
to mark. A form without scripts writes one span a line, `0-5 city`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

SPANS = "spans"
NOTHING = "[]"
#: More spans than these in one text are a slip.
MOST = 1_000
LINE = re.compile(r"^(\d{1,9})\s*[-\u2013]\s*(\d{1,9})\s+(\S+)\Z", re.ASCII)
FIELDS = {"field", "start", "end", "label"}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text: `end` is the place behind its last code point."""

    start: int
    end: int
    label: str
    field: str = ""


def spans_in(value: str) -> list[Span] | None:
    """The spans that a text names, in their order, each once; None for what names none.

    >>> spans_in('[{"start": 3, "end": 5, "label": "city"}]')
    [Span(start=3, end=5, label='city', field='')]
    >>> spans_in("3-5 city\\n0 - 2 person")
    [Span(start=0, end=2, label='person', field=''), Span(start=3, end=5, label='city', field='')]
    >>> spans_in("from 3 to 5")
    """
    rows = _rows(value) if value.lstrip().startswith("[") else _lines(value)
    if rows is None or len(rows) > MOST:
        return None
    spans = [_span(row) for row in rows]
    found = [span for span in spans if span is not None]
    return sorted(set(found)) if len(found) == len(spans) else None


def as_spans(spans: Iterable[Span], field: str = "") -> str:
    """Spans as the one text that equal marks have; field: of those that name none.

    >>> as_spans([Span(0, 5, "city")], "text")
    '[{"field":"text","start":0,"end":5,"label":"city"}]'
    """
    rows = [
        {"field": span.field or field, "start": span.start, "end": span.end, "label": span.label}
        for span in sorted(set(spans))
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def as_lines(value: str) -> str:
    """Spans as the lines of a form; what names none is shown as it is.

    >>> as_lines('[{"start":3,"end":5,"label":"city"}]')
    '3-5 city'
    """
    spans = spans_in(value)
    if spans is None:
        return value
    return "\n".join(f"{span.start}-{span.end} {span.label}" for span in spans)


def rows_of(value: str) -> list[dict[str, Any]]:
    """Spans as they are given away; none for what names none."""
    rows: list[dict[str, Any]] = json.loads(as_spans(spans_in(value) or []))
    return rows


def in_words(value: str, labels: Mapping[str, str]) -> str:
    """Spans by their labels and places; empty where there is nothing to mark.

    >>> in_words('[{"start":3,"end":5,"label":"city"}]', {"city": "City"})
    'City 3-5'
    """
    return ", ".join(
        f"{labels.get(span.label, span.label)} {span.start}-{span.end}"
        for span in spans_in(value) or []
    )


def labels_in(value: str) -> tuple[str, ...] | None:
    """The labels of stored spans, each once; None for any other answer.

    >>> labels_in('[{"start":3,"end":5,"label":"city"},{"start":0,"end":2,"label":"city"}]')
    ('city',)
    >>> labels_in("0-5 city"), labels_in('["city"]')
    (None, None)
    """
    spans = spans_in(value) if value.startswith("[{") else None
    return None if spans is None else tuple(dict.fromkeys(span.label for span in spans))


def relabeled(value: str, mapping: Mapping[str, str]) -> str:
    """Stored spans under other labels.

    >>> relabeled('[{"field":"text","start":3,"end":5,"label":"town"}]', {"town": "city"})
    '[{"field":"text","start":3,"end":5,"label":"city"}]'
    """
    spans = spans_in(value) or []
    return as_spans(replace(one, label=mapping.get(one.label, one.label)) for one in spans)


def beyond(spans: Sequence[Span], length: int) -> Span | None:
    """The first span that is empty or does not lie within a text of this length.

    >>> beyond([Span(0, 2, "city"), Span(1, 4, "city")], 3)
    Span(start=1, end=4, label='city', field='')
    """
    return next((span for span in spans if not 0 <= span.start < span.end <= length), None)


def unknown(spans: Iterable[Span], labels: Collection[str]) -> bool:
    """Whether a span has a label that there is not."""
    return any(span.label not in labels for span in spans)


def overlap(spans: Iterable[Span]) -> bool:
    """Whether two spans share a code point.

    >>> overlap([Span(0, 2, "city"), Span(2, 3, "city")])
    False
    >>> overlap([Span(0, 3, "city"), Span(2, 4, "river")])
    True
    """
    return any(one.end > other.start for one, other in pairwise(sorted(spans)))


def _rows(value: str) -> list[Any] | None:
    try:
        rows = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return rows if isinstance(rows, list) else None


def _lines(value: str) -> list[Any] | None:
    rows = []
    for line in value.splitlines():
        if not line.strip():
            continue
        found = LINE.match(line.strip())
        if found is None:
            return None
        rows.append({"start": int(found[1]), "end": int(found[2]), "label": found[3]})
    return rows


def _span(row: Any) -> Span | None:
    if not isinstance(row, dict) or not row.keys() <= FIELDS:
        return None
    start, end, label, field = (row.get(name) for name in ("start", "end", "label", "field"))
    places = all(type(place) is int for place in (start, end))
    if not places or not isinstance(label, str) or not isinstance(field, str | None):
        return None
    return Span(int(start or 0), int(end or 0), label, field or "")
