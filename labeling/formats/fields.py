"""The typed fields of an item: each takes a plain value and returns it clean, or says why not."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from math import copysign
from typing import Any

from labeling.formats.canonical import NotCanonicalError, canonical_json
from labeling.formats.lines import size_in_words

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
IDENTIFIER_CHARACTERS = 200
VERSION_CHARACTERS = 100
ATTRIBUTE_CHARACTERS = 500
TEXT_BYTES = 1_048_576
STRUCTURE_BYTES = 10_000
EARLIEST, LATEST = 1970, 2199
FARTHEST_ZONE = timedelta(hours=14)
WIDEST_WHOLE_NUMBER = 2**63


class UnfitError(ValueError):
    """A value that its field cannot take; the message says why, without the column's name."""


def version_name(value: Any) -> str:
    """A model version's name: like an id, at most 100 characters."""
    return identifier(value, VERSION_CHARACTERS)


def identifier(value: Any, longest: int = IDENTIFIER_CHARACTERS) -> str:
    """An id: trimmed, in Unicode's composed form (NFC), at most `longest` visible characters."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise UnfitError(f"must be a text or a whole number, not {_called(value)}")
    text = unicodedata.normalize("NFC", value.strip())
    if not text:
        raise UnfitError("is empty")
    if len(text) > longest:
        raise UnfitError(f"is longer than {longest} characters")
    if not text.isprintable():
        hidden = next(character for character in text if not character.isprintable())
        raise UnfitError(f"holds a control or invisible character (U+{ord(hidden):04X})")
    return text


def content_text(value: Any) -> str:
    """A content field, exactly as sent; numbers and booleans become text, null is empty."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _scalar_text(value)
    # No character takes more than four bytes: most texts need not be encoded to be measured.
    if len(text) * 4 > TEXT_BYTES and len(text.encode()) > TEXT_BYTES:
        raise UnfitError(f"is longer than {size_in_words(TEXT_BYTES)}")
    return text


def attribute_text(value: Any) -> str:
    """An attribute as text: true and false in lower case, numbers as they were written in JSON."""
    text = value if isinstance(value, str) else _scalar_text(value)
    if len(text) > ATTRIBUTE_CHARACTERS:
        raise UnfitError(f"is longer than {ATTRIBUTE_CHARACTERS} characters")
    return text


def prediction(value: Any) -> Any:
    """What the model answered: a text, a number, a boolean, or a short structure."""
    if isinstance(value, str):
        return content_text(value)
    _refuse_wide_numbers(value)
    try:
        size = len(canonical_json(value))
    except NotCanonicalError as error:
        raise UnfitError(f"cannot be stored: {error}") from None
    if size > STRUCTURE_BYTES:
        raise UnfitError(f"is a structure of more than {size_in_words(STRUCTURE_BYTES)}")
    return value


def confidence(value: Any) -> float:
    """A number from 0 to 1; minus zero is refused, since it hides a sign that somebody lost."""
    if isinstance(value, str):
        if not NUMBER.fullmatch(value.strip()):
            raise UnfitError(f"must be a number from 0 to 1, not {_quoted(value)}")
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnfitError(f"must be a number from 0 to 1, not {_called(value)}")
    if not 0 <= value <= 1 or copysign(1, value) < 0:
        raise UnfitError(f"must be from 0 to 1, not {value}")
    return float(value)


def moment(value: Any) -> datetime:
    """An ISO 8601 date or time, in UTC afterwards; one without a zone is taken to be in UTC."""
    if not isinstance(value, str):
        raise UnfitError(
            f"must be an ISO 8601 time such as 2026-09-07T08:30:00Z, not {_called(value)}"
        )
    text = value.strip()
    if not TIME.fullmatch(text):
        raise UnfitError(
            f"must be an ISO 8601 time such as 2026-09-07T08:30:00Z, not {_quoted(text)}"
        )
    if not EARLIEST <= int(text[:4]) <= LATEST:
        raise UnfitError(f"is in the year {text[:4]}; times from {EARLIEST} to {LATEST} are taken")
    if text[16:19] == ":60":
        raise UnfitError("is a leap second, which cannot be stored; use second 59")
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise UnfitError(f"is no time on the calendar: {_quoted(text)}") from None
    return _in_utc(parsed)


def _in_utc(parsed: datetime) -> datetime:
    zone = parsed.utcoffset()
    if zone is None:
        return parsed.replace(tzinfo=UTC)
    if abs(zone) > FARTHEST_ZONE:
        raise UnfitError("has a zone more than 14 hours from UTC")
    return parsed.astimezone(UTC)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (int, float)):
        raise UnfitError(f"must be a text, a number or a boolean, not {_called(value)}")
    _refuse_wide_numbers(value)
    return str(value)


def _refuse_wide_numbers(value: Any) -> None:
    """A whole number above 64 bits was read as another number; better refused than changed."""
    if isinstance(value, float) and abs(value) >= WIDEST_WHOLE_NUMBER and value.is_integer():
        raise UnfitError("is a whole number of more than 64 bits; send it as a text")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _refuse_wide_numbers(inner)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _called(value: Any) -> str:
    names = {dict: "a structure", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
