"""How often people agree, and how much more than by chance: percent agreement and alpha."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.stats.distances import Distance, Matrix, agreement_weights, nominal
from labeling.stats.estimate import (
    LEVEL,
    Estimate,
    Reason,
    effective_share_n,
    undefined,
    wilson,
)
from labeling.stats.intervals import Jackknife, coefficient_interval, why_not

Counts = NDArray[np.integer[Any]]
Places = NDArray[np.intp]

ROUNDING = 1e-9  # of the whole; less than this is nothing


def count(items: ArrayLike, values: ArrayLike, size: int, n_items: int | None = None) -> Counts:
    """How often each item got each value: (items, values) from one row per answer.

    items: (answers,) codes from 0; values: (answers,) codes below ``size``, or negative for an
    answer that is missing ("cannot tell"). n_items: where not every item was answered.
    ValueError for a value that is not below ``size``.

    >>> count([0, 0, 1, 1, 1], [0, 0, 1, 0, -1], size=2).tolist()
    [[2, 0], [1, 1]]
    """
    item, value = np.asarray(items, dtype=np.int64), np.asarray(values, dtype=np.int64)
    if value.max(initial=-1) >= size:
        raise ValueError(f"value {value.max()} is not one of {size} values")
    rows = int(item.max(initial=-1)) + 1 if n_items is None else n_items
    given = value >= 0
    cells = np.zeros(rows * size, dtype=np.int32)
    np.add.at(cells, item[given] * size + value[given], np.int32(1))  # a plain 1 is 20x slower
    return cells.reshape(rows, size)


def comparable(counts: Counts) -> Counts:
    """The items with two answers or more; the others say nothing about agreement.

    >>> comparable(np.array([[2, 0], [0, 1]])).tolist()
    [[2, 0]]
    """
    answers = counts.sum(axis=1)
    return counts if (answers >= 2).all() else np.asarray(counts[answers >= 2])


def collapse(counts: Counts) -> tuple[Counts, Matrix]:
    """The distinct patterns of answers and how many items have each.

    Patterns that do not fit into one integer (large taxonomies) are left as they are.

    >>> patterns, times = collapse(np.array([[2, 0], [1, 1], [2, 0]]))
    >>> patterns.tolist(), times.tolist()
    ([[1, 1], [2, 0]], [1.0, 2.0])
    """
    base = int(counts.max(initial=0)) + 1
    if base ** counts.shape[1] > np.iinfo(np.int64).max:
        return counts, np.ones(len(counts))
    keys = counts @ (base ** np.arange(counts.shape[1] - 1, -1, -1, dtype=np.int64))
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    return counts[first], times.astype(np.float64)


def totals_of(patterns: Counts, times: Matrix) -> Matrix:
    """(values,) how often each value was given."""
    return np.asarray(np.einsum("u,uk->k", times, patterns))


def percent_agreement(
    counts: Counts, distance: Distance = nominal, *, level: float = LEVEL
) -> Estimate:
    """The share of pairs of answers to the same item that agree, every item alike.

    counts: (items, values). With a distance other than nominal, near misses count in part.
    Wilson's interval at the n that has the variance seen between items.

    Gwet, Handbook of Inter-Rater Reliability (4th ed., 2014), section 2.5.

    >>> percent_agreement(np.array([[2, 0], [1, 1], [0, 3], [1, 0]])).value.__round__(3)
    0.667
    """
    patterns, times = collapse(comparable(counts))
    n = int(times.sum())
    if n == 0:
        return undefined(Reason.NOTHING_COUNTED, level=level, method="Wilson")
    agreed = pattern_agreement(patterns, agreement_weights(distance, totals_of(patterns, times)))
    value = float(times @ agreed / n)
    variance = float(times @ (agreed - value) ** 2) / n**2
    answers = float(times @ patterns.sum(axis=1))
    effective = effective_share_n(value, variance, answers - n, float(n))
    low, high = wilson(value, effective, level)
    return Estimate(value, low, high, n, effective, level, "Wilson")


def pattern_agreement(patterns: Counts, weights: Matrix) -> Matrix:
    """(patterns,) the share of pairs of answers in each pattern that agree."""
    sizes = patterns.sum(axis=1)
    return np.asarray((_squares(patterns, weights) - sizes) / (sizes * (sizes - 1)))


def alpha(counts: Counts, distance: Distance = nominal) -> float:
    """Krippendorff's alpha, 1 - D_observed / D_expected.

    counts: (items, values) how often each item got each value; items with fewer than two
    answers are ignored. NaN where every answer is the same: there is then no disagreement to
    expect; and for fewer than two items.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).

    >>> round(alpha(np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2], [1, 1, 0]])), 3)
    0.667
    """
    sums = _Sums.of(counts, distance)
    return sums.alpha if sums.expected and sums.items > 1 else math.nan


def alpha_estimate(
    counts: Counts, distance: Distance = nominal, *, level: float = LEVEL
) -> Estimate:
    """Krippendorff's alpha with its interval (see `coefficient_interval`).

    counts: (items, values). Undefined, with the reason, for fewer than two items and where
    every answer is the same. A distance that depends on the totals is held as it was seen.

    >>> seen = alpha_estimate(np.array([[2, 0], [0, 2]] * 20))
    >>> seen.value, round(seen.low, 2), seen.high
    (1.0, 0.8, 1.0)
    """
    method = "alpha, jackknife"
    sums = _Sums.of(counts, distance)
    if reason := why_not(sums.items, certain=sums.expected == 0):
        return undefined(reason, sums.items, level=level, method=method)
    low, high = coefficient_interval(
        sums.jackknife(),
        sums.with_chance_item().jackknife(),
        sums.disagreeing,
        sums.one_more,
        level,
    )
    return Estimate(sums.alpha, low, high, sums.items, float(sums.items), level, method)


def coincidences(counts: Counts) -> Matrix:
    """(values, values) how often the two values met in pairs of answers to the same item.

    Each answer counts once, shared among its partners: the sum is the number of answers that
    have a partner, and the observed disagreement of alpha is its mean distance.

    >>> coincidences(np.array([[2, 0], [1, 1]])).tolist()
    [[2.0, 1.0], [1.0, 0.0]]
    """
    patterns, times = collapse(comparable(counts))
    shared = times / (patterns.sum(axis=1) - 1)
    size = counts.shape[1]
    met = np.zeros(size * size)
    for rows, ones, others, halves in _value_pairs(patterns):
        met += np.bincount(ones * size + others, halves * shared[rows], size * size)
    both = met.reshape(size, size)
    return both + both.T - np.diag(totals_of(patterns, shared))


@dataclass(frozen=True, slots=True)
class _Sums:
    """What alpha and its jackknife are made of.

    Over patterns u with counts n_u and m_u answers, D the distance and n the totals:
    sizes m_u, within n_u'Dn_u / (m_u - 1), squares n_u'Dn_u, across n_u'Dn; times how many
    items have the pattern; answers N, expected n'Dn; apart the mean distance of two answers
    that differ.
    """

    sizes: Matrix
    within: Matrix
    squares: Matrix
    across: Matrix
    times: Matrix
    answers: float
    expected: float
    apart: float

    @classmethod
    def of(cls, counts: Counts, distance: Distance) -> _Sums:
        patterns, times = collapse(comparable(counts))
        totals = totals_of(patterns, times)
        matrix = distance(totals)
        sizes = patterns.sum(axis=1).astype(np.float64)
        squares = _squares(patterns, matrix)
        answers, expected = float(totals.sum()), float(totals @ matrix @ totals)
        differing = answers * answers - float(totals @ totals)
        return cls(
            sizes,
            squares / (sizes - 1),
            squares,
            np.asarray(np.einsum("uk,k->u", patterns, matrix @ totals)),
            times,
            answers,
            expected,
            expected / differing if differing else 0.0,
        )

    @property
    def items(self) -> int:
        return int(self.times.sum())

    @property
    def observed(self) -> float:
        return float(self.times @ self.within)

    @property
    def alpha(self) -> float:
        return 1 - (self.answers - 1) * self.observed / self.expected

    @property
    def disagreeing(self) -> int:
        return int(self.times @ (self.within > 0))

    @property
    def one_more(self) -> float:
        """What alpha loses when one answer more differs from the others to its item."""
        return (self.answers - 1) * 2 * self.apart / self.expected

    def jackknife(self) -> Jackknife:
        """Alpha without each item in closed form, O(patterns)."""
        observed = self.observed - self.within
        expected = self.expected - 2 * self.across + self.squares
        expected[expected < ROUNDING * self.expected] = math.nan
        left_out = 1 - observed * (self.answers - self.sizes - 1) / expected
        return Jackknife(self.alpha, left_out, self.times)

    def with_chance_item(self) -> _Sums:
        """The same with one item more, of the mean size, answered as if by chance."""
        size = self.answers / self.items
        grown = 1 + size / self.answers
        by_chance = self.expected / self.answers**2
        return _Sums(
            np.append(self.sizes, size),
            np.append(self.within, size * by_chance),
            np.append(self.squares, size * size * by_chance),
            np.append(self.across * grown, size * grown * self.answers * by_chance),
            np.append(self.times, 1.0),
            self.answers + size,
            self.expected * grown * grown,
            self.apart,
        )


def _squares(patterns: Counts, matrix: Matrix) -> Matrix:
    """(patterns,) n_u' M n_u of each pattern, for a symmetric M."""
    squares = np.zeros(len(patterns))
    for rows, ones, others, halves in _value_pairs(patterns):
        squares += np.bincount(rows, halves * 2 * matrix[ones, others], len(patterns))
    return squares


def _value_pairs(patterns: Counts) -> Iterator[tuple[Places, Places, Places, Matrix]]:
    """Patterns, two of the values given in each, and the product of their counts.

    Each pair of values comes once, and the product is halved where they are the same: together
    with its mirror image it is n_u n_u'. A large taxonomy costs what its answers cost, since
    people give few of its values to one item.
    """
    rows, columns = np.nonzero(patterns)
    given = patterns[rows, columns].astype(np.float64)
    yield rows, columns, columns, given * given / 2
    for apart in range(1, patterns.shape[1]):
        first = np.flatnonzero(rows[:-apart] == rows[apart:])
        if not len(first):
            return
        second = first + apart
        yield rows[first], columns[first], columns[second], given[first] * given[second]
