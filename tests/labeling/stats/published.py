"""Published worked examples: the answers people gave and the coefficients that were printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from labeling.stats.agreement import Counts, alpha, count, percent_agreement
from labeling.stats.distances import Distance, interval, linear, nominal, ordinal, ratio, steps
from labeling.stats.kappas import brennan_prediger, cohen, conger, fleiss, gwet, scott


@dataclass(frozen=True)
class Example:
    """One worked example: a table of two people, or the codes of any number of them."""

    name: str
    levels: list[Any]
    table: list[list[int]]
    ratings: list[list[int | None]]
    expected: dict[str, float]

    @cached_property
    def codes(self) -> np.ndarray:
        """(items, people) codes, -1 where missing."""
        if self.ratings:
            return np.array(
                [[-1 if code is None else code for code in row] for row in self.ratings]
            )
        cells = np.array(self.table)
        pairs = np.argwhere(cells >= 0)
        return np.repeat(pairs, cells[pairs[:, 0], pairs[:, 1]], axis=0)

    @cached_property
    def counts(self) -> Counts:
        items = np.repeat(np.arange(len(self.codes)), self.codes.shape[1])
        return count(items, self.codes.ravel(), len(self.levels), len(self.codes))

    @property
    def scores(self) -> list[float]:
        numbers = all(isinstance(level, int | float) for level in self.levels)
        return self.levels if numbers else list(range(1, len(self.levels) + 1))

    def distance(self, name: str) -> Distance:
        """The distance behind the name that the literature gives its weights."""
        fixed = {"identity": nominal, "nominal": nominal, "ordinal": steps, "1968w": cohen_1968}
        scored = {"linear": linear, "quadratic": interval, "interval": interval, "ratio": ratio}
        return fixed.get(name) or scored[name](self.scores)

    def compute(self, coefficient: str) -> float:
        """The coefficient by the name it has in the file: family, underscore, weights."""
        family, _, weights = coefficient.rpartition("_")
        if coefficient == "alpha_ordinal":
            return alpha(self.counts, ordinal)
        distance = self.distance(weights)
        if family in {"cohen", "scott"}:
            return {"cohen": cohen, "scott": scott}[family](self.table, distance)
        if family == "conger":
            return conger(self.codes, distance, size=len(self.levels))
        if family == "pa":
            return percent_agreement(self.counts, distance).value
        return COUNTED[family](self.counts, distance)


COUNTED = {
    "alpha": alpha,
    "krippendorff": alpha,
    "fleiss": fleiss,
    "gwet": gwet,
    "bp": brennan_prediger,
}


def cohen_1968(totals: np.ndarray) -> np.ndarray:
    """The disagreement weights of Cohen's 1968 example."""
    return np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 6.0], [3.0, 6.0, 0.0]])


def examples() -> dict[str, Example]:
    """All examples by their name."""
    rows = json.loads((Path(__file__).parent / "published.json").read_text())
    return {
        row["id"]: Example(
            row["id"], row["levels"], row.get("table", []), row.get("ratings", []), row["expected"]
        )
        for row in rows
    }


def printed_precision(value: float) -> float:
    """Half a unit in the last printed place."""
    return 0.5 * 10.0 ** -len(str(value).partition(".")[2]) + 1e-9
