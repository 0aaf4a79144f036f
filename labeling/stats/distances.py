"""How far two values are apart: what a disagreement about them weighs.

A distance is a function from the totals of the values (how often each was given, (values,))
to a matrix (values, values) that is zero on its diagonal. Only `ordinal`, and what is made of it,
looks at the totals.
Krippendorff's alpha takes the squared difference of its level of measurement as it is; the
kappas divide it by its largest entry and use what is left of one as the weight of agreement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Distance = Callable[[Matrix], Matrix]


def nominal(totals: Matrix) -> Matrix:
    """Values are equal or they are not.

    >>> nominal(np.ones(2)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return 1.0 - np.eye(len(totals))


def ordinal(totals: Matrix) -> Matrix:
    """Values in order, apart by how many answers lie between them, squared.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D; the totals are
    those of the answers that have a partner.

    >>> ordinal(np.array([4.0, 2.0, 4.0])).tolist()
    [[0.0, 9.0, 36.0], [9.0, 0.0, 9.0], [36.0, 9.0, 0.0]]
    """
    middles = np.cumsum(totals) - totals / 2
    return _differences(middles) ** 2


def steps(totals: Matrix) -> Matrix:
    """Values in order, apart by the pairs of values that lie from one to the other.

    Gwet, Handbook of Inter-Rater Reliability (4th ed., 2014), table 3.5 ("ordinal weights").

    >>> steps(np.ones(3)).tolist()
    [[0.0, 1.0, 3.0], [1.0, 0.0, 1.0], [3.0, 1.0, 0.0]]
    """
    apart = np.abs(_differences(np.arange(len(totals), dtype=np.float64)))
    return np.asarray(apart * (apart + 1) / 2)


def interval(scores: Sequence[float]) -> Distance:
    """Values with scores, apart by the squared difference of their scores.

    >>> interval([1, 2, 4])(np.ones(3)).tolist()
    [[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]
    """
    return _fixed(_differences(_scores(scores)) ** 2)


def linear(scores: Sequence[float]) -> Distance:
    """Values with scores, apart by the difference of their scores.

    >>> linear([1, 2, 4])(np.ones(3)).tolist()
    [[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]]
    """
    return _fixed(np.abs(_differences(_scores(scores))))


def ratio(scores: Sequence[float]) -> Distance:
    """Values with scores and a true zero, apart by their difference over their sum, squared.

    ValueError for a negative score.

    >>> ratio([0, 1, 3])(np.ones(3)).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.25], [1.0, 0.25, 0.0]]
    """
    score = _scores(scores)
    if (score < 0).any():
        raise ValueError("a ratio scale has no negative scores")
    sums = score[:, None] + score[None, :]
    return _fixed((_differences(score) / np.where(sums == 0, 1.0, sums)) ** 2)


def masi(sets: Sequence[frozenset[str]]) -> Distance:
    """Sets of labels, apart by what they do not share, less where one is part of the other.

    1 - J M: J is the share that two sets have in common (Jaccard); M is 1 for equal sets, 2/3
    where one holds the other, 1/3 where they overlap, and 0 otherwise. ValueError for an empty
    set, which no answer is.

    Passonneau, Measuring Agreement on Set-valued Items (MASI) for Semantic and Pragmatic
    Annotation, LREC 2006.

    >>> masi([frozenset("a"), frozenset("ab"), frozenset("bc")])(np.ones(3)).round(3).tolist()
    [[0.0, 0.667, 1.0], [0.667, 0.0, 0.889], [1.0, 0.889, 0.0]]
    """
    if not all(sets):
        raise ValueError("a set of labels has one at least")
    apart = [[1.0 - _shared(one, other) for other in sets] for one in sets]
    return _fixed(np.array(apart, dtype=np.float64).reshape(len(sets), len(sets)))


def jaccard(sets: Sequence[frozenset[str]]) -> Distance:
    """Sets of labels, apart by the share of their labels that they do not have in common.

    ValueError for an empty set, which no answer is.

    Jaccard, The Distribution of the Flora in the Alpine Zone, New Phytologist 11 (1912).

    >>> jaccard([frozenset("a"), frozenset("ab"), frozenset("bc")])(np.ones(3)).round(3).tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 0.667], [1.0, 0.667, 0.0]]
    """
    if not all(sets):
        raise ValueError("a set of labels has one at least")
    apart = [[1.0 - len(one & other) / len(one | other) for other in sets] for one in sets]
    return _fixed(np.array(apart, dtype=np.float64).reshape(len(sets), len(sets)))


def kendall(rankings: Sequence[Mapping[str, int]]) -> Distance:
    """Rankings of the same things, apart by the pairs that they order otherwise.

    A pair in opposite orders counts one, a pair that only one of the two ties counts a half; the
    sum is divided by the number of pairs. A metric from 0 to 1: Kendall's distance for rankings
    with ties at a penalty of 1/2, which is Kemeny and Snell's.

    Fagin, Kumar, Mahdian, Sivakumar and Vee, Comparing Partial Rankings, SIAM Journal on Discrete
    Mathematics 20 (2006), section 3; Kemeny and Snell, Mathematical Models in the Social Sciences
    (1962), chapter II.

    rankings: the place of each thing, one for the best. ValueError for different things.

    >>> one, other, tied = {"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 1, "b": 1}
    >>> kendall([one, other, tied])(np.ones(3)).tolist()
    [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5], [0.5, 0.5, 0.0]]
    """
    things = sorted(rankings[0]) if rankings else []
    if any(sorted(ranking) != things for ranking in rankings):
        raise ValueError("rankings of different things are not compared")
    places = np.array([[ranking[thing] for thing in things] for ranking in rankings])
    pairs = list(combinations(range(len(things)), 2))
    order = np.array([[np.sign(row[one] - row[two]) for one, two in pairs] for row in places])
    apart = np.abs(order[:, None, :] - order[None, :, :]).sum(axis=2) / (2 * max(1, len(pairs)))
    return _fixed(apart.astype(np.float64))


def overlap(marks: Sequence[Collection[tuple[str, int, int]]]) -> Distance:
    """Marked texts, apart by the share of labeled characters that they do not have in common.

    1 - F1 of the labeled characters, a character with two labels counting twice: 0 for equal
    marks and where both mark nothing, 1 where they share nothing or only one marks anything.
    No metric, as it may break the triangle inequality, but from 0 to 1 and the same both ways,
    which is all that alpha asks; pooled over items as for other annotations of a complex form.

    Dice, Measures of the Amount of Ecologic Association Between Species, Ecology 26 (1945);
    Braylan, Alonso and Lease, Measuring Annotator Agreement Generally across Complex Structured,
    Multi-object, and Free-text Annotation Tasks, WWW 2022.

    marks: label, first place and the place behind the last, for each span.

    >>> whole, half = [("city", 0, 4)], [("city", 2, 4)]
    >>> overlap([whole, half, []])(np.ones(3)).round(3).tolist()
    [[0.0, 0.333, 1.0], [0.333, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    sizes, common = np.zeros(len(marks)), np.zeros((len(marks), len(marks)))
    for label in sorted({label for spans in marks for label, _start, _end in spans}):
        covered, widths = _covered(marks, label)
        sizes += covered @ widths
        common += (covered * widths) @ covered.T
    both = sizes[:, None] + sizes[None, :]
    return _fixed(1.0 - np.divide(2.0 * common, both, out=np.ones_like(both), where=both > 0))


def _covered(
    marks: Sequence[Collection[tuple[str, int, int]]], label: str
) -> tuple[Matrix, Matrix]:
    """(marks, stretches) which stretches between ends have a label, and the widths of those."""
    own = [[(start, end) for name, start, end in spans if name == label] for spans in marks]
    ends = np.unique([place for spans in own for span in spans for place in span])
    covered = np.zeros((len(marks), len(ends) - 1))
    for row, spans in zip(covered, own, strict=True):
        for start, end in spans:
            row[np.searchsorted(ends, start) : np.searchsorted(ends, end)] = 1.0
    return covered, np.diff(ends).astype(np.float64)


def with_one_aside(inner: Distance) -> Distance:
    """Values at the distances given, but for the last: it is as far from each as any two are.

    For a preference between two outputs "both bad" lies nowhere between the one and the other, so
    it is no step on their scale: it is set aside at the largest distance that the scale has (one
    where the scale has none), and its answers do not lengthen the scale.

    >>> with_one_aside(interval([1, 2]))(np.ones(3)).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """

    def distance(totals: Matrix) -> Matrix:
        scale = inner(totals[:-1])
        apart = np.full((len(totals), len(totals)), float(scale.max(initial=0.0)) or 1.0)
        apart[:-1, :-1] = scale
        apart[-1, -1] = 0.0
        return apart

    return distance


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    if one == other:
        return 1.0
    monotone = 2 / 3 if one <= other or other <= one else 1 / 3
    return monotone * common / len(one | other)


def agreement_weights(distance: Distance, totals: Matrix) -> Matrix:
    """What a pair of values adds to agreement: one for equal values, zero for the farthest.

    >>> agreement_weights(linear([1, 2, 3]), np.ones(3)).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    apart = distance(totals)
    return 1.0 - apart / max(float(apart.max(initial=0.0)), np.finfo(np.float64).tiny)


def _fixed(apart: Matrix) -> Distance:
    def distance(totals: Matrix) -> Matrix:
        if len(totals) != len(apart):
            raise ValueError(f"{len(apart)} scores do not fit {len(totals)} values")
        return apart

    return distance


def _scores(scores: Sequence[float]) -> Matrix:
    score = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(score).all():
        raise ValueError("a score is a number")
    return score


def _differences(score: Matrix) -> Matrix:
    return score[:, None] - score[None, :]
