"""The gate: how often it passes a candidate that is exactly at the margin, of 5 % promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from evaluation.stats.paired import ERROR, Evidence, lower
from tests.bench.harness import Row, within

RUNS, AT_ONCE = 10_000, 500
SIZES = (100, 250, 500, 1000, 2000)


@dataclass(frozen=True)
class Design:
    """How examples were drawn: parts of the draw, with the weight and the trouble of each.

    trouble: how the losses are spread over the parts, relative to their sizes.
    """

    name: str
    parts: tuple[float, ...] = (1.0,)
    weights: tuple[float, ...] = (1.0,)
    trouble: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Truth:
    """A candidate exactly at the margin: how often it wins, and how often it loses."""

    margin: float
    wins: float

    @property
    def losses(self) -> float:
        return self.wins + self.margin


DESIGNS = (
    Design("no weights"),
    Design("weights 1 to 5", (0.4, 0.3, 0.3), (1, 2, 5), (1, 1, 1)),
    Design("weights 1 and 5, losses where 5", (0.8, 0.2), (1, 5), (0, 1)),
)
TRUTHS = (Truth(0.05, 0.0), Truth(0.05, 0.05), Truth(0.1, 0.1))


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    for design, truth, size in product(DESIGNS, TRUTHS, SIZES):
        rate = false_passes(design, truth, size, RUNS) / RUNS
        differing = truth.wins + truth.losses
        case = f"false pass, {design.name}, n {size}, margin {truth.margin:.0%}"
        yield within(f"{case}, {differing:.0%} differ", 100 * rate, "%", 100 * ERROR)


def false_passes(design: Design, truth: Truth, size: int, runs: int) -> int:
    """How many of so many gates pass it."""
    rng = np.random.default_rng(size)
    passed = 0
    for _ in range(runs // AT_ONCE):
        evidence = draw(rng, design, truth, size)
        passed += int((lower(evidence, ERROR) > -truth.margin).sum())
    return passed


def draw(rng: np.random.Generator, design: Design, truth: Truth, size: int) -> Evidence:
    """What some gates have seen, each on so many examples."""
    part = rng.choice(len(design.parts), p=design.parts, size=(AT_ONCE, size))
    lost = truth.losses * concentration(design)[part]
    chance = rng.random((AT_ONCE, size))
    won = chance > 1 - truth.wins
    difference = won * 1.0 - (chance < lost)
    weights = np.array(design.weights, dtype=float)[part]
    shares = weights / weights.sum(axis=1, keepdims=True)
    contributions = shares * difference
    total = contributions.sum(axis=1, keepdims=True)
    return Evidence.of(contributions, contributions - total * shares, shares)


def concentration(design: Design) -> np.ndarray:
    """(parts,) how many times as often as on average examples of the part are lost."""
    population = np.multiply(design.parts, design.weights)
    trouble = np.array(design.trouble, dtype=float)
    return trouble * population.sum() / (population @ trouble)
