"""Coefficients of agreement beside alpha: the kappas, each with its own idea of chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.stats.agreement import (
    Counts,
    collapse,
    comparable,
    pattern_agreement,
    totals_of,
)
from labeling.stats.distances import Distance, Matrix, agreement_weights, nominal
from labeling.stats.estimate import LEVEL, Estimate, undefined
from labeling.stats.intervals import Jackknife, coefficient_interval, why_not

Codes = NDArray[np.int64]

CERTAIN = 1 - 1e-12  # agreement by chance from here on is one but for rounding

# from how the answers spread over the values, (..., values), and the weights: agreement by chance
Chance = Callable[[Matrix, Matrix], Matrix]


def by_marginals(spread: Matrix, weights: Matrix) -> Matrix:
    """Chance as if everybody drew from the common spread (Scott 1955, Fleiss 1971)."""
    return np.asarray(((spread @ weights) * spread).sum(axis=-1))


def by_uncertainty(spread: Matrix, weights: Matrix) -> Matrix:
    """Chance only where answers are guesses, rarer the more one value prevails (Gwet 2008)."""
    size = len(weights)
    share = weights.sum() / (size * (size - 1)) if size > 1 else math.nan
    return np.asarray(share * (spread * (1 - spread)).sum(axis=-1))


def by_values(spread: Matrix, weights: Matrix) -> Matrix:
    """Chance as if every value were equally likely (Brennan and Prediger 1981)."""
    return np.full(spread.shape[:-1], weights.sum() / len(weights) ** 2)


def corrected(observed: float, chance: float) -> float:
    """How much of the agreement that chance leaves open was reached; NaN where it leaves none."""
    if not chance < CERTAIN:
        return math.nan
    return (observed - chance) / (1 - chance)


def cohen(table: ArrayLike, distance: Distance = nominal) -> float:
    """Cohen's kappa of two people, weighted where the distance is not nominal.

    table: (values, values) how often the first gave the row's value and the second the
    column's. NaN where chance alone would agree always.

    Cohen, Educ. Psychol. Meas. 20 (1960) 37; Psychol. Bull. 70 (1968) 213.

    >>> round(cohen([[88, 10, 2], [14, 40, 6], [18, 10, 12]]), 3)
    0.492
    """
    shares, weights = _table(table, distance)
    chance = shares.sum(axis=1) @ weights @ shares.sum(axis=0)
    return corrected(float((weights * shares).sum()), float(chance))


def scott(table: ArrayLike, distance: Distance = nominal) -> float:
    """Scott's pi of two people; shape and NaN as for `cohen`.

    Scott, Public Opinion Quarterly 19 (1955) 321.

    >>> round(scott([[20, 20], [10, 50]]), 3)
    0.341
    """
    shares, weights = _table(table, distance)
    spread = (shares.sum(axis=0) + shares.sum(axis=1)) / 2
    return corrected(float((weights * shares).sum()), float(by_marginals(spread, weights)))


def fleiss(counts: Counts, distance: Distance = nominal) -> float:
    """Fleiss' kappa of any number of people, who need not be the same on each item.

    counts: (items, values); an item with one answer counts for chance only.

    Fleiss, Psychol. Bull. 76 (1971) 378; with missing answers as Gwet (2014), section 2.5.

    >>> round(fleiss(np.array([[3, 0], [2, 1], [0, 3], [0, 3]])), 3)
    0.657
    """
    return chance_corrected(counts, by_marginals, distance)


def gwet(counts: Counts, distance: Distance = nominal) -> float:
    """Gwet's AC1, and AC2 where the distance is not nominal: steady where one value prevails.

    counts: (items, values), with a column for every value of the rubric, used or not.

    Gwet, Brit. J. Math. Stat. Psychol. 61 (2008) 29.

    >>> round(gwet(np.array([[2, 0]] * 118 + [[1, 1]] * 7)), 2)
    0.94
    """
    return chance_corrected(counts, by_uncertainty, distance)


def brennan_prediger(counts: Counts, distance: Distance = nominal) -> float:
    """Brennan and Prediger's kappa (Bennett's S, Randolph's free-marginal kappa).

    counts: (items, values), with a column for every value of the rubric, used or not.

    Brennan and Prediger, Educ. Psychol. Meas. 41 (1981) 687.

    >>> round(brennan_prediger(np.array([[2, 0]] * 20 + [[0, 2]] * 50 + [[1, 1]] * 30)), 3)
    0.4
    """
    return chance_corrected(counts, by_values, distance)


def conger(codes: Codes, distance: Distance = nominal, *, size: int) -> float:
    """Conger's kappa: chance from each person's own spread; Cohen's for two people.

    codes: (items, people) values below ``size``, negative where missing. NaN where chance
    alone would agree always or somebody gave no answer.

    Conger, Psychol. Bull. 88 (1980) 322; with missing answers as Gwet (2014), section 2.5.

    >>> round(conger(np.array([[0, 0], [0, 1], [1, 1], [1, 1], [1, 0]]), size=2), 3)
    0.167
    """
    own = (codes[:, :, None] == np.arange(size)).astype(np.float64)
    counts = own.sum(axis=1).astype(np.int64)
    weights = agreement_weights(distance, counts.sum(axis=0).astype(np.float64))
    answered = own.sum(axis=(0, 2))
    if not answered.all():
        return math.nan
    people = own.sum(axis=0) / answered[:, None]
    spread, n = people.mean(axis=0), len(people)
    apart = (people - spread).T @ (people - spread) / (n * (n - 1))
    chance = float((weights * (np.outer(spread, spread) - apart)).sum())
    return corrected(_observed(counts, weights), chance)


def chance_corrected(counts: Counts, chance: Chance, distance: Distance = nominal) -> float:
    """(agreement - chance) / (1 - chance) for any number of people; NaN where chance is 1."""
    counts = counts[counts.sum(axis=1) > 0]
    if not len(counts):
        return math.nan
    weights = agreement_weights(distance, counts.sum(axis=0).astype(np.float64))
    spread = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    return corrected(_observed(counts, weights), float(chance(spread, weights)))


def chance_corrected_estimate(
    counts: Counts,
    chance: Chance = by_uncertainty,
    distance: Distance = nominal,
    *,
    level: float = LEVEL,
) -> Estimate:
    """The same with its interval (see `coefficient_interval`), from items with two answers.

    counts: (items, values). By default Gwet's AC1 or AC2.

    >>> seen = chance_corrected_estimate(np.array([[2, 0]] * 40))
    >>> seen.value, round(seen.low, 2), seen.high
    (1.0, 0.83, 1.0)
    """
    method = "chance-corrected, jackknife"
    items = _Items.of(counts, chance, distance)
    if reason := why_not(items.n, certain=items.n > 0 and items.by_chance >= CERTAIN):
        return undefined(reason, items.n, level=level, method=method)
    seen = items.jackknife()
    low, high = coefficient_interval(
        seen, items.with_chance_item().jackknife(), items.disagreeing, items.one_more, level
    )
    return Estimate(seen.value, low, high, items.n, float(items.n), level, method)


@dataclass(frozen=True, slots=True)
class _Items:
    """What a chance-corrected coefficient and its jackknife are made of.

    agreed: (patterns,) the share of pairs of answers that agree; spreads: (patterns, values)
    the shares of the values; times: how many items have the pattern; size: answers per item.
    """

    agreed: Matrix
    spreads: Matrix
    times: Matrix
    size: float
    chance: Chance
    weights: Matrix

    @classmethod
    def of(cls, counts: Counts, chance: Chance, distance: Distance) -> _Items:
        patterns, times = collapse(comparable(counts))
        sizes, totals = patterns.sum(axis=1), totals_of(patterns, times)
        weights = agreement_weights(distance, totals)
        agreed = pattern_agreement(patterns, weights)
        size = float(totals.sum() / max(times.sum(), 1))
        return cls(agreed, patterns / sizes[:, None], times, size, chance, weights)

    @property
    def n(self) -> int:
        return int(self.times.sum())

    @property
    def spread(self) -> Matrix:
        return np.asarray(self.times @ self.spreads / self.n)

    @property
    def by_chance(self) -> float:
        return float(self.chance(self.spread, self.weights))

    @property
    def disagreeing(self) -> int:
        return int(self.times @ (self.agreed < 1))

    @property
    def one_more(self) -> float:
        """What the coefficient loses when one answer more differs from the others to its item."""
        values = len(self.weights)
        apart = (values * values - self.weights.sum()) / (values * (values - 1))
        return float(2 * apart / self.size / self.n / (1 - self.by_chance))

    def jackknife(self) -> Jackknife:
        """The coefficient with and without each item, O(patterns)."""
        n, agreement = self.n, float(self.times @ self.agreed)
        by_chance = self.chance((n * self.spread - self.spreads) / (n - 1), self.weights)
        open_to_chance = np.where(by_chance < CERTAIN, 1 - by_chance, math.nan)
        left_out = ((agreement - self.agreed) / (n - 1) - by_chance) / open_to_chance
        return Jackknife(corrected(agreement / n, self.by_chance), left_out, self.times)

    def with_chance_item(self) -> _Items:
        """The same with one item more, spread like all and agreed on as by chance."""
        return replace(
            self,
            agreed=np.append(self.agreed, self.by_chance),
            spreads=np.vstack([self.spreads, self.spread]),
            times=np.append(self.times, 1.0),
        )


def _observed(counts: Counts, weights: Matrix) -> float:
    patterns, times = collapse(comparable(counts))
    if not len(patterns):
        return math.nan
    return float(times @ pattern_agreement(patterns, weights) / times.sum())


def _table(table: ArrayLike, distance: Distance) -> tuple[Matrix, Matrix]:
    counted = np.asarray(table, dtype=np.float64)
    if counted.ndim != 2 or counted.shape[0] != counted.shape[1]:
        raise ValueError("a table of two people has a row and a column for every value")
    totals = counted.sum(axis=0) + counted.sum(axis=1)
    n = counted.sum()
    return counted / n if n else np.full_like(counted, math.nan), agreement_weights(
        distance, totals
    )
