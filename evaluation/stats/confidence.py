"""Whether a version is as often right as it says it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.stats.answers import Floats, Mask
from labeling.stats.estimate import (
    LEVEL,
    Estimate,
    effective_n,
    undefined,
    weighted_mean,
    weighted_share,
)

BINS = 10
NO_CONFIDENCES = "the version gave no confidences"
BIASED = "no interval: where little was counted it comes out too high"

Edges = Callable[[Floats, int], Floats]


class Lean(StrEnum):
    """Which way confidences are off, as far as that is shown."""

    OVER = "over-confident"
    UNDER = "under-confident"
    NEITHER = "neither shown"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bin:
    """Examples of similar confidence: the ends, the weighted mean, how many were right."""

    low: float
    high: float
    confidence: float
    accuracy: Estimate
    share: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Confidence beside accuracy.

    ece: the weighted mean distance of the two over the bins. by_chance: about what it would be
    for a version whose confidences are right, so from how few examples it was taken. gap: the
    mean confidence less the accuracy, with its interval; lean: what that shows.
    """

    bins: tuple[Bin, ...]
    ece: Estimate
    by_chance: float
    gap: Estimate
    lean: Lean


def equal_width(confidences: Floats, bins: int) -> Floats:
    """(bins + 1,) edges from 0 to 1 at the same distance.

    >>> equal_width(np.array([0.2]), 4).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return np.linspace(0, 1, bins + 1)


def equal_count(confidences: Floats, bins: int) -> Floats:
    """Edges with about as many examples between any two; equal confidences stay together.

    >>> equal_count(np.array([0.1, 0.2, 0.8, 0.9]), 2).tolist()
    [0.0, 0.5, 1.0]
    """
    inner = np.quantile(confidences, np.linspace(0, 1, bins + 1)[1:-1])
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def reliability(
    confidences: ArrayLike,
    right: ArrayLike,
    weights: ArrayLike,
    *,
    edges: Edges = equal_count,
    bins: int = BINS,
    level: float = LEVEL,
) -> Reliability:
    """Confidence beside accuracy, by bin and overall.

    confidences: (examples,), NaN where none was given: those are left out. right: booleans.
    ValueError for a confidence beyond 0 and 1. Naeini, Cooper and Hauskrecht, AAAI (2015).

    >>> seen = reliability([0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0], [1, 1, 1, 1])
    >>> round(seen.ece.value, 3), len(seen.bins)
    (0.4, 1)
    """
    sure, hit, weight = _known(confidences, right, weights)
    if not len(sure):
        missing = undefined(NO_CONFIDENCES, level=level)
        return Reliability((), missing, math.nan, missing, Lean.UNKNOWN)
    found = _bins(sure, hit, weight, edges(sure, bins), level)
    gap = weighted_mean(sure - hit, weight, level=level)
    return Reliability(found, _ece(found, weight, level), _by_chance(found), gap, _lean(gap))


def _known(
    confidences: ArrayLike, right: ArrayLike, weights: ArrayLike
) -> tuple[Floats, Mask, Floats]:
    given = np.asarray(confidences, dtype=np.float64)
    known = ~np.isnan(given)
    sure, hit = given[known], np.asarray(right, dtype=bool)[known]
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError("a confidence lies between 0 and 1")
    return sure, hit, np.asarray(weights, dtype=np.float64)[known]


def _bins(sure: Floats, hit: Mask, weight: Floats, edges: Floats, level: float) -> tuple[Bin, ...]:
    # the first edge from below: a confidence on an edge belongs to the bin beneath it
    at: NDArray[np.intp] = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, None)
    return tuple(
        Bin(
            float(edges[place]),
            float(edges[place + 1]),
            float(np.average(sure[at == place], weights=weight[at == place])),
            weighted_share(hit[at == place], weight[at == place], level=level),
            float(weight[at == place].sum() / weight.sum()),
        )
        for place in np.unique(at)
    )


def _ece(bins: tuple[Bin, ...], weight: Floats, level: float) -> Estimate:
    value = sum(one.share * abs(one.confidence - one.accuracy.value) for one in bins)
    n, worth = len(weight), effective_n(weight)
    return Estimate(value, math.nan, math.nan, n, worth, level, f"{len(bins)} bins", BIASED)


def _by_chance(bins: tuple[Bin, ...]) -> float:
    """The mean distance that the binomial spread of each bin would make, as if it were normal."""
    return math.sqrt(2 / math.pi) * sum(
        one.share
        * math.sqrt(one.confidence * (1 - one.confidence) / max(one.accuracy.effective_n, 1.0))
        for one in bins
    )


def _lean(gap: Estimate) -> Lean:
    if not gap.bounded:
        return Lean.UNKNOWN
    if gap.low > 0:
        return Lean.OVER
    return Lean.UNDER if gap.high < 0 else Lean.NEITHER
