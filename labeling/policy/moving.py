"""What becomes of a queue's tasks when it goes on under a later version of its rubric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """Where a task goes."""

    UNTOUCHED = "untouched"
    SEEN = "seen"
    VOTES = "votes"
    AT_WORK = "at_work"


@dataclass(frozen=True)
class Counts:
    """How many undecided tasks of a queue meet which fate, and how many are decided already."""

    untouched: int = 0
    seen: int = 0
    votes: int = 0
    at_work: int = 0
    decided: int = 0

    @property
    def moving(self) -> int:
        """Tasks that nobody has judged: they are asked under the later version."""
        return self.untouched + self.seen

    @property
    def undecided(self) -> int:
        return self.moving + self.votes + self.at_work

    def leaving(self, *, restart: bool) -> int:
        """Tasks that the later version asks, with or without those that have votes."""
        return self.moving + (self.votes if restart else 0)

    def staying(self, *, restart: bool) -> int:
        """Tasks that are finished under the version that they were begun under."""
        return self.at_work + (0 if restart else self.votes)


def fate(*, at_work: bool, votes: bool, seen: bool) -> Fate:
    """What becomes of an undecided task.

    at_work: somebody has it on the screen, or decides about it. votes: somebody has judged it.
    seen: it was offered to somebody, whose browser may still hold it: their old key must not open
    the same task under other questions, so its item is asked in a task of its own.

    >>> fate(at_work=True, votes=True, seen=True), fate(at_work=False, votes=False, seen=False)
    (<Fate.AT_WORK: 'at_work'>, <Fate.UNTOUCHED: 'untouched'>)
    """
    if at_work:
        return Fate.AT_WORK
    if votes:
        return Fate.VOTES
    return Fate.SEEN if seen else Fate.UNTOUCHED


def counted(groups: Iterable[tuple[bool, bool, bool, int]], decided: int) -> Counts:
    """Counts from groups of undecided tasks: at work, with votes, seen, and how many those are."""
    numbers: dict[str, int] = dict.fromkeys(Fate, 0)
    for at_work, votes, seen, count in groups:
        numbers[fate(at_work=at_work, votes=votes, seen=seen)] += count
    return Counts(**{str(name): count for name, count in numbers.items()}, decided=decided)
