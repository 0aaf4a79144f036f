"""Audit events on their way out: JSON lines, or CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from labeling.formats.spreadsheet import protect

#: What a line says of an event. Everything but `who` and the digests is what its digest covers.
COLUMNS = (
    "sequence",
    "uid",
    "project",
    "at",
    "who",
    "member",
    "user",
    "verb",
    "subject_kind",
    "subject_uid",
    "detail",
    "previous_digest",
    "digest",
)
CONTENT_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
AT_ONCE = 500

Line = Mapping[str, Any]


def write(rows: Iterable[Line], file_format: str) -> Iterator[bytes]:
    """The rows as bytes, some hundreds at a time.

    >>> list(write([{"verb": "a", "detail": {}}], "jsonl"))
    [b'{"verb":"a","detail":{}}\\n']
    """
    encode = _csv_line if file_format == "csv" else _json_line
    waiting = [_csv_line({name: name for name in COLUMNS})] if file_format == "csv" else []
    for row in rows:
        waiting.append(encode(row))
        if len(waiting) >= AT_ONCE:
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)


def _json_line(row: Line) -> bytes:
    return orjson.dumps(row) + b"\n"


def _csv_line(row: Line) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(_cell(row.get(name)) for name in COLUMNS)
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return protect(orjson.dumps(value).decode() if isinstance(value, dict) else str(value))
