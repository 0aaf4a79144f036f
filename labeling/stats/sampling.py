"""Draws of items with their inclusion probabilities, and how large a draw has to be.

A draw depends on the keys and the random generator only: keys and strata are sorted first, so
the same seed gives the same draw in whatever order a database presents the items.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from labeling.stats.estimate import LEVEL, wilson


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item of a draw: its stratum, and how probable it was to be drawn, n_h / N_h."""

    key: str
    stratum: str
    probability: float

    @property
    def weight(self) -> float:
        """How many items of the population it stands for."""
        return 1 / self.probability


def simple(keys: Iterable[str], size: int, rng: Random, *, stratum: str = "") -> list[Drawn]:
    """A simple random draw without replacement; all of them where there are no more than size.

    keys: stable and distinct (external ids), in any order. ValueError for a negative size.

    >>> [drawn.probability for drawn in simple(["c", "a", "b", "d"], 2, Random(7))]
    [0.5, 0.5]
    >>> simple(["c", "a", "b"], 2, Random(7)) == simple(["a", "b", "c"], 2, Random(7))
    True
    """
    if size < 0:
        raise ValueError(f"a draw of {size} items is not possible")
    population = sorted(keys)
    taken = min(size, len(population))
    drawn = rng.sample(population, taken)
    return [Drawn(key, stratum, taken / len(population)) for key in drawn]


def stratified(
    strata: Mapping[str, Iterable[str]], sizes: Mapping[str, int], rng: Random
) -> list[Drawn]:
    """A simple random draw from each stratum, of the size given for it, none where none is given.

    ValueError for the size of a stratum that is not there.

    >>> drawn = stratified({"en": ["a", "b"], "es": ["c"]}, {"en": 1, "es": 1}, Random(7))
    >>> [(item.stratum, item.probability) for item in drawn]
    [('en', 0.5), ('es', 1.0)]
    """
    _refuse_unknown(strata, sizes)
    return [
        drawn
        for name in sorted(strata)
        for drawn in simple(strata[name], sizes.get(name, 0), rng, stratum=name)
    ]


def proportional(populations: Mapping[str, int], size: int) -> dict[str, int]:
    """Sizes in proportion to the strata, by largest remainder, one at least while that goes.

    >>> proportional({"en": 900, "es": 95, "nb": 5}, 100)
    {'en': 89, 'es': 10, 'nb': 1}
    """
    total = sum(populations.values())
    size = min(size, total)
    if not size:
        return dict.fromkeys(populations, 0)
    exact = {name: size * n / total for name, n in populations.items()}
    sizes = {name: math.floor(share) for name, share in exact.items()}
    by_remainder = sorted(populations, key=lambda name: (sizes[name] - exact[name], name))
    for name in by_remainder[: size - sum(sizes.values())]:
        sizes[name] += 1
    return _at_least_one(sizes, populations)


def equal(populations: Mapping[str, int], size: int) -> dict[str, int]:
    """The same size for every stratum; what a small one lacks goes to the others.

    >>> equal({"en": 900, "es": 95, "nb": 5}, 90)
    {'en': 43, 'es': 42, 'nb': 5}
    """
    sizes = dict.fromkeys(populations, 0)
    left = min(size, sum(populations.values()))
    largest_first = sorted(populations, key=lambda name: (populations[name], name), reverse=True)
    while largest_first:
        name = largest_first.pop()
        sizes[name] = min(populations[name], left // (len(largest_first) + 1))
        left -= sizes[name]
    return sizes


def given(populations: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """The sizes that were asked for, at most what each stratum has.

    ValueError for a stratum that is not there and for a negative size.

    >>> given({"en": 900, "nb": 5}, {"en": 50, "nb": 50})
    {'en': 50, 'nb': 5}
    """
    _refuse_unknown(populations, wanted)
    for name, size in wanted.items():
        if size < 0:
            raise ValueError(f"a draw of {size} items from {name!r} is not possible")
    return {name: min(n, wanted.get(name, 0)) for name, n in populations.items()}


def size_at_rate(population: int, rate: float) -> int:
    """How many items a rate is, rounded, one at least where there is something to draw.

    ValueError for a rate that is not above 0 and at most 1.

    >>> size_at_rate(1250, 0.1), size_at_rate(7, 0.01), size_at_rate(0, 0.5)
    (125, 1, 0)
    """
    if not 0 < rate <= 1:
        raise ValueError(f"a rate lies above 0 and is at most 1, unlike {rate}")
    return min(population, max(1, round(population * rate)))


def size_for_precision(
    half_width: float,
    *,
    expected: float = 0.5,
    population: int | None = None,
    level: float = LEVEL,
) -> int:
    """The smallest simple sample whose Wilson interval reaches no further than half_width.

    expected: the share one expects; 0.5 is the worst case. population: of a finite one fewer
    are needed, n / (1 + (n - 1) / N). ValueError for a half_width not between 0 and 0.5.

    >>> size_for_precision(0.05), size_for_precision(0.05, population=1000)
    (381, 277)
    >>> size_for_precision(0.02, expected=0.05)
    469
    """
    if not 0 < half_width < 0.5:
        raise ValueError(f"a precision lies between 0 and 0.5, not at {half_width}")
    if not 0 <= expected <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {expected}")
    size = _smallest(lambda n: _half_width(expected, n, level) <= half_width)
    return size if population is None else _of_finite(size, population)


def _at_least_one(sizes: dict[str, int], populations: Mapping[str, int]) -> dict[str, int]:
    """Take from the largest what an empty-handed stratum needs, while somebody has two."""
    for name in sorted(name for name, size in sizes.items() if not size and populations[name]):
        largest = max(sorted(sizes), key=lambda each: sizes[each])
        if sizes[largest] < 2:
            break
        sizes[largest] -= 1
        sizes[name] += 1
    return sizes


def _smallest(enough: Callable[[int], bool]) -> int:
    """The smallest n from 1 that is enough, where every larger one is too."""
    low, high = 0, 1
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _half_width(expected: float, n: int, level: float) -> float:
    low, high = wilson(expected, n, level)
    return (high - low) / 2


def _of_finite(size: int, population: int) -> int:
    return min(population, math.ceil(size / (1 + (size - 1) / max(population, 1))))


def _refuse_unknown(strata: Mapping[str, object], sizes: Mapping[str, int]) -> None:
    for name in sizes:
        if name not in strata:
            raise ValueError(f"there is no stratum {name!r}")
