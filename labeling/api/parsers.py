"""Strict JSON: no duplicate keys, no NaN, no NUL, no lone surrogates, bounded depth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions, parsers

DEPTH_LIMIT = 50


class StrictJSONParser(parsers.JSONParser):
    """JSON as the standard means it; whatever the database could not keep is refused here."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return loads(_bounded_body(stream).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise exceptions.ParseError("The body is not UTF-8.") from error
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error}") from error


def _bounded_body(stream: IO[Any]) -> bytes:
    """DRF reads past Django's own limit, so the limit is kept here."""
    limit = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def loads(text: str) -> Any:
    """Parse one strict JSON document; ValueError says what is wrong."""
    if text.count("[") + text.count("{") > DEPTH_LIMIT and _depth(text) > DEPTH_LIMIT:
        raise ValueError(f"nested more than {DEPTH_LIMIT} levels deep")
    if "\\u0000" in text or "\x00" in text:
        raise ValueError("it contains a NUL character")
    document = json.loads(
        text,
        object_pairs_hook=_once_each,
        parse_constant=_not_finite,
        parse_float=_finite,
        parse_int=_bounded,
    )
    try:
        text.encode("utf-8")
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it contains a lone surrogate") from error
    return document


def _depth(text: str) -> int:
    """How deeply brackets nest, strings left out."""
    depth = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:60]!r} is there twice")
    return document


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def _bounded(digits: str) -> int:
    if len(digits) > 19:
        raise ValueError("a whole number has too many digits")
    return int(digits)
