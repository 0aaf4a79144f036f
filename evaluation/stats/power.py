"""About how many more labels would settle a question that is open."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scipy.special import ndtr, ndtri

from evaluation.stats.bounds import at_least, at_most
from evaluation.stats.paired import ERROR, Paired, lower, upper
from labeling.stats.estimate import Estimate

#: A question that this many labels leave open is not one for labels.
MOST = 100_000
#: The high end of a range: enough in nine cases of ten, where the low end is in five.
POWER = 0.9
#: How much versions differ where that is not known yet, from alike to unlike.
ALIKE, UNLIKE = 0.05, 0.3

Settled = Callable[[float, float], bool]


@dataclass(frozen=True, slots=True)
class More:
    """A range of labels: the low end is enough about every other time, the high end nearly always.

    >>> str(More(40, 120))
    '40 to 120'
    """

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"


def more_for_difference(paired: Paired, margin: float) -> More | None:
    """How many more examples would show on which side of -margin the difference lies.

    Rough: takes what was seen so far, the difference and the discordance, to be the truth.
    None where nothing was seen, and where 100,000 would not do it.
    """
    evidence = paired.evidence
    if evidence is None:
        return None

    def settled(factor: float, error: float) -> bool:
        more = evidence.times(factor)
        return bool(lower(more, error) > -margin or upper(more, error) < -margin)

    return _more(paired.n, paired.error, settled)


def more_for_share(estimate: Estimate, floor: float, error: float = ERROR) -> More | None:
    """How many more examples would show on which side of the floor a share lies.

    >>> from labeling.stats.estimate import share
    >>> more_for_share(share(45, 50), 0.8)
    More(low=1, high=81)
    """

    def settled(factor: float, error: float) -> bool:
        more = replace(estimate, effective_n=estimate.effective_n * factor)
        return at_least(more, error) >= floor or at_most(more, error) < floor

    return _more(estimate.n, error, settled) if estimate.defined and estimate.n else None


def planned(margin: float, error: float = ERROR) -> More | None:
    """How many labels usually show that a version as good as the baseline is within the margin.

    From versions that differ in 5 % of their answers to 30 %; None for a margin so narrow that
    100,000 would not do it.

    >>> planned(0.1)
    More(low=43, high=260)
    """
    reach = float(ndtri(1 - error) + ndtri(POWER))
    low, high = (reach**2 * share for share in (ALIKE, UNLIKE))
    if low >= MOST * margin**2:
        return None
    fewest = max(low / margin**2, -math.log(error) / margin)
    return More(roughly(fewest), roughly(max(fewest, min(high / margin**2, MOST))))


def roughly(labels: float) -> int:
    """Rounded up to two digits, for it is no more exact than that.

    >>> roughly(17.2), roughly(123.4), roughly(4_100)
    (18, 130, 4100)
    """
    whole = max(math.ceil(labels - 1e-9), 1)  # a rounding error is no label
    step: int = 10 ** max(len(str(whole)) - 2, 0)
    return math.ceil(whole / step) * step


def _more(n: int, error: float, settled: Settled) -> More | None:
    """The range in which the question is settled at the usual error, and at one so strict that
    the usual one is kept nine times of ten."""
    strict = float(ndtr(-(ndtri(1 - error) + ndtri(POWER))))
    low, high = (_examples(n, settled, allowed) for allowed in (error, strict))
    if low is None:
        return None
    return More(roughly(low - n), roughly((high or MOST) - n))


def _examples(n: int, settled: Settled, error: float) -> float | None:
    """The fewest examples that settle it, to one part in a hundred; None beyond the most."""
    few, many = 1.0, MOST / n
    if many < few or not settled(many, error):
        return None
    while many / few > 1.01:
        middle = math.sqrt(few * many)
        few, many = (few, middle) if settled(middle, error) else (middle, many)
    return many * n
