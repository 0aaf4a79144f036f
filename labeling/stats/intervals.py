"""Intervals for coefficients of agreement that still hold when few disagreements were seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import gammaincinv

from labeling.stats.distances import Matrix
from labeling.stats.estimate import Reason, quantile_t

FEW = 10  # disagreeing items; from here on the jackknife alone covers as it should
BORDER = 0.9999


@dataclass(frozen=True, slots=True)
class Jackknife:
    """A coefficient in (-1, 1], and what it becomes when one item is left out.

    left_out: (patterns,) the coefficient without one item of that pattern of answers.
    times: (patterns,) how many items have the pattern.
    """

    value: float
    left_out: Matrix
    times: Matrix

    @property
    def error(self) -> float:
        """The jackknife standard error; NaN where leaving an item out leaves nothing to compare."""
        items = float(self.times.sum())
        mean = self.times @ self.left_out / items
        spread = self.times @ (self.left_out - mean) ** 2
        return math.sqrt((items - 1) / items * float(spread))


def coefficient_interval(
    seen: Jackknife, cautious: Jackknife, disagreeing: int, one_more: float, level: float
) -> tuple[float, float]:
    """The interval of a coefficient of agreement that is one at best.

    seen: from the items themselves; cautious: with one more item that agrees as by chance.
    disagreeing: how many items have a disagreement; one_more: what the coefficient would lose
    by one more of them.

    From ten disagreeing items on: Student's t on Fisher's z with the jackknife's error. Below,
    resampling only repeats the few it saw (or none: an interval of width zero). So the cautious
    jackknife joins in, the lower end is not above that of a sum of rare events, and the upper
    end is open where the evidence hangs on one item. In simulation 94 to 98 % of nominal 95 %
    intervals then cover, also with rare classes, where the jackknife alone falls to 55 %.
    """
    degrees = float(seen.times.sum()) - 1
    if disagreeing >= FEW and seen.error > 0:
        return fisher(seen.value, seen.error, degrees, level)
    low, high = fisher(cautious.value, cautious.error, degrees, level)
    rare = rare_low(seen.value, cautious.error, one_more, level)
    bold = 1.0
    if math.isfinite(seen.error):
        bold = fisher(seen.value, seen.error, degrees, level)[1]
    return min(low, rare, seen.value), max(high, bold, seen.value)


def why_not(items: int, *, certain: bool) -> Reason | None:
    """Why a coefficient of so many items cannot be given; None where it can.

    certain: whether chance alone would agree always.
    """
    if not items:
        return Reason.NOTHING_COUNTED
    if items == 1:
        return Reason.TOO_FEW_ITEMS
    return Reason.ONE_VALUE_ONLY if certain else None


def fisher(value: float, error: float, degrees: float, level: float) -> tuple[float, float]:
    """Student's interval on Fisher's z = atanh(value), taken back.

    A value beyond (-1, 1), as weighted kappas can have below, is taken as one at the border.

    >>> [round(end, 3) for end in fisher(0.8, 0.05, 50, 0.95)]
    [0.675, 0.88]
    """
    value = min(max(value, -BORDER), BORDER)
    reach = quantile_t(level, max(degrees, 1.0)) * error / (1 - value * value)
    centre = math.atanh(value)
    return math.tanh(centre - reach), math.tanh(centre + reach)


def rare_low(value: float, error: float, one_more: float, level: float) -> float:
    """The lower end where 1 - value is a sum of few events, as for a Poisson rate; at least -1.

    Fay and Feuer, Statistics in Medicine 16 (1997) 791: gamma limits of a weighted sum.

    >>> round(rare_low(1.0, 0.0, 0.01, 0.95), 4)
    0.9631
    """
    worse = 1 - value + one_more
    variance = error * error + one_more * one_more
    shape = worse * worse / variance
    return max(1 - variance / worse * float(gammaincinv(shape, (1 + level) / 2)), -1.0)
