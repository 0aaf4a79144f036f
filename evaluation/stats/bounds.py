"""One-sided bounds that still hold when few events, or none, were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv

from labeling.stats.estimate import Estimate

Floats = NDArray[np.float64]


def rare_low(total: ArrayLike, squares: ArrayLike, error: float) -> Floats:
    """The lower bound of a weighted sum of rare events; 0 where none was seen.

    total, squares: the sum of the weights of the events seen, and of their squares.
    error: how often the bound may be above the truth.

    Fay and Feuer, Statistics in Medicine 16 (1997) 791.

    >>> round(float(rare_low(3.0, 3.0, 0.05)), 4), float(rare_low(0.0, 0.0, 0.05))
    (0.8177, 0.0)
    """
    return np.where(np.asarray(total) > 0, _gamma(total, squares, error), 0.0)


def rare_high(total: ArrayLike, squares: ArrayLike, biggest: ArrayLike, error: float) -> Floats:
    """The upper bound, above the sum with one more event of the biggest weight there is.

    Fay and Feuer, Statistics in Medicine 16 (1997) 791.

    >>> round(float(rare_high(0.0, 0.0, 1.0, 0.05)), 4)
    2.9957
    """
    more, of_it = np.add(total, biggest), np.add(squares, np.square(biggest))
    return _gamma(more, of_it, 1 - error)


def at_least(estimate: Estimate, error: float) -> float:
    """What a share is at least, the exact binomial bound at its effective n; NaN if undefined.

    Clopper and Pearson, Biometrika 26 (1934) 404; Korn and Graubard, Survey Methodology 24
    (1998) 193, for weights.

    >>> from labeling.stats.estimate import share
    >>> round(at_least(share(10, 10), 0.05), 4)
    0.7411
    """
    hits = estimate.value * estimate.effective_n
    return float(betaincinv(hits, estimate.effective_n - hits + 1, error)) if hits else hits


def at_most(estimate: Estimate, error: float) -> float:
    """What a share is at most; NaN if undefined.

    >>> from labeling.stats.estimate import share
    >>> round(at_most(share(0, 10), 0.05), 4)
    0.2589
    """
    missed = estimate.effective_n * (1 - estimate.value)
    hits = estimate.effective_n - missed
    return 1 - (float(betaincinv(missed, hits + 1, error)) if missed else missed)


def _gamma(total: ArrayLike, squares: ArrayLike, chance: float) -> Floats:
    """The quantile of the gamma distribution with this mean and this variance."""
    mean, variance = np.asarray(total, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    some = mean > 0
    shape = np.divide(mean**2, variance, out=np.ones_like(mean * variance), where=some)
    scale = np.divide(variance, mean, out=np.zeros_like(mean * variance), where=some)
    quantile: Floats = scale * gammaincinv(shape, chance)
    return quantile
