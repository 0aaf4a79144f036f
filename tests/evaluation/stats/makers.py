"""Answers for tests, made up from a seed."""

from __future__ import annotations

import numpy as np

from evaluation.stats.answers import Answers


def make_answers(
    n: int = 200,
    *,
    labels: int = 4,
    right: float = 0.7,
    weighted: bool = False,
    seed: int = 1,
    none: float = 0.0,
) -> Answers:
    """So many answers, a share of them right, some of them missing."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, labels, n)
    predicted = np.where(rng.random(n) < right, reference, rng.integers(0, labels, n))
    predicted = np.where(rng.random(n) < none, -1, predicted)
    weights = rng.choice([1.0, 2.0, 5.0], n) if weighted else np.ones(n)
    return Answers.of(reference, predicted, weights, labels=labels)


def make_pair(
    both: int = 80, wins: int = 5, losses: int = 5, neither: int = 10
) -> tuple[Answers, Answers]:
    """Candidate and baseline by how many examples both, one or none of them got right."""
    sizes = (both, wins, losses, neither)
    candidate = np.repeat([0, 0, 1, 1], sizes)
    baseline = np.repeat([0, 1, 0, 1], sizes)
    reference = np.zeros(sum(sizes), dtype=int)
    return Answers.of(reference, candidate, labels=2), Answers.of(reference, baseline, labels=2)
