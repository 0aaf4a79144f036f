"""A number with its interval, and the intervals of shares and means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

LEVEL = 0.95


class Reason(StrEnum):
    """Why a number or its interval cannot be given."""

    NOTHING_COUNTED = "nothing was counted"
    TOO_FEW_ITEMS = "fewer than two items have two answers"
    ONE_VALUE_ONLY = "every answer is the same"
    NO_VARIATION = "no variation was seen"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that never travels alone.

    value, low, high: in the number's own unit; NaN where they cannot be given, and then
    ``reason`` says why. An interval never has zero width.
    n: how many items were counted; effective_n: how many equally weighted ones they are worth.
    level: how often such intervals are to cover the truth.
    """

    value: float
    low: float
    high: float
    n: int
    effective_n: float
    level: float = LEVEL
    method: str = ""
    reason: str = ""

    @property
    def defined(self) -> bool:
        """Whether there is a value; its interval may be missing all the same."""
        return not math.isnan(self.value)

    @property
    def bounded(self) -> bool:
        """Whether there is a value with an interval around it."""
        return self.defined and not (math.isnan(self.low) or math.isnan(self.high))

    @property
    def width(self) -> float:
        """How far apart the ends of the interval are; NaN without one."""
        return self.high - self.low


def undefined(reason: str, n: int = 0, *, level: float = LEVEL, method: str = "") -> Estimate:
    """An estimate that could not be made, and why.

    >>> undefined(Reason.NOTHING_COUNTED).defined
    False
    """
    return Estimate(math.nan, math.nan, math.nan, n, float(n), level, method, reason)


def share(successes: int, n: int, *, level: float = LEVEL) -> Estimate:
    """The share of n that succeeded, with Wilson's interval.

    ValueError where successes are negative or more than n. Undefined for n = 0.

    Wilson, JASA 22 (1927) 209.

    >>> tenth = share(8, 80)
    >>> tenth.value, round(tenth.low, 4), round(tenth.high, 4)
    (0.1, 0.0515, 0.1851)
    >>> round(share(0, 10).high, 4)
    0.2775
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes do not fit into {n} trials")
    if n == 0:
        return undefined(Reason.NOTHING_COUNTED, level=level, method="Wilson")
    low, high = wilson(successes / n, n, level)
    return Estimate(successes / n, low, high, n, float(n), level, "Wilson")


def weighted_share(hits: ArrayLike, weights: ArrayLike, *, level: float = LEVEL) -> Estimate:
    """The weighted share of hits (Hajek), with Wilson's interval at its effective n.

    hits, weights: (items,), a hit is 1 (in part: less), a weight is one over an inclusion
    probability. The effective n is that of a simple sample with the same linearised variance,
    at most n; where all or none hit there is no such variance, and Kish's takes its place.

    Korn and Graubard, Survey Methodology 24 (1998) 193.

    >>> weighted_share([1, 0, 1, 1], [1, 1, 1, 1]).value
    0.75
    >>> round(weighted_share([1, 1, 1, 0], [1, 1, 1, 5]).value, 3)
    0.375
    """
    hit, weight = _checked(hits, weights)
    method = "Hajek, Wilson"
    if not len(hit):
        return undefined(Reason.NOTHING_COUNTED, level=level, method=method)
    if not ((hit >= 0) & (hit <= 1)).all():
        raise ValueError("a hit lies between 0 and 1")
    value, variance = _hajek(hit, weight)
    effective = effective_share_n(value, variance, float(len(hit)), effective_n(weight))
    low, high = wilson(value, effective, level)
    return Estimate(value, low, high, len(hit), effective, level, method)


def weighted_mean(values: ArrayLike, weights: ArrayLike, *, level: float = LEVEL) -> Estimate:
    """The weighted mean (Hajek), with a t interval on its linearised variance.

    values, weights: (items,). Where all values are equal the mean has no interval.

    Sarndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), section 5.7.

    >>> mean = weighted_mean([2.0, 4.0, 6.0], [1, 1, 1])
    >>> mean.value, round(mean.low, 3), round(mean.high, 3)
    (4.0, -0.968, 8.968)
    """
    value_of, weight = _checked(values, weights)
    n = len(value_of)
    method = "Hajek, linearised"
    if n == 0:
        return undefined(Reason.NOTHING_COUNTED, level=level, method=method)
    value, variance = _hajek(value_of, weight)
    effective = effective_n(weight)
    variance *= n / max(n - 1, 1)
    if not variance > 0:
        nan = math.nan
        return Estimate(value, nan, nan, n, effective, level, method, Reason.NO_VARIATION)
    reach = quantile_t(level, max(effective - 1, 1)) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach, n, effective, level, method)


def effective_n(weights: ArrayLike) -> float:
    """How many equally weighted items these weights are worth: (sum w)^2 / sum w^2.

    Kish, Survey Sampling (1965), section 11.7.

    >>> effective_n([1, 1, 1, 1]), round(effective_n([10, 1, 1, 1]), 3)
    (4.0, 1.641)
    """
    weight = np.asarray(weights, dtype=np.float64)
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def effective_share_n(value: float, variance: float, at_most: float, otherwise: float) -> float:
    """The n of a simple sample in which a share would vary like this; `otherwise` at 0 and 1.

    >>> round(effective_share_n(0.5, 0.0025, 400, 80), 6), effective_share_n(1.0, 0.0, 400, 80)
    (100.0, 80)
    """
    if not (0 < value < 1 and variance > 0):
        return otherwise
    return min(at_most, value * (1 - value) / variance)


def wilson(share_seen: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share seen in n trials; n need not be whole.

    >>> [round(end, 4) for end in wilson(0.5, 100)]
    [0.4038, 0.5962]
    """
    z2 = quantile(level) ** 2
    centre = (share_seen + z2 / (2 * n)) / (1 + z2 / n)
    spread = share_seen * (1 - share_seen) / n + z2 / (4 * n * n)
    reach = math.sqrt(z2 * spread) / (1 + z2 / n)
    return min(max(0.0, centre - reach), share_seen), max(min(1.0, centre + reach), share_seen)


def quantile(level: float) -> float:
    """How many standard deviations hold this much of a normal distribution, both sides.

    >>> round(quantile(0.95), 3)
    1.96
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    return float(ndtri((1 + level) / 2))


def quantile_t(level: float, degrees: float) -> float:
    """The same for Student's t with these degrees of freedom.

    >>> round(quantile_t(0.95, 10), 3)
    2.228
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    return float(stdtrit(degrees, (1 + level) / 2))


def _checked(
    values: ArrayLike, weights: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value = np.asarray(values, dtype=np.float64)
    weight = np.asarray(weights, dtype=np.float64)
    if value.ndim != 1 or value.shape != weight.shape:
        raise ValueError("values and weights are to be two lists of the same length")
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError("a weight is a positive number")
    if not np.isfinite(value).all():
        raise ValueError("a value is a number")
    return value, weight


def _hajek(value: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """The weighted mean and its linearised variance, as if n were large."""
    total = weight.sum()
    mean = float((weight * value).sum() / total)
    return mean, float(((weight * (value - mean)) ** 2).sum() / total**2)
