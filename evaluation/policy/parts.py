"""The parts of a set that versions are measured on, found column by column instead of by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import numpy as np

from evaluation.policy.slices import REFERENCE, Slice, matches
from evaluation.stats.answers import Codes, Mask
from labeling.policy.slices import Condition, Operator
from labeling.stats.taxonomy import Tree

MOST_VALUES = 30
MOST_PARTS = 200
NO_ITEM: Any = SimpleNamespace()


class Origin(StrEnum):
    """Where a part of a set comes from."""

    SLICE = "slice"
    BRANCH = "branch"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True)
class Part:
    """Some examples of a set under a name: those that lie in the slice."""

    origin: Origin
    name: str
    slice: Slice


@dataclass(frozen=True)
class Columns:
    """What slices look at: a list for each field, one entry per example.

    tree: the taxonomy of the reference answers; None where they are plain options.
    """

    references: Sequence[str]
    attributes: Sequence[Mapping[str, str]]
    occurred_at: Sequence[datetime | None]
    model_version: Sequence[str]
    tree: Tree | None = None
    _coded: dict[str, tuple[list[Any], Codes]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.references)

    def coded(self, name: str) -> tuple[list[Any], Codes]:
        """The different values of a field, and for each example which of them it has."""
        if name not in self._coded:
            self._coded[name] = _coded(self._values(name))
        return self._coded[name]

    def path(self, reference: str) -> tuple[str, ...]:
        """A label and all above it, from the top down."""
        if self.tree is None or reference not in self.tree.positions:
            return (reference,)
        return (*reversed(self.tree.ancestors(reference)), reference)

    def _values(self, name: str) -> Iterable[Any]:
        if name == REFERENCE:
            return self.references
        attribute = Condition(name, Operator.IS, "").attribute
        if attribute:
            return [attributes.get(attribute, "") for attributes in self.attributes]
        values: Sequence[Any] = getattr(self, name)
        return values


def mask_of(slice_: Slice, columns: Columns) -> Mask:
    """(examples,) which of them lie in a slice; each different value is looked at once.

    >>> from evaluation.policy.slices import parse
    >>> columns = Columns(["fee", "new"], [{}, {}], [None, None], ["", ""])
    >>> fees = parse([{"field": "reference", "operator": "is", "value": "fee"}])
    >>> mask_of(fees, columns).tolist()
    [True, False]
    """
    found = np.ones(len(columns), dtype=bool)
    for condition in (*slice_.on_reference, *slice_.on_item):
        values, codes = columns.coded(condition.field)
        meets = _test(condition, columns)
        found &= np.array([meets(value) for value in values], dtype=bool)[codes]
    return found


def branches(columns: Columns) -> list[Part]:
    """The top branches of the taxonomy that reference answers are in, in the tree's order."""
    if columns.tree is None:
        return []
    found = {columns.path(value)[0] for value in columns.coded(REFERENCE)[0]}
    return [
        Part(Origin.BRANCH, key, Slice((), (Condition(REFERENCE, Operator.IS, key),)))
        for key in columns.tree.keys
        if key in found
    ]


def attributes_in(columns: Columns) -> list[str]:
    """The attributes that part a set: some values each, not one for every item."""
    names = Counter(name for attributes in columns.attributes for name in attributes)
    found = sorted(names, key=lambda name: (-names[name], name))
    return [
        name for name in found if 1 < len(columns.coded(f"attributes.{name}")[0]) <= MOST_VALUES
    ]


def values_of(columns: Columns, attribute: str) -> list[Part]:
    """The examples of each value that an attribute has, without those that do not say."""
    named = f"attributes.{attribute}"
    return [
        Part(
            Origin.ATTRIBUTE,
            f"{attribute}: {value}",
            Slice((Condition(named, Operator.IS, value),), ()),
        )
        for value in sorted(filter(None, columns.coded(named)[0]))
    ]


def all_parts(columns: Columns, slices: Iterable[Part]) -> list[Part]:
    """The project's slices, the branches, and the values of attributes, within limits."""
    parts = [*slices, *branches(columns)]
    for name in attributes_in(columns):
        parts += values_of(columns, name)
    return parts[:MOST_PARTS]


def _test(condition: Condition, columns: Columns) -> Callable[[Any], bool]:
    """Whether a value of the condition's field meets it."""
    if condition.field == REFERENCE:
        alone = Slice((), (condition,))
        return lambda value: matches(alone, NO_ITEM, columns.path(value))
    if condition.field == "occurred_at":
        return _time_test(condition)
    alone = Slice((condition,), ())
    if condition.attribute:
        named = condition.attribute
        return lambda value: matches(alone, _item(attributes={named: value}), ())
    return lambda value: matches(alone, _item(**{condition.field: value}), ())


def _time_test(condition: Condition) -> Callable[[datetime | None], bool]:
    """The same without a detour: hardly two items have the same time."""
    bound = condition.value
    if condition.operator == Operator.AFTER:
        return lambda at: at is not None and at >= bound
    return lambda at: at is not None and at < bound


def _item(**facts: Any) -> Any:
    """An item of which only one thing is known."""
    return SimpleNamespace(**facts)


def _coded(values: Iterable[Any]) -> tuple[list[Any], Codes]:
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return list(places), np.array(codes, dtype=np.int64)
