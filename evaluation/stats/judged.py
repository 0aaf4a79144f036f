"""What people's judgments of outputs come to: a mean over items with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaluation.stats.answers import Floats
from evaluation.stats.paired import ERROR, Evidence, Paired, lower, upper
from labeling.stats.estimate import (
    LEVEL,
    Estimate,
    Reason,
    effective_n,
    undefined,
    wilson,
)

#: Items that are taken to vary as a yes or no does, beside those that were seen.
PSEUDO = 2
METHOD = "Hajek by item, Wilson"
BY_GROUP = "Hajek by group, Wilson"
PAIRED = "paired by item, linearised, one pseudo win and loss"


def mean_score(
    scores: ArrayLike, weights: ArrayLike, groups: ArrayLike, *, level: float = LEVEL
) -> Estimate:
    """The weighted mean of scores between 0 and 1, with Wilson's interval at its effective n.

    scores, weights: (items,). groups: (items,) a code; items of one group are taken to vary
    together, so the variance is that of the groups' sums.

    Ties, and the mean of several people's judgments, vary less than a yes or no: such items are
    worth more than as many of these. So that a few alike do not make the interval too narrow, two
    items more are taken to vary as a yes or no does. Where all scores are 0 or 1 it is Wilson's
    interval itself.

    Sarndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), section 5.7; Korn and
    Graubard, Survey Methodology 24 (1998) 193, for the n that such a variance is worth.

    >>> ones, four = [1, 1, 1, 1], [0, 1, 2, 3]
    >>> yes_no, ties = [1, 1, 0, 0], [1, 0.5, 0, 0.5]
    >>> [round(mean_score(scores, ones, four).low, 3) for scores in (yes_no, ties)]
    [0.15, 0.188]
    >>> four = [1, 1, 0, 0], [1, 1, 1, 1]
    >>> mean_score(*four, [0, 0, 1, 1]).width > mean_score(*four, [0, 1, 2, 3]).width
    True
    """
    score, weight = np.asarray(scores, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not len(score):
        return undefined(Reason.NOTHING_COUNTED, level=level, method=METHOD)
    if not ((score >= 0) & (score <= 1)).all():
        raise ValueError("a score lies between 0 and 1")
    shares = weight / weight.sum()
    value = float((shares * score).sum())
    influence, held = _by_group(shares * (score - value), groups), _by_group(shares, groups)
    count = len(held)
    together = count < len(score)
    variance = float(np.square(influence).sum()) * (count / max(count - 1, 1) if together else 1)
    worth = _worth(value, variance, effective_n(held))
    low, high = wilson(value, worth, level)
    method = BY_GROUP if together else METHOD
    return Estimate(value, low, high, len(score), worth, level, method)


def _worth(value: float, variance: float, units: float) -> float:
    """So many yes or no would make a share as certain; units: how many items weighed alike.

    >>> _worth(0.5, 0.25 / 100, 100), _worth(0.5, 0, 10), _worth(1, 0, 10)
    (100.0, 60.0, 10)
    """
    binary = value * (1 - value)
    if not binary:
        return units
    spread = (units**2 * variance + PSEUDO * binary) / (units + PSEUDO)
    return units * binary / spread


def compare_scores(
    candidate: Floats,
    baseline: Floats,
    weights: Floats,
    groups: ArrayLike,
    *,
    error: float = ERROR,
    level: float = LEVEL,
) -> Paired:
    """How much more the candidate scores than the baseline on the same items, as `compare` does.

    candidate, baseline: (items,) scores between 0 and 1; a win is an item with a higher score.
    """
    if not len(candidate):
        return _nothing(error, level)
    shares = weights / weights.sum()
    evidence = _evidence(shares * (candidate - baseline), shares, groups)
    half = (1 - level) / 2
    ends = float(lower(evidence, half)), float(upper(evidence, half))
    value, worth = float(evidence.difference), 1 / float(evidence.unit)
    won, lost = candidate > baseline, candidate < baseline
    return Paired(
        difference=Estimate(value, *ends, len(candidate), worth, level, PAIRED),
        at_least=float(lower(evidence, error)),
        at_most=float(upper(evidence, error)),
        error=error,
        candidate=float((shares * candidate).sum()),
        baseline=float((shares * baseline).sum()),
        wins=int(won.sum()),
        losses=int(lost.sum()),
        discordance=float(shares[won | lost].sum()),
        evidence=evidence,
    )


def _evidence(gained: Floats, shares: Floats, groups: ArrayLike) -> Evidence:
    """What the bounds of a difference are made of; a group is as one example."""
    influence = gained - shares * gained.sum()
    return Evidence.of(*(_by_group(parts, groups) for parts in (gained, influence, shares)))


def _nothing(error: float, level: float) -> Paired:
    nan = float("nan")
    missing = undefined(Reason.NOTHING_COUNTED, level=level, method=PAIRED)
    return Paired(missing, nan, nan, error, nan, nan, 0, 0, nan, None)


def _by_group(parts: Floats, groups: ArrayLike) -> Floats:
    """The sum of each group."""
    codes, places = np.unique(np.asarray(groups), return_inverse=True)
    sums: Floats = np.zeros(len(codes))
    np.add.at(sums, places, parts)
    return sums
