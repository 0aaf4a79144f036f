"""The conditions of a slice as database filters; the plain meaning is in `policy.slices`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, StrIndex
from django.db.models.lookups import Exact, GreaterThan, In

from labeling.policy.slices import Condition, Operator


def as_filter(conditions: Iterable[Condition]) -> Q:
    """All of these conditions at once."""
    whole = Q()
    for condition in conditions:
        whole &= FILTERS.get(condition.field, _on_text)(condition)
    return whole


def _on_number(condition: Condition) -> Q:
    lookup = "gte" if condition.operator == Operator.AT_LEAST else "lte"
    return Q((f"confidence__{lookup}", condition.value))


def _on_time(condition: Condition) -> Q:
    lookup = "gte" if condition.operator == Operator.AFTER else "lt"
    return Q((f"occurred_at__{lookup}", condition.value))


def _on_text(condition: Condition) -> Q:
    said: Any = F(condition.field)
    if condition.attribute:
        # A lookup by keyword would read the attribute `contains` as an operator.
        key = KeyTextTransform(condition.attribute, "attributes")
        said = Coalesce(key, Value(""), output_field=TextField())
    return _compared(said, condition)


def _compared(said: Combinable, condition: Condition) -> Q:
    value, operator = condition.value, condition.operator
    if operator == Operator.CONTAINS:
        # Not LIKE: that ignores case on SQLite only, and gives % and _ a meaning.
        return Q(GreaterThan(StrIndex(said, Value(value)), 0))
    if operator == Operator.ONE_OF:
        return Q(In(said, list(value)))
    same = Q(Exact(said, value))
    return same if operator == Operator.IS else ~same


def _on_prediction(condition: Condition) -> Q:
    if condition.operator == Operator.CONTAINS:
        as_json = Coalesce(Cast("prediction", TextField()), Value(""))
        return _compared(as_json, condition)
    values = condition.value if condition.operator == Operator.ONE_OF else (condition.value,)
    same = Q()
    for reading in (reading for value in values for reading in _readings(value)):
        same |= Q(prediction=reading)
    # A prediction that is not there is not the one that was asked for.
    return Q(prediction__isnull=True) | ~same if condition.operator == Operator.IS_NOT else same


def _readings(value: str) -> list[Any]:
    """The JSON values that read like this text: itself, and a number or boolean spelled so."""
    try:
        other = json.loads(value)
    except ValueError:
        return [value]
    return [value, other] if isinstance(other, (int, float)) else [value]


FILTERS: dict[str, Callable[[Condition], Q]] = {
    "confidence": _on_number,
    "occurred_at": _on_time,
    "prediction": _on_prediction,
}
