"""What every part of a rubric document is checked by: its fields, its keys, its texts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from labeling.policy.values import NONE_OF_THESE

KINDS_WITH_OPTIONS = ("single_choice", "several_choices", "ordinal", "spans")
OPTIONS_LIMIT = 200
PROMPT_LIMIT, HELP_LIMIT, LABEL_LIMIT, DESCRIPTION_LIMIT = 500, 20_000, 200, 2_000
USE_LIMIT = 500
KEY = re.compile(r"^[a-z0-9][a-z0-9_-]{0,59}\Z")
#: Format characters, controls, and the two separators that break a line unseen.
INVISIBLE = {"Cc", "Cf", "Zl", "Zp"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rubric document, and where: `criteria.2.options.0.label`."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def unknown_fields(where: str, given: dict[str, Any], known: set[str]) -> list[Problem]:
    return [
        Problem(f"{where}.{str(name)[:60]}", "is an unknown field")
        for name in given
        if name not in known
    ]


def twice(where: str, rows: list[Any]) -> list[Problem]:
    counts = Counter(str(row.get("key")) for row in rows if isinstance(row, dict))
    repeated = sorted(key for key, count in counts.items() if count > 1)
    return [Problem(where, f"the key {key[:60]!r} is used twice") for key in repeated]


def key_problems(where: str, key: Any) -> list[Problem]:
    if isinstance(key, str) and KEY.match(key):
        return []
    return [Problem(where, "use 1 to 60 of a-z, 0-9, - and _, beginning with a letter or digit")]


def label_key_problems(where: str, key: Any) -> list[Problem]:
    """What keeps a key from naming a label: one is kept for the answer that none fits."""
    if key == NONE_OF_THESE:
        return [Problem(where, f"{NONE_OF_THESE} is kept for “none of these”")]
    return key_problems(where, key)


def one_of(where: str, value: Any, allowed: tuple[str, ...]) -> list[Problem]:
    return [] if value in allowed else [Problem(where, f"must be one of {', '.join(allowed)}")]


def text_problems(
    where: str, value: Any, *, limit: int, required: bool = False, plain: bool = False
) -> list[Problem]:
    """Text within its limit; plain text is shown on buttons and may not steer the writing."""
    if not isinstance(value, str) or (required and not value.strip()):
        return [Problem(where, "is missing" if required and not value else "must be text")]
    if len(value) > limit:
        return [Problem(where, f"has more than {limit:,} characters")]
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return [Problem(where, "contains a character that cannot be stored")]
    if plain and any(unicodedata.category(character) in INVISIBLE for character in value):
        return [Problem(where, "contains an invisible or control character")]
    return []
