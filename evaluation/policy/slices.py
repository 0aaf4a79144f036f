"""What a slice means where the right answer is known: labeling's conditions, and a branch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from labeling.policy import slices as on_items
from labeling.policy.slices import Condition, Facts, Operator, SliceError

REFERENCE = "reference"
#: A frozen set cannot be cut by what erasing an item or another version's answer would change.
UNSETTLED = ("prediction", "confidence", "group")
OPERATORS = (Operator.IS, Operator.IS_NOT, Operator.ONE_OF)


@dataclass(frozen=True)
class Slice:
    """Conditions on the item and on the branch that its reference answer lies in; all must hold."""

    on_item: tuple[Condition, ...]
    on_reference: tuple[Condition, ...]


def parse(given: Any) -> Slice:
    """Check conditions from outside; raises SliceError with the first thing that is wrong.

    The field `reference` takes is, is_not and one_of; a label stands for itself and all below it.

    >>> parse([{"field": "reference", "operator": "is", "value": "banking"}]).on_item
    ()
    """
    rows = given if isinstance(given, list) else [given]
    about = [isinstance(row, dict) and row.get("field") == REFERENCE for row in rows]
    items = on_items.parse(
        [row for row, is_reference in zip(rows, about, strict=True) if not is_reference]
    )
    for condition in items:
        if condition.field in UNSETTLED:
            raise SliceError(f"A set's examples cannot be cut by {condition.field}.")
    # parsed as a text field of items, which takes the same values
    named = [
        {**row, "field": "model_version"}
        for row, is_reference in zip(rows, about, strict=True)
        if is_reference
    ]
    references = [Condition(REFERENCE, one.operator, one.value) for one in on_items.parse(named)]
    if any(one.operator not in OPERATORS for one in references):
        raise SliceError("The reference answer can be compared by: is, is_not, one_of.")
    return Slice(tuple(items), tuple(references))


def matches(slice_: Slice, facts: Facts, reference: Collection[str]) -> bool:
    """Whether an example lies in a slice; reference: its right answer and all labels above it."""
    return on_items.matches(slice_.on_item, facts) and all(
        _in_branch(condition, reference) for condition in slice_.on_reference
    )


def _in_branch(condition: Condition, reference: Collection[str]) -> bool:
    if condition.operator == Operator.ONE_OF:
        return any(value in reference for value in condition.value)
    return (condition.value in reference) is (condition.operator == Operator.IS)
