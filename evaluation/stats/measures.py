"""A metric as a sum over examples: its value, and what each example does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.stats.answers import Answers, Floats, Mask, sums_by


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of one version, taken apart.

    parts: (examples,) sum to the value; none is negative. influence: (examples,) sum to zero;
    their squares sum to the value's linearised variance. shares: (examples,) what part of the
    metric's evidence an example is; sum to one. A metric without evidence is NaN in all.
    """

    parts: Floats
    influence: Floats
    shares: Floats

    @property
    def value(self) -> float:
        return float(self.parts.sum()) if len(self.parts) else float("nan")


Measure = Callable[[Answers], Measured]


def accuracy(answers: Answers) -> Measured:
    """The weighted share of right answers.

    >>> accuracy(Answers.of([0, 1, 1], [0, 1, 0], [1, 1, 2], labels=2)).value
    0.5
    """
    everywhere = np.ones(len(answers), dtype=bool)
    return _share(answers, everywhere)


def recall_of(label: int) -> Measure:
    """The weighted share of right answers among examples of this label."""

    def recall(answers: Answers) -> Measured:
        return _share(answers, answers.reference == label)

    return recall


def precision_of(label: int) -> Measure:
    """The weighted share of right answers among examples that were given this label."""

    def precision(answers: Answers) -> Measured:
        return _share(answers, answers.predicted == label)

    return precision


def f1_of(label: int) -> Measure:
    """The harmonic mean of precision and recall: 2 hits / (given + due).

    >>> round(f1_of(1)(Answers.of([0, 1, 1], [1, 1, 0], labels=2)).value, 3)
    0.5
    """

    def f1(answers: Answers) -> Measured:
        due, given = answers.reference == label, answers.predicted == label
        weight = _of_total(answers.weights * (due * 1.0 + given))
        parts = weight * (due & given)
        shares = _of_total(answers.weights * (due | given))
        return Measured(parts, parts - parts.sum() * weight, shares)

    return f1


def macro_recall(answers: Answers) -> Measured:
    """The mean recall of the labels that the reference answers have, each counting the same."""
    shares = _evened(answers)
    parts = shares * answers.right
    due = sums_by(answers.reference, shares, answers.labels)
    hits = sums_by(answers.reference, parts, answers.labels)
    recalls = np.divide(hits, due, out=np.zeros(answers.labels), where=due > 0)
    return Measured(parts, parts - shares * recalls[answers.reference], shares)


def macro_f1(answers: Answers) -> Measured:
    """The mean F1 of the labels that the reference answers have, each counting the same.

    A label that is only given, never due, lowers the F1 of those it was given for.
    """
    weights = answers.weights
    due = sums_by(answers.reference, weights, answers.labels)
    given = sums_by(answers.predicted, weights, answers.labels)
    known = int((due > 0).sum())
    # a label that is never due takes no part
    each = np.divide(1.0, (due + given) * known, out=np.zeros(answers.labels), where=due > 0)
    at_due = weights * each[answers.reference]
    at_given = np.where(answers.predicted >= 0, weights * each[answers.predicted], 0.0)
    parts = 2 * at_due * answers.right
    f1 = sums_by(answers.reference, parts, answers.labels) * known
    lost = at_due * f1[answers.reference] + at_given * f1[answers.predicted]
    return Measured(parts, parts - lost, _evened(answers))


def _share(answers: Answers, among: Mask) -> Measured:
    shares = _of_total(answers.weights * among)
    parts = shares * answers.right
    return Measured(parts, parts - parts.sum() * shares, shares)


def _of_total(weights: Floats) -> Floats:
    """Weights as shares of their sum; NaN where there is none."""
    with np.errstate(invalid="ignore"):
        shares: Floats = weights / weights.sum()
    return shares


def _evened(answers: Answers) -> Floats:
    """Each example's weight within its label, the labels counting the same."""
    totals = sums_by(answers.reference, answers.weights, answers.labels)
    shares: Floats = answers.weights / totals[answers.reference] / max((totals > 0).sum(), 1)
    return shares
