"""The one way in: rows of any format, one by one or in chunks, within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from labeling.formats.csv_files import read_csv
from labeling.formats.json_files import read_json_array, read_json_lines
from labeling.formats.parquet_files import read_parquet
from labeling.formats.rows import DEFAULT_LIMITS, FileTooComplex, Format, Limits, Refusal, Row

BUFFER_BYTES = 1_048_576
CHUNK_ROWS = 1_000
TEXT_READERS: dict[Format, Callable[[BinaryIO, Limits], Iterator[Row | Refusal]]] = {
    Format.JSON_LINES: read_json_lines,
    Format.JSON_ARRAY: read_json_array,
    Format.CSV: read_csv,
}


def read_rows(
    path: Path, file_format: Format, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Row | Refusal]:
    """Every record of the file as a Row or a Refusal, in order, with flat memory.

    Raises FormatError where the file as a whole cannot be read, and FileTooComplex past a limit;
    both can come after rows have been read.
    """
    for count, row in enumerate(_read(path, file_format, limits)):
        if count >= limits.rows:
            raise FileTooComplex(f"The file has more than {limits.rows:,} rows.")
        yield row


def read_chunks(
    path: Path, file_format: Format, limits: Limits = DEFAULT_LIMITS, size: int = CHUNK_ROWS
) -> Iterator[list[Row | Refusal]]:
    """The same as `read_rows` in lists of up to `size`, for callers that store in bulk."""
    rows = read_rows(path, file_format, limits)
    while chunk := list(islice(rows, size)):
        yield chunk


def _read(path: Path, file_format: Format, limits: Limits) -> Iterator[Row | Refusal]:
    if file_format is Format.PARQUET:
        yield from read_parquet(path, limits)
        return
    with path.open("rb", buffering=BUFFER_BYTES) as stream:
        yield from TEXT_READERS[file_format](stream, limits)
