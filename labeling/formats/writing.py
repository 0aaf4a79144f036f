"""The one way out: rows to JSON lines, CSV or Parquet, written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self
from uuid import uuid4

import orjson

from labeling.formats.lines import BOM
from labeling.formats.rows import Format, FormatError, Kind
from labeling.formats.spreadsheet import protect

ROW_GROUP_ROWS = 5_000
ROW_GROUP_CHARACTERS = 16_777_216


class Profile(StrEnum):
    """Who will open the CSV: a spreadsheet, which runs formulas, or a program."""

    SPREADSHEET = "spreadsheet"
    RAW = "raw"


class OutColumn(NamedTuple):
    """A column to write; its kind matters in Parquet, where columns are typed."""

    name: str
    kind: Kind = Kind.TEXT


class Written(NamedTuple):
    """What a finished file holds, for its manifest."""

    rows: int
    bytes: int
    sha256: str


class _Encoder(ABC):
    """One format's way to put rows on a stream."""

    @abstractmethod
    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put these rows after the ones before."""

    def finish(self) -> None:  # noqa: B027
        """Put what belongs after the last row."""

    def abandon(self) -> None:  # noqa: B027
        """Let go of the stream; the file will be thrown away."""


class Writer:
    """A file in the making; as a context manager it appears when its block ends well.

    `written` is there afterwards. When the block raises, nothing is left behind.
    """

    written: Written

    def __init__(self, path: Path, file_format: Format, columns: list[OutColumn], profile: Profile):
        self._path = path
        self._unfinished = path.with_name(f".{path.name[:100]}.{uuid4().hex}.part")
        self._stream = _DigestingStream(self._unfinished.open("xb"))
        self._encoder = _encoder(self._stream, file_format, columns, profile)
        self._rows = 0

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows: each a mapping by column name; a column it lacks is null."""
        some = list(rows)
        self._encoder.write(some)
        self._rows += len(some)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._encoder.abandon()
            self._stream.close()
            with suppress(FileNotFoundError):
                self._unfinished.unlink()

    def _finish(self) -> None:
        self._encoder.finish()
        self._stream.sync()
        self._stream.close()
        self._unfinished.replace(self._path)
        self.written = Written(self._rows, self._stream.size, self._stream.digest.hexdigest())


def open_writer(
    path: Path,
    file_format: Format,
    columns: Iterable[OutColumn | str],
    profile: Profile = Profile.SPREADSHEET,
) -> Writer:
    """Start a file; the profile matters for CSV only. Raises FormatError for unusable columns."""
    wanted = [OutColumn(column) if isinstance(column, str) else column for column in columns]
    names = [column.name for column in wanted]
    if not names or not all(names) or len(set(names)) != len(names):
        raise FormatError("Columns need names, each its own.")
    if file_format is Format.JSON_ARRAY:
        raise FormatError("Rows are written as JSON lines, CSV or Parquet.")
    return Writer(path, file_format, wanted, profile)


class _DigestingStream(io.RawIOBase):
    """Counts and digests what goes into a file, so that nobody has to read it again."""

    def __init__(self, stream: BinaryIO) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        self.size += len(block)
        self.digest.update(block)
        return self._stream.write(block)

    def tell(self) -> int:
        return self.size

    def sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        self._stream.close()
        super().close()


def _encoder(
    stream: _DigestingStream, file_format: Format, columns: list[OutColumn], profile: Profile
) -> _Encoder:
    if file_format is Format.PARQUET:
        return _ParquetEncoder(stream, columns)
    names = [column.name for column in columns]
    if file_format is Format.CSV:
        return _CsvEncoder(stream, names, profile)
    return _JsonLinesEncoder(stream, names)


class _JsonLinesEncoder(_Encoder):
    """One object per line with the columns in their order; structures stay structures."""

    def __init__(self, stream: _DigestingStream, names: list[str]) -> None:
        self._stream = stream
        self._names = names

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        lines = (_dumped({name: row.get(name) for name in self._names}) for row in rows)
        self._stream.write(b"".join(line + b"\n" for line in lines))


class _CsvEncoder(_Encoder):
    """RFC 4180; the spreadsheet profile protects texts and says so by a byte order mark."""

    def __init__(self, stream: _DigestingStream, names: list[str], profile: Profile) -> None:
        self._stream = stream
        self._names = names
        self._protect = profile is Profile.SPREADSHEET
        # A number cannot be a formula: protecting -0.5 would only turn it into text.
        self._as_they_are = {int, float, type(None)} | (set() if self._protect else {str})
        if self._protect:
            stream.write(BOM)
        # All quoted, so that a semicolon in a name cannot pass for the delimiter when read again.
        self._put([[self._text(name) for name in names]], csv.QUOTE_ALL)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._put(
            [
                [
                    value if type(value) in self._as_they_are else self._text(_as_text(value))
                    for value in map(row.get, self._names)
                ]
                for row in rows
            ],
            csv.QUOTE_MINIMAL,
        )

    def _put(self, rows: list[list[Any]], quoting: Any) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=quoting, lineterminator="\r\n").writerows(rows)
        self._stream.write(text.getvalue().encode())

    def _text(self, text: str) -> str:
        return protect(text) if self._protect else text


class _ParquetEncoder(_Encoder):
    """Typed columns in row groups, of which one is in memory at a time."""

    def __init__(self, stream: _DigestingStream, columns: list[OutColumn]) -> None:
        import pyarrow
        import pyarrow.parquet as pq

        types = {
            Kind.TEXT: pyarrow.string(),
            Kind.NUMBER: pyarrow.float64(),
            Kind.WHOLE: pyarrow.int64(),
            Kind.BOOLEAN: pyarrow.bool_(),
            Kind.TIME: pyarrow.timestamp("us", tz="UTC"),
        }
        self._schema = pyarrow.schema([(column.name, types[column.kind]) for column in columns])
        self._names = [column.name for column in columns]
        self._is_text = [column.kind is Kind.TEXT for column in columns]
        self._parquet = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[list[Any]] = []
        self._characters = 0

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            values = map(row.get, self._names)
            typed = [
                _as_text(value) if is_text and value is not None else value
                for is_text, value in zip(self._is_text, values, strict=True)
            ]
            self._characters += sum([len(value) for value in typed if type(value) is str])
            self._waiting.append(typed)
            if len(self._waiting) >= ROW_GROUP_ROWS or self._characters >= ROW_GROUP_CHARACTERS:
                self._write_group()

    def finish(self) -> None:
        if self._waiting:
            self._write_group()
        self._parquet.close()

    def abandon(self) -> None:
        # Closing twice is harmless; not closing would write to the closed stream when collected.
        self._parquet.close()

    def _write_group(self) -> None:
        import pyarrow

        try:
            columns = zip(*self._waiting, strict=True)
            arrays = [
                pyarrow.array(values, column.type)
                for values, column in zip(columns, self._schema, strict=True)
            ]
            table = pyarrow.Table.from_arrays(arrays, schema=self._schema)
        except (TypeError, ValueError, OverflowError) as error:
            raise FormatError(f"A value does not fit its column: {error}") from error
        self._parquet.write_table(table)
        self._waiting = []
        self._characters = 0


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return _dumped(value).decode()


def _dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise FormatError(f"A value cannot be written: {error}") from error
