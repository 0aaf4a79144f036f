"""Which keys have moved between two versions of the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: So many options of a question have a digit of their own.
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Moved:
    """An option of a question that is answered by another digit; empty: it had none."""

    criterion: str
    option: str
    then: str
    now: str


def moved_keys(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> list[Moved]:
    """The options, by criterion in the order shown, whose digit is another one now.

    >>> moved_keys({"topic": ["refund", "other"]}, {"topic": ["refund", "delivery", "other"]})
    [Moved(criterion='topic', option='other', then='2', now='3')]
    """
    return [
        Moved(criterion, option, _digit(before[criterion].index(option)), _digit(place))
        for criterion, options in after.items()
        for place, option in enumerate(options[:DIGITS])
        if option in before.get(criterion, ()) and before[criterion].index(option) != place
    ]


def _digit(place: int) -> str:
    return str(place + 1) if place < DIGITS else ""
