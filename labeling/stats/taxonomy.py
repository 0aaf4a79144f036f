"""A tree of labels: how far two are apart, and what kind of an error one is for the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labeling.stats.agreement import Counts, alpha_estimate, coincidences
from labeling.stats.distances import Distance, Matrix
from labeling.stats.estimate import LEVEL, Estimate

MAX_LABELS = 5_000
MAX_DEPTH = 16

Positions = NDArray[np.int64]


class Kind(StrEnum):
    """How a label stands to the one it should have been."""

    EXACT = "exact"
    TOO_GENERAL = "too general"
    TOO_SPECIFIC = "too specific"
    SIBLING = "sibling"
    WRONG_BRANCH = "wrong branch"


@dataclass(frozen=True)
class Tree:
    """Labels under an implicit root, which is no label; parents stand before their children.

    keys: the label of each position; parents: the position of its parent, -1 below the root.
    """

    keys: tuple[str, ...]
    parents: tuple[int, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None]]) -> Tree:
        """The tree of (key, parent) rows in any order; no parent (None or "") is below the root.

        ValueError, naming the key, for an empty or repeated key, an unknown parent, a cycle,
        and for more than 5,000 labels or 16 levels.

        >>> Tree.of([("refund", "money"), ("money", None)]).keys
        ('money', 'refund')
        """
        parent_of = _unique(rows)
        _refuse_unknown_parents(parent_of)
        keys = _parents_first(parent_of)
        position = {key: place for place, key in enumerate(keys)}
        return cls(tuple(keys), tuple(position.get(parent_of[key], -1) for key in keys))

    @cached_property
    def positions(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.keys)}

    @cached_property
    def paths(self) -> Positions:
        """(labels, levels) each label's ancestor at every level, itself at its own, then -1."""
        paths = np.full((len(self.keys), max(self._levels, default=1)), -1, dtype=np.int64)
        for place, (parent, level) in enumerate(zip(self.parents, self._levels, strict=True)):
            if parent >= 0:
                paths[place] = paths[parent]
            paths[place, level - 1] = place
        return paths

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The labels that are nobody's parent."""
        parents = set(self.parents)
        return tuple(key for place, key in enumerate(self.keys) if place not in parents)

    @property
    def height(self) -> int:
        """How many levels of labels there are."""
        return max(self._levels, default=0)

    def depth(self, key: str) -> int:
        """How many steps below the root; 1 for a label at the top."""
        return self._levels[self.position(key)]

    def ancestors(self, key: str) -> tuple[str, ...]:
        """The labels above this one, nearest first.

        >>> Tree.of([("a", None), ("b", "a"), ("c", "b")]).ancestors("c")
        ('b', 'a')
        """
        path = self.paths[self.position(key)]
        return tuple(self.keys[place] for place in path[path >= 0][-2::-1])

    def lowest_common_ancestor(self, one: str, other: str) -> str | None:
        """The deepest label that is either or above both; None for the root."""
        shared = self.shared_depths([one], [other])[0, 0]
        return self.keys[self.paths[self.position(one), shared - 1]] if shared else None

    def position(self, key: str) -> int:
        """Where the label stands in `keys`; ValueError for an unknown one."""
        try:
            return self.positions[key]
        except KeyError:
            raise ValueError(f"{key!r} is not in the taxonomy") from None

    def shared_depths(self, ones: Sequence[str], others: Sequence[str]) -> Positions:
        """(ones, others) how deep the lowest common ancestor is, 0 for the root."""
        left, right = self._paths(ones), self._paths(others)
        shared = np.zeros((len(left), len(right)), dtype=np.int64)
        for level in range(self.paths.shape[1]):
            at = left[:, level]
            shared += (at[:, None] == right[None, :, level]) & (at >= 0)[:, None]
        return shared

    def dissimilarity(self, keys: Sequence[str] | None = None) -> Matrix:
        """(keys, keys) one minus twice the common depth over the sum of the depths.

        0 for the same label, 1 for labels that share the root only. By default between all
        labels, in the order of `keys`. A tree of one level gives the nominal distance.

        Wu and Palmer, ACL (1994) 133.

        >>> tree = Tree.of([("money", None), ("refund", "money"), ("fee", "money"), ("new", None)])
        >>> tree.dissimilarity(["money", "refund", "fee", "new"]).round(2)[1].tolist()
        [0.33, 0.0, 0.5, 1.0]
        """
        wanted = self.keys if keys is None else keys
        depths = np.array([self.depth(key) for key in wanted], dtype=np.float64)
        sums = depths[:, None] + depths[None, :]
        return 1.0 - 2.0 * self.shared_depths(wanted, wanted) / sums

    def distance(self, keys: Sequence[str]) -> Distance:
        """The dissimilarity as the distance of values that stand for these labels."""
        apart = self.dissimilarity(keys)

        def distance(totals: Matrix) -> Matrix:
            if len(totals) != len(apart):
                raise ValueError(f"{len(apart)} labels do not fit {len(totals)} values")
            return apart

        return distance

    def kind(self, given: str, reference: str) -> Kind:
        """What kind of an error ``given`` is where ``reference`` is right.

        Labels at the top are siblings of nobody: they are different branches.

        >>> tree = Tree.of([("money", None), ("refund", "money"), ("fee", "money"), ("new", None)])
        >>> [tree.kind(key, "refund").value for key in ("refund", "money", "fee", "new")]
        ['exact', 'too general', 'sibling', 'wrong branch']
        """
        if given == reference:
            return Kind.EXACT
        if given in self.ancestors(reference):
            return Kind.TOO_GENERAL
        if reference in self.ancestors(given):
            return Kind.TOO_SPECIFIC
        parent = self.parents[self.position(given)]
        same = parent >= 0 and parent == self.parents[self.position(reference)]
        return Kind.SIBLING if same else Kind.WRONG_BRANCH

    def at_level(self, key: str, level: int) -> str:
        """The label's ancestor at this level, or itself where it is not as deep."""
        path = self.paths[self.position(key)]
        return self.keys[int(path[path >= 0][:level][-1])]

    @cached_property
    def _levels(self) -> tuple[int, ...]:
        levels: list[int] = []
        for parent in self.parents:
            levels.append(1 + (levels[parent] if parent >= 0 else 0))
        return tuple(levels)

    def _paths(self, keys: Sequence[str]) -> Positions:
        return self.paths[[self.position(key) for key in keys]]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Why annotators disagree about labels of a tree.

    disagreeing: the share of pairs of answers that differ; ancestor, sibling, other_branch: the
    shares of those in which one label is above the other (the guideline does not say how deep),
    both have the same parent (the boundary is unclear), or neither (a wrong answer, or an
    ambiguous item). NaN where nothing differs.
    """

    disagreeing: float
    ancestor: float
    sibling: float
    other_branch: float


def decompose(counts: Counts, tree: Tree, keys: Sequence[str]) -> Decomposition:
    """What observed disagreement consists of.

    counts: (items, values), a value for each of ``keys``.

    >>> tree = Tree.of([("money", None), ("refund", "money"), ("fee", "money")])
    >>> decompose(np.array([[1, 1, 0], [0, 1, 1]]), tree, ["money", "refund", "fee"])
    Decomposition(disagreeing=1.0, ancestor=0.5, sibling=0.5, other_branch=0.0)
    """
    met = coincidences(counts)
    depths = np.array([tree.depth(key) for key in keys])
    shared = tree.shared_depths(keys, keys)
    parents = np.array([tree.parents[tree.position(key)] for key in keys])
    above = shared == np.minimum(depths[:, None], depths[None, :])
    beside = (parents[:, None] == parents[None, :]) & (parents >= 0)[:, None]
    differ = met * ~np.eye(len(keys), dtype=bool)
    total = differ.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        ancestor, sibling, other = (
            float(np.divide((differ * kind).sum(), total))
            for kind in (above, beside & ~above, ~(above | beside))
        )
        return Decomposition(float(np.divide(total, met.sum())), ancestor, sibling, other)


def alpha_by_level(
    counts: Counts, tree: Tree, keys: Sequence[str], *, level: float = LEVEL
) -> list[Estimate]:
    """Nominal alpha with every label replaced by its ancestor, from the top level down.

    counts: (items, values), a value for each of ``keys``; the last entry is that of the labels
    as they were given.
    """
    return [
        alpha_estimate(merge(counts, [tree.at_level(key, depth) for key in keys]), level=level)
        for depth in range(1, tree.height + 1)
    ]


def merge(counts: Counts, names: Sequence[str]) -> Counts:
    """Counts with the columns of the same name added up, in the order of their first one.

    >>> merge(np.array([[1, 2, 3]]), ["money", "new", "money"]).tolist()
    [[4, 2]]
    """
    columns = {name: place for place, name in enumerate(dict.fromkeys(names))}
    merged = np.zeros((len(counts), len(columns)), dtype=counts.dtype)
    rows, given = np.nonzero(counts)
    into = np.array([columns[name] for name in names], dtype=np.intp)
    np.add.at(merged, (rows, into[given]), counts[rows, given])
    return merged


def _unique(rows: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    parent_of: dict[str, str] = {}
    for key, parent in rows:
        if not key:
            raise ValueError(f"{key!r} is no key for a label")
        if key in parent_of:
            raise ValueError(f"{key!r} is in the taxonomy twice")
        if len(parent_of) == MAX_LABELS:
            raise ValueError(f"{key!r} is one label too many: a taxonomy has up to {MAX_LABELS}")
        parent_of[key] = parent or ""
    return parent_of


def _refuse_unknown_parents(parent_of: dict[str, str]) -> None:
    for key, parent in parent_of.items():
        if parent and parent not in parent_of:
            raise ValueError(f"{key!r} has a parent that is not in the taxonomy: {parent!r}")


def _parents_first(parent_of: dict[str, str]) -> list[str]:
    """The keys level by level, in their given order; what no level reaches is in a cycle."""
    children: dict[str, list[str]] = {}
    for key, parent in parent_of.items():
        children.setdefault(parent, []).append(key)
    keys: list[str] = []
    level = children.get("", [])
    for _ in range(MAX_DEPTH):
        keys += level
        level = [child for key in level for child in children.get(key, [])]
    if level:
        raise ValueError(f"{level[0]!r} is deeper than {MAX_DEPTH} levels")
    if len(keys) < len(parent_of):
        reached = set(keys)
        lost = next(key for key in parent_of if key not in reached)
        raise ValueError(f"{lost!r} is part of a cycle")
    return keys
