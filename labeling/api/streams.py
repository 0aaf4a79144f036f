"""Bodies that are too large to hold: handed on unread, and written to a file piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers


class JSONRows(parsers.BaseParser):
    """A JSON array of rows, left to be read row by row."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return stream


class JSONLines(JSONRows):
    """One JSON object a line."""

    media_type = "application/x-ndjson"
