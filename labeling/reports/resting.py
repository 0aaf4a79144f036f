"""What other apps have built on the answers under a rubric version, for who is about to change it.

This app knows the question only: an app that builds on answers registers its own when Django is
ready, as it does with its kinds of job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from labeling.models import RubricVersion, Ruling


@dataclass(frozen=True)
class Resting:
    """One thing that rests on answers under a version: a set version, and how many it took."""

    name: str
    path: str
    answers: int


#: The things that rest on these rulings, those with the most first.
Listing = Callable[[QuerySet[Ruling]], Sequence[Resting]]
#: How many different things rest on the rulings that each condition holds for.
Counting = Callable[[QuerySet[Ruling], Mapping[str, Q]], Mapping[str, int]]

_registered: list[tuple[Listing, Counting]] = []


def rests_on_rulings(listing: Listing, counting: Counting) -> None:
    """Register how to find what rests on rulings, by name and by number."""
    _registered.append((listing, counting))


def resting_on(version: RubricVersion) -> list[Resting]:
    """Everything that rests on answers under a version, whatever has superseded them since."""
    return [row for listing, _counting in _registered for row in listing(rulings_under(version))]


def counts_of(version: RubricVersion, wanted: Mapping[str, Q]) -> dict[str, int]:
    """How many things rest on the rulings under a version that each condition holds for."""
    counts = dict.fromkeys(wanted, 0)
    for _listing, counting in _registered:
        for name, count in counting(rulings_under(version), wanted).items():
            counts[name] += count
    return counts


def rulings_under(version: RubricVersion) -> QuerySet[Ruling]:
    return Ruling.objects.filter(adjudication__rubric_version=version)
