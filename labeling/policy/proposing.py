"""The label that somebody misses among those to choose from: how it is written, which are one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from labeling.policy.rubric_parts import INVISIBLE
from labeling.policy.values import NONE_OF_THESE, keys_in

LIMIT = 120


def tidy(text: str) -> str:
    """A label as somebody means it: no space around it, one between words, nothing unseen.

    >>> tidy("  gift\\u200b \\t card ")
    'gift card'
    """
    seen = (
        character if unicodedata.category(character) not in INVISIBLE else " " * character.isspace()
        for character in text
    )
    return " ".join("".join(seen).split())


def same(label: str) -> str:
    """What two spellings of one label have in common.

    >>> same("Gift  Card") == same("gift card")
    True
    """
    return unicodedata.normalize("NFKC", tidy(label)).casefold()


def is_none(value: str | None) -> bool:
    """Whether an answer says that no label fits, and nothing beside it.

    >>> is_none("none_of_these"), is_none('["none_of_these"]'), is_none("refund"), is_none(None)
    (True, True, False, False)
    """
    return bool(value) and keys_in(value or "") == (NONE_OF_THESE,)


def missed(answers: Mapping[str, str | None], proposed: Mapping[str, str]) -> dict[str, str]:
    """The labels proposed with the answers that no label fits; others are left from before."""
    tidied = {key: tidy(proposed.get(key, "")) for key, value in answers.items() if is_none(value)}
    return {key: label for key, label in tidied.items() if label}


def too_long(labels: Mapping[str, str]) -> Iterable[str]:
    """The criteria whose proposed label has no room."""
    return [key for key, label in labels.items() if len(label) > LIMIT]
