"""Rows from CSV whose lines, cells and quotes may be anything."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from labeling.formats.json_values import why_not_utf8
from labeling.formats.lines import BoundedLines, size_in_words
from labeling.formats.rows import FormatError, Limits, Refusal, Row
from labeling.formats.spreadsheet import unprotect

DELIMITERS = ",;\t"


class _RefusedLine(Exception):
    """A physical line that spoils the record it belongs to."""


class _UnclosedRecord(_RefusedLine):
    """A record that has grown past the limit: a quote was opened and the rest of the file follows it."""


class _Lines:
    """Feeds the csv module with decoded lines and knows where the current record began."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.lines = BoundedLines(stream, limits.line_bytes)
        self.first = 1
        self._limits = limits
        self._bytes = 0

    def begin_record(self) -> None:
        self.first = self.lines.number + 1
        self._bytes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        if line.text is None:
            raise _RefusedLine(f"longer than {size_in_words(self._limits.line_bytes)}")
        self._bytes += len(line.text)
        if self._bytes > self._limits.record_bytes:
            raise _UnclosedRecord(
                f"a quote is opened here and not closed within "
                f"{size_in_words(self._limits.record_bytes)}; nothing after it was read"
            )
        if b"\0" in line.text:
            raise _RefusedLine("contains the NUL character, which cannot be stored")
        try:
            return line.text.decode()
        except UnicodeDecodeError as error:
            raise _RefusedLine(why_not_utf8(error)) from None


def read_csv(stream: BinaryIO, limits: Limits) -> Iterator[Row | Refusal]:
    """One row per record; its keys are the header's names and its values are text.

    A file that starts with a byte order mark was written for or by a spreadsheet, so there the
    apostrophes that protect cells (see `spreadsheet`) are taken off again; elsewhere cells stay as they are.
    """
    # The module's own 131,072 characters would refuse long cells; the bound here is the line's.
    csv.field_size_limit(limits.record_bytes)
    delimiter = _sniff_delimiter(stream, limits)
    lines = _Lines(stream, limits)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header = _read_header(reader, limits, spreadsheet=None, lines=lines)
    yield from _read_records(reader, lines, header)


def _sniff_delimiter(stream: BinaryIO, limits: Limits) -> str:
    widths = {}
    for delimiter in DELIMITERS:
        stream.seek(0)
        reader = csv.reader(_Lines(stream, limits), delimiter=delimiter, strict=True)
        try:
            widths[delimiter] = len(next(reader, []))
        except (csv.Error, _RefusedLine):
            widths[delimiter] = 0
    stream.seek(0)
    return max(DELIMITERS, key=lambda delimiter: widths[delimiter])
