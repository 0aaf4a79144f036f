"""One JSON text to one row, or to the reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from labeling.formats.rows import Limits, Refusal, Row

ESCAPED_NUL = b"\\u0000"
POSITION = re.compile(r": line \d+ column (\d+) \(char \d+\)$")


def parse_object(text: bytes, line: int, limits: Limits) -> Row | Refusal:
    """Parse one object; of duplicate keys the last one counts, as in every JSON reader."""
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Refusal(line, _why_not_json(text, str(error)))
    if not isinstance(values, dict):
        return Refusal(line, f"must be an object in curly braces, not {_called(values)}")
    # Counting bytes is far cheaper than walking the values, and clears nearly every row.
    if text.count(b"{") + text.count(b"[") > limits.depth and _deeper_than(values, limits.depth):
        return Refusal(line, f"nested more than {limits.depth} levels deep")
    if text.count(b":") > limits.keys and _count_keys(values) > limits.keys:
        return Refusal(line, f"has more than {limits.keys:,} keys")
    if ESCAPED_NUL in text and _has_nul(values):
        return Refusal(line, "contains the NUL character (\\u0000), which cannot be stored")
    return Row(line, values)


def _why_not_json(text: bytes, error: str) -> str:
    try:
        text.decode()
    except UnicodeDecodeError as undecodable:
        return why_not_utf8(undecodable)
    if "depth limit" in error:
        return "nested too deep"
    column = POSITION.search(error)
    reason = POSITION.sub("", error)
    if "low surrogate" in reason or "surrogate" in reason:
        reason = "half of a surrogate pair, which is not a character"
    return f"not valid JSON: {reason}" + (f", at column {column[1]}" if column else "")


def why_not_utf8(error: UnicodeDecodeError) -> str:
    """Name the offending byte and its place, so that it can be found in an editor."""
    byte = error.object[error.start]
    return f"not UTF-8 (byte 0x{byte:02X} at position {error.start + 1}); save the file as UTF-8"


def _called(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _deeper_than(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    return levels == 0 or any(_deeper_than(inner, levels - 1) for inner in _inner(value))


def _count_keys(value: Any) -> int:
    own = len(value) if isinstance(value, dict) else 0
    return own + sum(_count_keys(inner) for inner in _inner(value))


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict) and any("\0" in key for key in value):
        return True
    return any(_has_nul(inner) for inner in _inner(value))


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
