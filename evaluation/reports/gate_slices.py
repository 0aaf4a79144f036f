"""The slices of a set's examples that a gate's criteria speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.models import GateCriterion
from evaluation.policy.parts import Columns, mask_of
from evaluation.policy.slices import REFERENCE, parse
from evaluation.stats.answers import Mask
from labeling.policy.slices import ATTRIBUTE, Operator

Scope = GateCriterion.Scope


@dataclass(frozen=True, slots=True)
class Part:
    """One slice: its name, the conditions that find it again, and which examples are in it."""

    name: str
    conditions: list[dict[str, Any]]
    mask: Mask


def parts_of(
    criterion: GateCriterion, columns: Columns, taxonomy: Sequence[dict[str, Any]]
) -> Iterator[Part]:
    """The slices that a criterion speaks of.

    Every branch of the taxonomy is one, also without an example: what nobody has labeled has not
    been shown to be as good. Examples that lack the attribute are a slice of their own.
    """
    if criterion.scope == Scope.BRANCHES:
        yield from _branches(columns, taxonomy)
    elif criterion.scope == Scope.ATTRIBUTE:
        yield from _values(criterion.conditions[0]["field"], columns)
    else:
        name = criterion.name if criterion.scope == Scope.SLICE else ""
        mask = mask_of(parse(criterion.conditions), columns)
        yield Part(name, criterion.conditions, mask)


def _branches(columns: Columns, taxonomy: Sequence[dict[str, Any]]) -> Iterator[Part]:
    tops = {node["key"]: node.get("label", "") for node in taxonomy if not node.get("parent")}
    if not tops:
        tops = dict.fromkeys(sorted(columns.coded(REFERENCE)[0]), "")
    for key, label in tops.items():
        conditions = [_is(REFERENCE, key)]
        yield Part(label or key, conditions, mask_of(parse(conditions), columns))


def _values(field: str, columns: Columns) -> Iterator[Part]:
    named = ATTRIBUTE.fullmatch(field)
    name = named[1] if named else field
    values, codes = columns.coded(field)
    for code in sorted(range(len(values)), key=values.__getitem__):
        value = values[code]
        conditions = [_is(field, value)] if value else []
        title = f"{name} {value}" if value else f"no {name}"
        yield Part(title, conditions, np.asarray(codes == code))


def _is(field: str, value: str) -> dict[str, Any]:
    return {"field": field, "operator": Operator.IS.value, "value": value}
