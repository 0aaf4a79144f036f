"""Agreement by pair of annotators and by value: who disagrees, and about what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.stats.agreement import Counts, collapse, comparable
from labeling.stats.distances import Distance, Matrix, agreement_weights, nominal
from labeling.stats.estimate import (
    LEVEL,
    Estimate,
    Reason,
    effective_share_n,
    undefined,
    weighted_share,
    wilson,
)
from labeling.stats.kappas import corrected

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotators, the items both answered, how often they agree, and Cohen's kappa.

    first, second: codes of the annotators, first below second; kappa is NaN where both always
    gave one and the same value.
    """

    first: int
    second: int
    agreement: Estimate
    kappa: float


def by_pair(
    items: ArrayLike,
    annotators: ArrayLike,
    values: ArrayLike,
    size: int,
    distance: Distance = nominal,
    *,
    level: float = LEVEL,
) -> list[Pair]:
    """Agreement of every two annotators with a common item, the least agreeing first.

    items, annotators, values: (answers,) codes, values below ``size`` or negative where
    missing; one answer per item and annotator. With another distance near misses count in part.

    >>> pairs = by_pair([0, 0, 0, 1, 1], [4, 5, 6, 4, 6], [0, 0, 1, 1, 1], size=2)
    >>> [(pair.first, pair.second, pair.agreement.value) for pair in pairs]
    [(5, 6, 0.0), (4, 6, 0.5), (4, 5, 1.0)]
    """
    people, one, other = _meetings(items, annotators, values)
    totals = np.bincount(one, minlength=size) + np.bincount(other, minlength=size)
    weights = agreement_weights(distance, totals.astype(np.float64))
    each, starts, n = np.unique(people, axis=0, return_index=True, return_counts=True)
    spans = (slice(start, start + many) for start, many in zip(starts, n, strict=True))
    pairs = [
        _pair(first, second, one[span], other[span], weights, level)
        for (first, second), span in zip(each.tolist(), spans, strict=True)
    ]
    return sorted(pairs, key=lambda pair: (pair.agreement.value, pair.first, pair.second))


def by_value(counts: Counts, *, level: float = LEVEL) -> list[Estimate]:
    """How often, where somebody gave the value, another one gave it too; one entry per value.

    counts: (items, values). n is the items that got the value; undefined where none did.

    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (3rd ed.), section 18.1
    (specific agreement).

    >>> [seen.value for seen in by_value(np.array([[2, 0], [1, 1], [1, 1]]))]
    [0.5, 0.0]
    """
    patterns, times = collapse(comparable(counts))
    return [
        _specific(patterns[:, value], patterns, times, level) for value in range(counts.shape[1])
    ]


def _meetings(
    items: ArrayLike, annotators: ArrayLike, values: ArrayLike
) -> tuple[Codes, Codes, Codes]:
    """(meetings, 2) annotators who answered the same item, and both their values, by annotators."""
    item, person, value = (
        np.asarray(column, dtype=np.int64) for column in (items, annotators, values)
    )
    given = value >= 0
    item, person, value = item[given], person[given], value[given]
    order = np.lexsort((person, item))
    item, person, value = item[order], person[order], value[order]
    left = [np.flatnonzero(item[:-apart] == item[apart:]) for apart in _lags(item)]
    first = np.concatenate([np.empty(0, np.int64), *left])
    second = np.concatenate([np.empty(0, np.int64), *(at + lag for lag, at in enumerate(left, 1))])
    sorting = np.lexsort((person[second], person[first]))
    first, second = first[sorting], second[sorting]
    return np.stack([person[first], person[second]], axis=1), value[first], value[second]


def _lags(item: Codes) -> range:
    """How far apart two answers to the same item can stand in a list sorted by item."""
    return range(1, int(np.unique(item, return_counts=True)[1].max(initial=1)))


def _pair(first: int, second: int, one: Codes, other: Codes, weights: Matrix, level: float) -> Pair:
    size, n = len(weights), len(one)
    agreement = weighted_share(weights[one, other], np.ones(n), level=level)
    spreads = np.bincount(one, minlength=size), np.bincount(other, minlength=size)
    chance = float(spreads[0] @ weights @ spreads[1]) / n**2
    return Pair(first, second, agreement, corrected(agreement.value, chance))


def _specific(given: Counts, patterns: Counts, times: Matrix, level: float) -> Estimate:
    """Agreement on one value: a ratio of two sums over items, its variance linearised."""
    method = "specific agreement, Wilson"
    asked, met = times @ given, given * (given - 1) / (patterns.sum(axis=1) - 1)
    n = int(times @ (given > 0))
    if not n:
        return undefined(Reason.NOTHING_COUNTED, level=level, method=method)
    value = float(times @ met / asked)
    variance = float(times @ (met - value * given) ** 2 / asked**2)
    effective = effective_share_n(value, variance, float(asked), float(n))
    low, high = wilson(value, effective, level)
    return Estimate(value, low, high, n, effective, level, method)
