"""The figures of agreement on one criterion, from columns of answers to all items or to some."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Criterion
from labeling.policy.rankings import numbers_in
from labeling.policy.spans import spans_in
from labeling.policy.values import BOTH_BAD, NONE_OF_THESE, keys_in, number_in, preferences
from labeling.stats.agreement import Counts, alpha_estimate, comparable, count, percent_agreement
from labeling.stats.distances import (
    Distance,
    interval,
    jaccard,
    kendall,
    masi,
    nominal,
    ordinal,
    overlap,
    ratio,
    with_one_aside,
)
from labeling.stats.estimate import LEVEL, Estimate, share, undefined
from labeling.stats.kappas import chance_corrected_estimate
from labeling.stats.taxonomy import Tree

BLANK, CANNOT_TELL = -1, -2
NOT_COMPARED = "texts are not compared"
#: Kinds whose scale is what was answered, and kinds that are not compared.
OBSERVED = (
    Criterion.Kind.NUMBER,
    Criterion.Kind.SEVERAL_CHOICES,
    Criterion.Kind.RANKING,
    Criterion.Kind.SPANS,
)
TEXTS = (Criterion.Kind.FREE_TEXT, Criterion.Kind.CORRECTED_OUTPUT)
#: More different marks than these take too long to compare each with each.
MOST_MARKS = 2_000

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Scale:
    """What a criterion can be answered with, and how far its answers are apart."""

    keys: tuple[str, ...]
    distance: Distance
    name: str
    tree: Tree | None = None

    @property
    def compared(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True)
class Columns:
    """The answers to one criterion: positions of task and annotator, and codes of the scale.

    A code is negative where somebody left the answer blank or could not tell.
    """

    items: Codes
    people: Codes
    values: Codes
    n_items: int


@dataclass(frozen=True)
class Figures:
    """Agreement on one criterion among some items.

    items: with two answers or more; pairs: of answers to the same item; answers: given at all,
    "cannot tell" among them; largest_share: of the most given answer, NaN without any.
    """

    agreement: Estimate
    alpha: Estimate
    ac1: Estimate
    cannot_tell: Estimate
    items: int
    pairs: int
    answers: int
    largest_share: float


def scale_of(criterion: Criterion, given: Iterable[str | None] = ()) -> Scale:
    """The scale of a criterion's kind, with the distance that its author chose.

    Texts have no keys and are not compared, nor is what the rubric leaves out of agreement.
    given: the answers, which are the scale themselves for numbers and for several choices.
    """
    if not criterion.counts:
        return Scale((), nominal, "")
    scale = _scale_of_kind(criterion, given)
    chosen = CHOSEN.get(criterion.distance)
    if chosen is None or not scale.keys:
        return scale
    name, distance = chosen
    return replace(scale, distance=distance(scale.keys), name=name)


def _scale_of_kind(criterion: Criterion, given: Iterable[str | None]) -> Scale:
    none = (NONE_OF_THESE,) if criterion.propose else ()
    if criterion.kind == Criterion.Kind.YES_NO:
        return Scale(("yes", "no"), nominal, "nominal")
    if criterion.taxonomy is not None:
        tree = tree_of([*criterion.taxonomy.nodes, *({"key": key} for key in none)])
        return Scale(tree.keys, tree.distance(tree.keys), "tree", tree)
    if criterion.kind == Criterion.Kind.PREFERENCE:
        return _preferences(preferences(criterion.terms))
    if criterion.kind in OBSERVED:
        return _observed(criterion.kind, {value for value in given if value})
    keys = (*(option["key"] for option in criterion.options), *none)
    if criterion.kind in TEXTS:
        return Scale((), nominal, "")
    if criterion.kind == Criterion.Kind.ORDINAL:
        return Scale(keys, ordinal, "ordinal")
    return Scale(keys, nominal, "nominal")


def _preferences(keys: tuple[str, ...]) -> Scale:
    if BOTH_BAD in keys:
        return Scale(keys, with_one_aside(ordinal), "ordinal, both bad aside")
    return Scale(keys, ordinal, "ordinal")


def _observed(kind: str, values: set[str]) -> Scale:
    """Of many possible answers only those that were given, since no other can disagree."""
    if kind == Criterion.Kind.NUMBER:
        numbers = tuple(sorted(values, key=Decimal))
        scores = [float(number) for number in numbers]
        return Scale(numbers, interval(scores) if scores else nominal, "interval")
    sets = tuple(sorted(values))
    if kind == Criterion.Kind.RANKING:
        orders = [numbers_in(value) for value in sets]
        return Scale(sets, kendall(orders) if sets else nominal, "Kendall")
    if kind == Criterion.Kind.SPANS:
        return _marked(sets)
    return Scale(sets, masi(_sets(sets)) if sets else nominal, "MASI")


def _marked(values: tuple[str, ...]) -> Scale:
    """Marks by what they share; of too many only whether they are the same."""
    if len(values) > MOST_MARKS:
        return Scale(values, nominal, "nominal")
    marks = [[(one.label, one.start, one.end) for one in spans_in(v) or []] for v in values]
    return Scale(values, overlap(marks) if values else nominal, "overlap")


def _sets(keys: tuple[str, ...]) -> list[frozenset[str]]:
    return [frozenset(keys_in(value)) for value in keys]


#: The distances that an author can choose, by name: what to call it, and how it is made of values.
CHOSEN: Mapping[str, tuple[str, Callable[[tuple[str, ...]], Distance]]] = {
    "nominal": ("nominal", lambda _keys: nominal),
    "interval": ("interval", lambda keys: interval(_scores(keys))),
    "ratio": ("ratio", lambda keys: ratio(_scores(keys))),
    "jaccard": ("Jaccard", lambda keys: jaccard(_sets(keys))),
}


def _scores(keys: tuple[str, ...]) -> list[float]:
    """Numbers as they are; the steps of a scale one after another."""
    numbers = [number_in(key) for key in keys]
    if keys and all(number is not None for number in numbers):
        return [float(number) for number in numbers if number is not None]
    return [float(place) for place in range(len(keys))]


def tree_of(nodes: list[dict[str, Any]]) -> Tree:
    return Tree.of((node["key"], node.get("parent")) for node in nodes)


def counts_of(columns: Columns, scale: Scale) -> Counts:
    """(items, values) how often each item got each value of the scale."""
    return count(columns.items, columns.values, max(1, len(scale.keys)), columns.n_items)


def measure(columns: Columns, scale: Scale, counts: Counts, among: Mask | None = None) -> Figures:
    """The figures among all items, or among those of a mask over items.

    AC1 and percent agreement know only same and different, whatever the scale's distance.
    """
    values = columns.values if among is None else columns.values[among[columns.items]]
    counts = comparable(counts if among is None else counts[among])
    given, unable = int((values != BLANK).sum()), int((values == CANNOT_TELL).sum())
    sizes = counts.sum(axis=1)
    totals = counts.sum(axis=0)
    if scale.compared:
        agreement, ac1 = percent_agreement(counts), _ac1(counts)
        alpha = alpha_estimate(counts, scale.distance)
    else:
        agreement = alpha = ac1 = undefined(NOT_COMPARED)
    return Figures(
        agreement=agreement,
        alpha=alpha,
        ac1=ac1,
        cannot_tell=share(unable, given),
        items=len(counts),
        pairs=int((sizes * (sizes - 1) // 2).sum()),
        answers=given,
        largest_share=float(totals.max() / totals.sum()) if totals.any() else math.nan,
    )


def _ac1(counts: Counts) -> Estimate:
    """Defined also where every answer is the same, unlike alpha, but not for a single option."""
    if counts.shape[1] < 2:
        return undefined("there is only one option", len(counts), level=LEVEL)
    return chance_corrected_estimate(counts)


def against_most(columns: Columns, machine: Columns, scale: Scale) -> tuple[Estimate, Estimate]:
    """Percent agreement and alpha of a machine with what most people answered.

    Items on which no answer has more than half of the people's are left out.
    """
    counts = counts_of(columns, scale)
    leading = counts.argmax(axis=1)
    clear = 2 * counts.max(axis=1) > counts.sum(axis=1)
    pairs = counts_of(machine, scale)
    both = clear & (pairs.sum(axis=1) == 1)
    pairs[np.flatnonzero(both), leading[both]] += 1
    return percent_agreement(pairs[both]), alpha_estimate(pairs[both], scale.distance)
