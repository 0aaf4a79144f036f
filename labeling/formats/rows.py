"""What every reader speaks: rows, refusals, limits and the two ways a whole file can fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Format(StrEnum):
    """The file formats that rows are read from and written to."""

    JSON_LINES = "jsonl"
    JSON_ARRAY = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Kind(StrEnum):
    """What a column holds; WHOLE is for writing only, a preview says NUMBER."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    BOOLEAN = "boolean"
    TIME = "time"


class Row(NamedTuple):
    """One record; `line` is where it starts, in a JSON array or Parquet its position from 1."""

    line: int
    values: dict[str, Any]


class Refusal(NamedTuple):
    """One record that cannot be taken, and the reason a person can act on."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class FormatError(Exception):
    """The file as a whole cannot be read; the message is a sentence for the person who sent it."""

    code = "bad_file"


class FileTooComplex(FormatError):  # noqa: N818
    """Reading the file would take more memory, time or rows than one file may take."""

    code = "file_too_complex"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of us; sizes in bytes, times in seconds."""

    rows: int = 5_000_000
    line_bytes: int = 1_048_576
    record_bytes: int = 4_194_304
    depth: int = 50
    keys: int = 1_000
    columns: int = 1_000
    decoded_bytes: int = 1_073_741_824
    memory_bytes: int = 1_073_741_824
    cpu_seconds: int = 120
    stall_seconds: int = 60


DEFAULT_LIMITS = Limits()
