"""One spelling for every JSON value, so that equal content has an equal digest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from math import isfinite
from typing import Any

import orjson

ONLY_JSON_TYPES = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class NotCanonicalError(ValueError):
    """The value has no canonical form: NaN, Infinity, a lone surrogate, or no JSON type at all."""


def canonical_json(value: Any) -> bytes:
    """Keys sorted by code point, UTF-8, no white space; raises NotCanonicalError.

    Whole numbers must fit 64 bits. Decimal numbers are spelled in the shortest form that reads back
    equal; where another program has to agree, hand them over as texts.
    """
    if not _is_finite(value):
        raise NotCanonicalError("NaN and Infinity have no canonical form")
    try:
        return orjson.dumps(value, option=ONLY_JSON_TYPES)
    except TypeError as error:
        raise NotCanonicalError(str(error)) from error


def content_digest(content: Mapping[str, str], salt: str) -> str:
    """SHA-256 of the salt, a NUL and the canonical content, in hexadecimal.

    The salt keeps a short text from being guessed out of its digest once the text itself is erased;
    canonical JSON never holds a NUL, so salt and content cannot run into each other.
    """
    return salted_digest(canonical_json(dict(content)), salt)


def salted_digest(canonical: bytes, salt: str) -> str:
    """The same for content that is canonical already."""
    return sha256(salt.encode() + b"\0" + canonical).hexdigest()


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if not isinstance(value, (dict, list, tuple)):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return all(_is_finite(inner) for inner in inside if type(inner) is not str)
