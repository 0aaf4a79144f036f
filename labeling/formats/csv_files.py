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


class _LineError(Exception):
    """A physical line that spoils the record it belongs to."""


class _UnclosedRecordError(_LineError):
    """A record past the limit: a quote was opened, and the rest of the file follows it."""


class _Lines:
    """Feeds the csv module with decoded lines and knows where the current record began."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._lines = BoundedLines(stream, limits.line_bytes)
        self.first = 1
        self._limits = limits
        self._bytes = 0

    @property
    def number(self) -> int:
        return self._lines.number

    @property
    def has_bom(self) -> bool:
        return self._lines.has_bom

    def begin_record(self) -> None:
        self.first = self.number + 1
        self._bytes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if line.text is None:
            raise _LineError(f"longer than {size_in_words(self._limits.line_bytes)}")
        self._bytes += len(line.text)
        if self._bytes > self._limits.record_bytes:
            raise _UnclosedRecordError(
                f"a quote is opened here and not closed within "
                f"{size_in_words(self._limits.record_bytes)}; nothing after it was read"
            )
        if b"\0" in line.text:
            raise _LineError("contains the NUL character, which cannot be stored")
        try:
            return line.text.decode()
        except UnicodeDecodeError as error:
            raise _LineError(why_not_utf8(error)) from None


def read_csv(stream: BinaryIO, limits: Limits) -> Iterator[Row | Refusal]:
    """One row per record; its keys are the header's names and its values are text.

    A file that starts with a byte order mark was written for or by a spreadsheet, so there the
    apostrophes that protect cells (see `spreadsheet`) are taken off again; elsewhere cells stay.
    """
    # The module's own 131,072 characters would refuse long cells; the bound here is the line's.
    csv.field_size_limit(limits.record_bytes)
    delimiter = _sniff_delimiter(stream, limits)
    lines = _Lines(stream, limits)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header = _read_header(reader, lines, limits)
    yield from _read_records(reader, lines, header)


def _sniff_delimiter(stream: BinaryIO, limits: Limits) -> str:
    widths = {}
    for delimiter in DELIMITERS:
        stream.seek(0)
        reader = csv.reader(_Lines(stream, limits), delimiter=delimiter, strict=True)
        try:
            widths[delimiter] = len(_first_record(reader))
        except (csv.Error, _LineError):
            widths[delimiter] = 0
    stream.seek(0)
    widest = max(DELIMITERS, key=lambda delimiter: widths[delimiter])
    return widest if widths[widest] > 1 else DELIMITERS[0]


def _first_record(reader: Iterator[list[str]]) -> list[str]:
    return next((cells for cells in reader if cells), [])


def _read_header(reader: Iterator[list[str]], lines: _Lines, limits: Limits) -> list[str]:
    try:
        cells = _first_record(reader)
    except _LineError as refused:
        raise FormatError(f"The header cannot be read: {refused}.") from None
    except csv.Error as error:
        raise FormatError(f"The header cannot be read: {_why_not_csv(error)}.") from None
    if len(cells) > limits.columns:
        raise FormatError(f"There are {len(cells):,} columns; at most {limits.columns:,} are read.")
    names = [cell or f"column_{place}" for place, cell in enumerate(_cells(cells, lines), 1)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FormatError(f"The header names {repeated[0][:100]!r} more than once.")
    return names


def _read_records(
    reader: Iterator[list[str]], lines: _Lines, header: list[str]
) -> Iterator[Row | Refusal]:
    unclosed = False
    while not unclosed:
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _LineError as refused:
            unclosed = isinstance(refused, _UnclosedRecordError)
            yield _refusal(lines, str(refused))
        except csv.Error as error:
            yield _refusal(lines, _why_not_csv(error))
        else:
            if cells:
                yield _row(cells, lines, header)


def _row(cells: list[str], lines: _Lines, header: list[str]) -> Row | Refusal:
    if len(cells) != len(header):
        return _refusal(lines, f"has {len(cells):,} cells where the header has {len(header):,}")
    return Row(lines.first, dict(zip(header, _cells(cells, lines), strict=True)))


def _cells(cells: list[str], lines: _Lines) -> list[str]:
    return [unprotect(cell) for cell in cells] if lines.has_bom else cells


def _refusal(lines: _Lines, reason: str) -> Refusal:
    swallowed = f" (lines {lines.first} to {lines.number})" if lines.number > lines.first else ""
    return Refusal(lines.first, reason + swallowed)


def _why_not_csv(error: csv.Error) -> str:
    reason = str(error)
    if "new-line character" in reason:
        return "a line ends in CR alone; save the file with LF or CRLF line ends"
    if "expected after" in reason or "unexpected end" in reason:
        return "a quote is opened and not closed properly"
    return f"not valid CSV: {reason}"
