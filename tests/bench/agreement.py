"""Alpha with its interval: how long it takes, and how often it covers the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import krippendorff
import numpy as np

from labeling.stats.agreement import Counts, alpha, alpha_estimate, collapse, comparable, count
from labeling.stats.distances import Distance, nominal
from labeling.stats.taxonomy import Tree
from tests.bench.harness import Row, faster, seconds, within

ITEMS, PEOPLE, RESAMPLES = 100_000, 5, 1000
TAKEN = 5  # resamples of the naive way that are really run; the others would take the same
RUNS = 600  # simulated projects per cell: 95 % then comes out as 93 to 97


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    yield from time_of_nominal_alpha()
    yield from time_of_tree_alpha()
    for cell in CELLS:
        yield coverage(cell)


def time_of_nominal_alpha() -> Iterator[Row]:
    """From answers as they are stored to the interval, five values, a tenth missing."""
    case = f"alpha interval, {ITEMS} items x {PEOPLE}"
    codes = simulate(np.random.default_rng(1), ITEMS, PEOPLE, np.full(5, 0.2), 0.2)
    codes[np.random.default_rng(2).random(codes.shape) < 0.1] = -1
    ours = seconds(lambda: interval_of(codes, 5, nominal))
    package = f"{RESAMPLES} resamples with krippendorff {version('krippendorff')}"
    naive = seconds(lambda: resampled(codes), times=TAKEN) * RESAMPLES
    yield faster(case, ours, f"{package} (time of {TAKEN}, scaled)", naive)
    yield within(f"{case}, beside its limit", ours, "s", 0.1)


def time_of_tree_alpha() -> Iterator[Row]:
    """The same with the distance on a taxonomy of ten branches and 151 leaves."""
    leaves = [(f"{place}", f"branch {place % 10}") for place in range(151)]
    tree = Tree.of([*((f"branch {place}", None) for place in range(10)), *leaves])
    distance = tree.distance([key for key, _ in leaves])
    codes = simulate(np.random.default_rng(3), ITEMS, PEOPLE, np.full(151, 1 / 151), 0.2)
    ours = seconds(lambda: interval_of(codes, 151, distance))
    yield within(f"tree alpha interval, 151 labels, {ITEMS} items x {PEOPLE}", ours, "s", 1.0)


@dataclass(frozen=True)
class Cell:
    """A kind of project: how many items and people, how rare its values, how often people err."""

    name: str
    items: int
    people: int
    shares: tuple[float, ...]
    error: float


CELLS = (
    Cell("few items", 20, 3, (0.25, 0.25, 0.25, 0.25), 0.1),
    Cell("uneven values", 50, 3, (0.4, 0.3, 0.2, 0.1), 0.15),
    Cell("rare values", 50, 3, (0.94, 0.03, 0.02, 0.01), 0.01),
    Cell("skewed, two people", 100, 2, (0.8, 0.1, 0.05, 0.05), 0.08),
    Cell("much disagreement", 200, 3, (0.25, 0.25, 0.25, 0.25), 0.3),
    Cell("rare values, hardly an error", 200, 3, (0.95, 0.03, 0.01, 0.01), 0.004),
    Cell("many items", 500, 3, (0.4, 0.3, 0.2, 0.1), 0.15),
)


def coverage(cell: Cell) -> Row:
    """How many nominal 95 % intervals hold the alpha of a very large project of the same kind."""
    rng = np.random.default_rng(7)
    shares, values = np.array(cell.shares), len(cell.shares)
    truth = alpha(counted(simulate(rng, 400_000, cell.people, shares, cell.error), values))
    ours, theirs = [], []
    for _ in range(RUNS):
        counts = counted(simulate(rng, cell.items, cell.people, shares, cell.error), values)
        seen = alpha_estimate(counts)
        if seen.defined:
            low, high = percentiles(counts, rng)
            ours.append(seen.low <= truth <= seen.high)
            theirs.append(low <= truth <= high)
    case = f"coverage, {cell.name}: {cell.items} items x {cell.people}, alpha {truth:.2f}"
    share, naive = float(np.mean(ours)), float(np.mean(theirs))
    return Row(case, share, "of 95 %", "percentile bootstrap", naive, share / naive)


def simulate(
    rng: np.random.Generator, items: int, people: int, shares: np.ndarray, error: float
) -> np.ndarray:
    """(items, people) answers: the item's own value, or by error any value."""
    truth = rng.choice(len(shares), size=(items, 1), p=shares)
    slips = rng.integers(0, len(shares), size=(items, people))
    return np.where(rng.random((items, people)) < error, slips, truth)


def counted(codes: np.ndarray, values: int) -> Counts:
    """(items, values) from (items, people)."""
    return count(np.repeat(np.arange(len(codes)), codes.shape[1]), codes.ravel(), values)


def interval_of(codes: np.ndarray, values: int, distance: Distance) -> object:
    """What a report computes."""
    return alpha_estimate(counted(codes, values), distance)


def resampled(codes: np.ndarray) -> float:
    """One naive resample: draw items with replacement, and ask the package for its alpha."""
    drawn = np.random.default_rng().integers(0, len(codes), len(codes))
    answers = np.where(codes[drawn] < 0, np.nan, codes[drawn]).T
    return float(krippendorff.alpha(reliability_data=answers, level_of_measurement="nominal"))


def percentiles(counts: Counts, rng: np.random.Generator, resamples: int = 400) -> list[float]:
    """The percentile bootstrap over items, as multinomial weights of the patterns of answers."""
    patterns, times = collapse(comparable(counts))
    weights = rng.multinomial(int(times.sum()), times / times.sum(), size=resamples)
    sizes, squares = patterns.sum(axis=1), (patterns**2).sum(axis=1)
    answers, totals = weights @ sizes, weights @ patterns
    observed = weights @ ((sizes**2 - squares) / (sizes - 1))
    expected = answers**2 - (totals**2).sum(axis=1)
    some = expected > 0
    drawn = 1 - (answers[some] - 1) * observed[some] / expected[some]
    return [float(np.quantile(drawn, end)) for end in (0.025, 0.975)]
