"""What agreement can be measured to, before anybody has judged: how wide alpha's interval will be.

The variance of alpha is that of what each item adds to it, divided by the number of items. What an
item adds is known in closed form once it is said how people answer. Here each answer, by itself,
is the item's own value with probability sqrt(alpha), and else one drawn from the shares of all
answers: the plainest way in which answers can be made that have this alpha under any distance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from labeling.stats.distances import Matrix
from labeling.stats.estimate import LEVEL, Estimate, Reason, quantile_t, undefined
from labeling.stats.intervals import fisher

METHOD = "alpha, expected"
NEARLY_ONE = 0.999


def item_variance(alpha: float, overlap: int, apart: Matrix, shares: ArrayLike) -> float:
    """The variance of what one item with `overlap` answers adds to alpha (delta method).

    apart: (values, values) distances, zero on the diagonal. shares: (values,) of all answers,
    adding up to one. ValueError for fewer than two answers an item.

    Alpha = 1 - o / e for o the mean distance of two answers to the same item and e that of any
    two. An item changes it by (d - o - 2 (1 - alpha) (c - e)) / e, where d is the mean distance
    of its pairs of answers and c that of its answers to all. Pairs that share an answer vary
    together, so a third answer adds less than a first item more.

    >>> two = 1 - np.eye(2)
    >>> [round(item_variance(0.667, m, two, [0.5, 0.5]), 3) for m in (2, 3, 5)]
    [0.555, 0.333, 0.189]
    """
    if overlap < 2:
        raise ValueError("alpha needs two answers an item")
    share = np.asarray(shares, dtype=np.float64)
    knows = math.sqrt(min(max(alpha, 0.0), 1.0))
    given = knows * np.eye(len(share)) + (1 - knows) * share  # (own value, answer)
    expected = float(share @ apart @ share)
    pair = _pair_moments(given, apart, overlap)
    to_all, to_each = apart @ share, given @ apart
    across = given @ to_all
    single = (given @ to_all**2 + (overlap - 1) * across**2) / overlap
    both = 2 * (given * to_each) @ to_all + (overlap - 2) * pair[0] * across
    observed = float(share @ pair[0])
    variance = float(share @ pair[1]) - observed**2
    covariance = float(share @ both) / overlap - observed * expected
    spread = float(share @ single) - expected**2
    left = 2 * (1 - knows * knows)
    return max(variance - 2 * left * covariance + left * left * spread, 0.0) / expected**2


def _pair_moments(given: Matrix, apart: Matrix, overlap: int) -> tuple[Matrix, Matrix]:
    """(own values,) mean and mean square of an item's mean distance between two answers."""
    to_each = given @ apart
    mean = (given * to_each).sum(axis=1)
    same = (given * (given @ apart**2)).sum(axis=1)
    shared = (given * to_each**2).sum(axis=1)
    apart_pairs = (overlap - 2) * (overlap - 3) / 2 * mean**2
    pairs = overlap * (overlap - 1) / 2
    return mean, (same + 2 * (overlap - 2) * shared + apart_pairs) / pairs


def expected_alpha(alpha: float, variance: float, items: int, *, level: float = LEVEL) -> Estimate:
    """Alpha with the interval to expect from so many items with several answers.

    variance: of what one item adds. Undefined for fewer than two items.

    >>> expected = expected_alpha(0.667, 0.555, 200)
    >>> round(expected.low, 2), round(expected.high, 2)
    (0.55, 0.76)
    """
    if items < 2:
        return undefined(Reason.TOO_FEW_ITEMS, items, level=level, method=METHOD)
    low, high = fisher(alpha, math.sqrt(variance / items), items - 1, level)
    return Estimate(alpha, low, high, items, float(items), level, METHOD)


def variance_seen(seen: Estimate) -> float:
    """What one item's variance was, from an interval of alpha that was measured.

    >>> again = expected_alpha(0.6, 0.5, 80)
    >>> round(variance_seen(again), 6)
    0.5
    """
    reach = quantile_t(seen.level, max(seen.n - 1, 1))
    if abs(seen.value) < NEARLY_ONE and max(abs(seen.low), abs(seen.high)) < NEARLY_ONE:
        width = (math.atanh(seen.high) - math.atanh(seen.low)) / 2 * (1 - seen.value**2)
    else:
        width = seen.value - seen.low
    return (width / reach) ** 2 * seen.n
