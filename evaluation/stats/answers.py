"""What a version answered to examples whose right answer is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

NONE = -1


@dataclass(frozen=True, slots=True)
class Answers:
    """One version's answers to a set's examples.

    reference, predicted: (examples,) codes of labels from 0; a prediction may be NONE (-1), no
    answer, which is never right. weights: (examples,) one over an inclusion probability.
    labels: how many labels there are codes for.
    """

    reference: Codes
    predicted: Codes
    weights: Floats
    labels: int

    @classmethod
    def of(
        cls,
        reference: ArrayLike,
        predicted: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        labels: int,
    ) -> Answers:
        """The same from any lists, checked; without weights every example counts the same.

        ValueError for lists of different lengths, unknown codes and weights that are not
        positive numbers.

        >>> Answers.of([0, 1], [0, -1], labels=2).right.tolist()
        [True, False]
        """
        right = np.asarray(reference, dtype=np.int64)
        given = np.asarray(predicted, dtype=np.int64)
        weight = np.ones(len(right)) if weights is None else np.asarray(weights, dtype=np.float64)
        _refuse_nonsense(right, given, weight, labels)
        return cls(right, given, weight, labels)

    def __len__(self) -> int:
        return len(self.reference)

    @property
    def right(self) -> Mask:
        """(examples,) whether the answer is the reference answer."""
        right: Mask = self.reference == self.predicted
        return right

    def where(self, mask: Mask) -> Answers:
        """The answers in a slice."""
        return Answers(self.reference[mask], self.predicted[mask], self.weights[mask], self.labels)


def sums_by(codes: Codes, values: Floats, labels: int) -> Floats:
    """(labels,) the sum of the values by code; examples without a code are left out.

    >>> sums_by(np.array([0, 1, 1, -1]), np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist()
    [1.0, 5.0, 0.0]
    """
    sums = np.bincount(codes + 1, weights=values, minlength=labels + 1)[1:]
    return sums.astype(np.float64)


def _refuse_nonsense(reference: Codes, predicted: Codes, weights: Floats, labels: int) -> None:
    if reference.ndim != 1 or not reference.shape == predicted.shape == weights.shape:
        raise ValueError("answers, references and weights are to be lists of the same length")
    if not ((reference >= 0) & (reference < labels)).all():
        raise ValueError(f"a reference answer is a code from 0 to {labels - 1}")
    if not ((predicted >= NONE) & (predicted < labels)).all():
        raise ValueError(f"a prediction is a code from 0 to {labels - 1}, or {NONE} for none")
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("a weight is a positive number")
