"""Rows from JSON lines and from one JSON array, without holding the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from labeling.formats.json_values import parse_object
from labeling.formats.lines import BOM, BoundedLines, size_in_words
from labeling.formats.rows import FormatError, Limits, Refusal, Row

CHUNK_BYTES = 262_144
# Possessive quantifiers keep the three linear whatever the bytes are.
NO_STRUCTURE = re.compile(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
NO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


def read_json_lines(stream: BinaryIO, limits: Limits) -> Iterator[Row | Refusal]:
    """One object per line; empty lines are skipped."""
    too_long = f"longer than {size_in_words(limits.line_bytes)}"
    for number, text in BoundedLines(stream, limits.line_bytes):
        if text is None:
            yield Refusal(number, too_long)
        elif text.strip():
            yield parse_object(text, number, limits)


def read_json_array(stream: BinaryIO, limits: Limits) -> Iterator[Row | Refusal]:
    """The objects of one top-level array; their line is their position in it."""
    splitter = ArraySplitter(limits.line_bytes)
    chunk = stream.read(CHUNK_BYTES).removeprefix(BOM).lstrip()
    if not chunk.startswith(b"["):
        raise FormatError("This is not a JSON array: it does not start with “[”.")
    chunk = chunk[1:]
    while chunk:
        for position, element in splitter.feed(chunk):
            yield _array_row(element, position, limits)
        chunk = stream.read(CHUNK_BYTES)
    if trouble := splitter.trouble():
        yield Refusal(splitter.position + 1, trouble)


def _array_row(element: bytes | None, position: int, limits: Limits) -> Row | Refusal:
    if element is None:
        return Refusal(position, f"longer than {size_in_words(limits.line_bytes)}")
    if not element:
        return Refusal(position, "nothing between two commas")
    return parse_object(element, position, limits)


class ArraySplitter:
    """Cuts the elements out of an array by its brackets and strings alone, chunk by chunk.

    It holds one element at most, and of one above the limit nothing: only where it ends matters.
    """

    def __init__(self, limit: int) -> None:
        self.position = 0
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._depth = 1
        self._in_string = False
        self._oversize = False
        self._trailing = False

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Position and bytes of each element this chunk completes; None where it was too long."""
        if not self._depth:
            self._trailing = self._trailing or bool(chunk.strip())
            return
        self._buffer += chunk
        start = 0
        while self._depth and (mark := self._next_mark()):
            if self._ends_element(mark):
                element = self._cut(start)
                start = self._at
                if element != b"" or mark == b"," or self.position:
                    self.position += 1
                    yield self.position, element
        self._keep_from(start)

    def trouble(self) -> str:
        """What is wrong with how the array ends, if anything."""
        if self._depth:
            return "the file ends inside the array, “]” is missing"
        return "there is text after the end of the array" if self._trailing else ""

    def _next_mark(self) -> bytes:
        if self._in_string and not self._finish_string():
            return b""
        self._skip(NO_STRUCTURE if self._depth == 1 else NO_BRACKET)
        mark = self._buffer[self._at : self._at + 1]
        self._at += len(mark)
        # Whole strings were skipped: a quote left over opens one that ends in a later chunk.
        if mark == b'"':
            self._finish_string()
            return b""
        return mark

    def _finish_string(self) -> bool:
        self._skip(STRING_REST)
        # What stopped it is a quote, the end, or an escape whose second half is yet to come.
        self._in_string = self._buffer[self._at : self._at + 1] != b'"'
        self._at += not self._in_string
        return not self._in_string

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        matched = pattern.match(self._buffer, self._at)
        assert matched is not None
        self._at = matched.end()

    def _ends_element(self, mark: bytes) -> bool:
        if mark in b"[{":
            self._depth += 1
        elif mark in b"]}":
            self._depth -= 1
            self._trailing = self._depth == 0 and mark == b"}"
            return self._depth == 0
        return mark == b"," and self._depth == 1

    def _cut(self, start: int) -> bytes | None:
        element = self._buffer[start : self._at - 1].strip()
        oversize = self._oversize or len(element) > self._limit
        self._oversize = False
        return None if oversize else element

    def _keep_from(self, start: int) -> None:
        if not self._depth:
            self._trailing = self._trailing or bool(self._buffer[self._at :].strip())
            self._buffer = b""
            return
        if len(self._buffer) - start > self._limit:
            self._oversize, start = True, self._at
        self._buffer = self._buffer[start:]
        self._at -= start
