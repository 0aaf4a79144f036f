"""Languages that people speak: a tag such as `de` or `pt-br`, and how well."""

from __future__ import annotations

import re
from enum import StrEnum

_TAG = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$")


class Level(StrEnum):
    """How well somebody speaks a language."""

    NATIVE = "native"
    FLUENT = "fluent"
    WORKING = "working"


def parse_languages(text: str) -> dict[str, str]:
    """Languages written as `de:native en fr:working`; without a level, fluent.

    Raises ValueError with the part that is no language or no level.

    >>> parse_languages("de:native, EN")
    {'de': 'native', 'en': 'fluent'}
    """
    languages = {}
    for part in re.split(r"[\s,;|]+", text.strip().lower()):
        if not part:
            continue
        tag, _, level = part.partition(":")
        if not is_language(tag) or (level and not is_level(level)):
            raise ValueError(part)
        languages[tag] = level or Level.FLUENT.value
    return languages


def write_languages(languages: dict[str, str]) -> str:
    """The same the other way round.

    >>> write_languages({"de": "native", "en": "fluent"})
    'de:native en:fluent'
    """
    return " ".join(f"{tag}:{level}" for tag, level in sorted(languages.items()))


def is_language(tag: str) -> bool:
    return bool(_TAG.match(tag))


def is_level(level: str) -> bool:
    return level in set(Level)
