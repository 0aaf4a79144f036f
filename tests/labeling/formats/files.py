"""Files with exactly these bytes, and what reading them gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labeling.formats.reading import read_rows
from labeling.formats.rows import DEFAULT_LIMITS, Format, Limits, Refusal, Row


def make_file(folder: Path, content: bytes | str, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    folder: Path, content: bytes | str, file_format: Format, limits: Limits = DEFAULT_LIMITS
) -> list[Row | Refusal]:
    return list(read_rows(make_file(folder, content), file_format, limits))


def only_rows(rows: Iterable[Row | Refusal]) -> list[Row]:
    return [row for row in rows if isinstance(row, Row)]


def values(rows: list[Row | Refusal]) -> list[dict[str, Any]]:
    return [row.values for row in only_rows(rows)]


def reasons(rows: list[Row | Refusal]) -> list[str]:
    return [str(row) for row in rows if isinstance(row, Refusal)]
