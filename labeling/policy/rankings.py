"""A ranking of outputs: the best first, each place a letter, or several that share it.

Kept as a JSON list, `["b","a=c"]`: b is best, a and c share the place after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

RANKING = "ranking"
#: Between outputs that share a place.
TIED = "="
FEWEST, MOST = 2, 5


def letters_of(terms: Mapping[str, Any]) -> tuple[str, ...]:
    """The outputs that are ranked, by their letters.

    >>> letters_of({"outputs": 3}), letters_of({})
    (('a', 'b', 'c'), ('a', 'b'))
    """
    return tuple(ascii_lowercase[: terms.get("outputs", FEWEST)])


def places_in(value: str) -> list[list[str]] | None:
    """The letters of each place, the best first; None for what is no ranking at all.

    >>> places_in('["b","c=a"]'), places_in("b > a"), places_in('[["b"]]')
    ([['b'], ['a', 'c']], None, None)
    """
    if not value.lstrip().startswith("["):
        return None
    try:
        places = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(place, str) for place in places):
        return None
    return [sorted(letter.strip() for letter in place.split(TIED)) for place in places]


def as_ranking(places: Sequence[Sequence[str]]) -> str:
    """Places as the one text that equal rankings have.

    >>> as_ranking([["b"], ["c", "a"]])
    '["b","a=c"]'
    """
    return json.dumps([TIED.join(sorted(place)) for place in places], separators=(",", ":"))


def by_number(numbers: Mapping[str, int]) -> str:
    """The ranking in which each letter has a number; equal numbers share a place.

    >>> by_number({"a": 2, "b": 1, "c": 2})
    '["b","a=c"]'
    """
    wanted = sorted(set(numbers.values()))
    return as_ranking([[one for one in numbers if numbers[one] == place] for place in wanted])


def numbers_in(value: str) -> dict[str, int]:
    """The number of each letter's place, from 1; nothing for what is no ranking.

    >>> numbers_in('["b","a=c"]')
    {'b': 1, 'a': 2, 'c': 2}
    """
    places = places_in(value) or []
    return {letter: number for number, place in enumerate(places, start=1) for letter in place}


def is_whole(places: Sequence[Sequence[str]], letters: Sequence[str]) -> bool:
    """Whether every output has exactly one place."""
    return sorted(letter for place in places for letter in place) == sorted(letters)


def has_ties(places: Sequence[Sequence[str]]) -> bool:
    """Whether outputs share a place."""
    return any(len(place) > 1 for place in places)


def in_words(value: str) -> str:
    """A ranking as people write it.

    >>> in_words('["b","a=c"]')
    'B > A = C'
    """
    places = places_in(value)
    if places is None:
        return value
    return " > ".join(f" {TIED} ".join(place).upper() for place in places)
