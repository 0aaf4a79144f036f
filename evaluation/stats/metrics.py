"""How good a version is: accuracy, precision, recall and F1, the kinds of its errors, by slice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.answers import NONE, Answers, Floats, Mask, sums_by
from evaluation.stats.measures import Measure, accuracy, macro_f1, macro_recall
from labeling.stats.estimate import (
    LEVEL,
    Estimate,
    Reason,
    effective_n,
    effective_share_n,
    undefined,
    weighted_share,
    wilson,
)
from labeling.stats.taxonomy import Kind, Tree

METHOD = "Hajek, linearised, Wilson"


class Why(StrEnum):
    """Why a metric of one label cannot be given."""

    NEVER_PREDICTED = "the version never gave this label"
    NEVER_DUE = "no reference answer is this label"
    NEITHER = "neither the version nor the reference has this label"


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How good a version is at one label.

    label: its code. due, given: how many examples have it as reference, as prediction.
    """

    label: int
    due: int
    given: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class Scores:
    """How good a version is on a set or a slice of it.

    micro_precision: of the answers that were given; micro recall is the accuracy. Macro averages
    let the labels that the reference answers have count the same; macro precision leaves out
    those that were never predicted, as many as `never_predicted` says. by_label: the labels that
    occur, in the order of their codes.
    """

    accuracy: Estimate
    micro_precision: Estimate
    micro_f1: Estimate
    macro_precision: Estimate
    macro_recall: Estimate
    macro_f1: Estimate
    never_predicted: int
    by_label: tuple[LabelScores, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each label was given for each: (references, predictions), NONE in the last column.

    counts: examples; weighted: the sum of their weights.
    """

    counts: NDArray[np.int64]
    weighted: Floats


def score(answers: Answers, *, level: float = LEVEL) -> Scores:
    """Every metric of one version.

    >>> scores = score(Answers.of([0, 0, 1, 1], [0, 0, 0, -1], labels=2))
    >>> scores.accuracy.value, round(scores.by_label[0].precision.value, 3)
    (0.5, 0.667)
    >>> scores.by_label[1].precision.reason.value, scores.by_label[1].recall.value
    ('the version never gave this label', 0.0)
    """
    by_label = tuple(_by_label(answers, level))
    due = [one for one in by_label if one.due]
    return Scores(
        accuracy=measure(accuracy, answers, level=level),
        micro_precision=_micro_precision(answers, level),
        micro_f1=_micro_f1(answers, level),
        macro_precision=_macro_precision(answers, due, level),
        macro_recall=measure(macro_recall, answers, level=level),
        macro_f1=measure(macro_f1, answers, level=level),
        never_predicted=sum(not one.given for one in due),
        by_label=by_label,
    )


def score_slices(
    answers: Answers, slices: Mapping[str, Mask], *, level: float = LEVEL
) -> dict[str, Scores]:
    """The scores of each slice, by its name; a slice is a mask of the examples."""
    return {name: score(answers.where(mask), level=level) for name, mask in slices.items()}


def measure(metric: Measure, answers: Answers, *, level: float = LEVEL) -> Estimate:
    """One metric with its interval: Wilson's at the n worth its linearised variance.

    Sarndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), section 5.6: a ratio's
    variance is that of its linearised values. Korn and Graubard, Survey Methodology 24 (1998)
    193: the n that such a variance is worth.

    >>> measure(accuracy, Answers.of([0, 1, 1, 1], [0, 1, 1, 0], labels=2)).value
    0.75
    """
    taken = metric(answers)
    counted = taken.shares > 0
    if not counted.any():
        return undefined(Reason.NOTHING_COUNTED, level=level, method=METHOD)
    variance = float(np.square(taken.influence).sum())
    worth = 1 / float(np.square(taken.shares).sum())
    return _estimate(taken.value, variance, int(counted.sum()), worth, level)


def confusion(answers: Answers) -> Confusion:
    """Counts and weights by reference answer and prediction.

    >>> confusion(Answers.of([0, 1, 1], [0, 0, -1], labels=2)).counts.tolist()
    [[1, 0, 0], [1, 0, 1]]
    """
    columns = answers.labels + 1
    given = np.where(answers.predicted == NONE, answers.labels, answers.predicted)
    cells = answers.reference * columns + given
    shape = answers.labels, columns
    size = answers.labels * columns
    counts = np.bincount(cells, minlength=size).reshape(shape)
    weighted = sums_by(cells, answers.weights, size).reshape(shape)
    return Confusion(counts, weighted)


def error_kinds(
    answers: Answers, tree: Tree, keys: Sequence[str], *, level: float = LEVEL
) -> dict[Kind, Estimate]:
    """The weighted share of all examples that were answered in each way, exact ones included.

    keys: the label in the tree for each code. No answer, and a label that the tree does not
    have, is a wrong branch.

    >>> tree = Tree.of([("money", None), ("refund", "money")])
    >>> kinds = error_kinds(Answers.of([1, 1], [1, 0], labels=2), tree, ["money", "refund"])
    >>> kinds[Kind.TOO_GENERAL].value
    0.5
    """
    found = kinds_of(answers, tree, keys)
    return {
        kind: weighted_share(found == place, answers.weights, level=level)
        for place, kind in enumerate(Kind)
    }


def kinds_of(answers: Answers, tree: Tree, keys: Sequence[str]) -> NDArray[np.int64]:
    """(examples,) in which way each was answered: the place of its kind in `Kind`."""
    pairs = answers.predicted * answers.labels + answers.reference
    unique, inverse = np.unique(pairs, return_inverse=True)
    place = {kind: place for place, kind in enumerate(Kind)}
    kinds = [place[_kind(*divmod(int(pair), answers.labels), tree, keys)] for pair in unique]
    return np.array(kinds, dtype=np.int64)[inverse]


def _kind(given: int, due: int, tree: Tree, keys: Sequence[str]) -> Kind:
    if given == due:
        return Kind.EXACT
    if given == NONE or not {keys[given], keys[due]} <= tree.positions.keys():
        return Kind.WRONG_BRANCH
    return tree.kind(keys[given], keys[due])


@dataclass(frozen=True, slots=True)
class _Sums:
    """(labels,) sums over examples due, given and both: counts, weights and squared weights."""

    due: Floats
    given: Floats
    both: Floats

    @classmethod
    def of(cls, answers: Answers, values: Floats) -> _Sums:
        due = sums_by(answers.reference, values, answers.labels)
        given = sums_by(answers.predicted, values, answers.labels)
        both = sums_by(answers.reference, values * answers.right, answers.labels)
        return cls(due, given, both)


def _by_label(answers: Answers, level: float) -> Iterator[LabelScores]:
    counts, weights, squares = (_Sums.of(answers, answers.weights**power) for power in range(3))
    for label in np.flatnonzero(counts.due + counts.given):
        at = [
            (float(sums.due[label]), float(sums.given[label]), float(sums.both[label]))
            for sums in (counts, weights, squares)
        ]
        due, given, both = zip(*at, strict=True)
        yield LabelScores(
            int(label),
            int(due[0]),
            int(given[0]),
            precision=_ratio(both, given, Why.NEVER_PREDICTED, level),
            recall=_ratio(both, due, Why.NEVER_DUE, level),
            f1=_f1(both, due, given, level),
        )


def _ratio(hits: tuple[float, ...], among: tuple[float, ...], why: Why, level: float) -> Estimate:
    """A share of hits from sums of weights to the power of 0, 1 and 2."""
    n, total, squares = among
    if not n:
        return undefined(why, level=level, method=METHOD)
    value = hits[1] / total
    spread = hits[2] * (1 - value) ** 2 + (squares - hits[2]) * value**2
    return _estimate(value, spread / total**2, int(n), total**2 / squares, level)


def _f1(
    hits: tuple[float, ...], due: tuple[float, ...], given: tuple[float, ...], level: float
) -> Estimate:
    """2 hits / (due + given): a hit moves it by 2 - 2 F1, a miss or a false one by -F1."""
    total = due[1] + given[1]
    value = 2 * hits[1] / total
    missed = due[2] + given[2] - 2 * hits[2]
    spread = hits[2] * (2 - 2 * value) ** 2 + missed * value**2
    n, weight, squares = (d + g - h for d, g, h in zip(due, given, hits, strict=True))
    return _estimate(value, spread / total**2, int(n), weight**2 / squares, level)


def _macro_precision(answers: Answers, due: Iterable[LabelScores], level: float) -> Estimate:
    """The mean precision over the labels that are due and were predicted."""
    known = [one.label for one in due if one.given]
    if not known:
        return undefined(Why.NEVER_PREDICTED, level=level, method=METHOD)
    position = np.full(answers.labels + 1, NONE)
    position[known] = range(len(known))
    counted = answers.where(position[answers.predicted] != NONE)
    at = position[counted.predicted]
    totals = sums_by(at, counted.weights, len(known))
    shares = counted.weights / totals[at] / len(known)
    parts = shares * counted.right
    precision = sums_by(at, parts, len(known)) * len(known)
    variance = float(np.square(parts - shares * precision[at]).sum())
    return _estimate(float(parts.sum()), variance, len(counted), effective_n(shares), level)


def _micro_precision(answers: Answers, level: float) -> Estimate:
    given = answers.where(answers.predicted != NONE)
    return measure(accuracy, given, level=level)


def _micro_f1(answers: Answers, level: float) -> Estimate:
    """2 right / (examples + answers given); the accuracy where all were answered."""
    given = answers.weights * (1.0 + (answers.predicted != NONE))
    if not len(given):
        return undefined(Reason.NOTHING_COUNTED, level=level, method=METHOD)
    parts = 2 * answers.weights * answers.right / given.sum()
    influence = parts - parts.sum() * given / given.sum()
    variance = float(np.square(influence).sum())
    worth = effective_n(answers.weights)
    return _estimate(float(parts.sum()), variance, len(given), worth, level)


def _estimate(value: float, variance: float, n: int, worth: float, level: float) -> Estimate:
    value = min(max(value, 0.0), 1.0)
    # the root of a sum of rounding errors is no variance
    rounding = math.isclose(value, 1.0, abs_tol=1e-12) or value < 1e-12
    effective = worth if rounding else effective_share_n(value, variance, float(n), worth)
    low, high = wilson(value, effective, level)
    return Estimate(value, low, high, n, effective, level, METHOD)
