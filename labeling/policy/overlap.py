"""How many people judge an item of a queue where only a share is judged by several."""

from __future__ import annotations

from random import Random


def places_each(size: int, overlap: int, percent: int, *, seed: int) -> list[int]:
    """How many people judge each of the items of a sample, in the sample's order.

    percent: of the items, rounded but at least one, have `overlap` places; the others have one.
    The same seed chooses the same items, and a larger share holds those of a smaller one.

    >>> places_each(4, 3, 50, seed=7)
    [3, 1, 1, 3]
    >>> places_each(4, 3, 100, seed=7)
    [3, 3, 3, 3]
    """
    ranks = list(range(size))
    Random(f"overlap {seed}").shuffle(ranks)  # noqa: S311 - a choice to be repeated, not a secret
    several = max(1, round(size * percent / 100))
    return [overlap if rank < several else 1 for rank in ranks]


def judgments_wanted(size: int, overlap: int, percent: int) -> int:
    """How many judgments that makes.

    >>> judgments_wanted(4, 3, 50), judgments_wanted(0, 3, 50)
    (8, 0)
    """
    several = min(size, max(1, round(size * percent / 100)))
    return several * overlap + size - several
