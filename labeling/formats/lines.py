"""Lines of a byte stream, none of which can take more memory than the limit."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

BOM = b"\xef\xbb\xbf"
DISCARD_BYTES = 65_536


class Line(NamedTuple):
    """A physical line with its number from 1; `text` is None where it was longer than the limit."""

    number: int
    text: bytes | None


class BoundedLines:
    """Iterates over lines that end in LF, skipping a leading byte order mark."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self.number = 0
        self.has_bom = False
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> BoundedLines:
        return self

    def __next__(self) -> Line:
        text = self._stream.readline(self._limit + 1)
        if not text:
            raise StopIteration
        self.number += 1
        if self.number == 1 and text.startswith(BOM):
            self.has_bom = True
            text = text[len(BOM) :]
        if len(text) > self._limit and not text.endswith(b"\n"):
            self._discard_rest()
            return Line(self.number, None)
        return Line(self.number, text)

    def _discard_rest(self) -> None:
        while (part := self._stream.readline(DISCARD_BYTES)) and not part.endswith(b"\n"):
            pass


def size_in_words(size: int) -> str:
    """A limit as a person would say it, 1048576 as "1 MB"."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
