"""What a slice means: a conjunction of conditions on what an item says, as plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

ATTRIBUTE = re.compile(r"attributes\.([A-Za-z][A-Za-z0-9_]{0,63})")
MOST_CONDITIONS = 20
MOST_VALUES = 50
VALUE_CHARACTERS = 500
EARLIEST, LATEST = 1970, 2199


class Operator(StrEnum):
    """How a field is compared with a condition's value."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"


TEXT_OPERATORS = (Operator.IS, Operator.IS_NOT, Operator.ONE_OF, Operator.CONTAINS)
#: Fields besides `attributes.<name>`, and how each can be compared.
FIELDS: dict[str, tuple[Operator, ...]] = {
    "prediction": TEXT_OPERATORS,
    "model_version": TEXT_OPERATORS,
    "group": TEXT_OPERATORS,
    "confidence": (Operator.AT_LEAST, Operator.AT_MOST),
    "occurred_at": (Operator.BEFORE, Operator.AFTER),
}


class SliceError(ValueError):
    """A condition that cannot be used; the message is a sentence for whoever wrote it."""


class Facts(Protocol):
    """What a condition may look at."""

    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def prediction(self) -> Any: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def occurred_at(self) -> datetime | None: ...
    @property
    def model_version(self) -> str: ...
    @property
    def group(self) -> str: ...


@dataclass(frozen=True)
class Condition:
    """One comparison; `value` is a text, a tuple of texts for `one_of`, a number or a moment."""

    field: str
    operator: Operator
    value: Any

    @property
    def attribute(self) -> str:
        """The attribute that this is about; empty for the other fields."""
        named = ATTRIBUTE.fullmatch(self.field)
        return named[1] if named else ""

    def to_json(self) -> dict[str, Any]:
        """The stored form, from which `parse` makes an equal condition."""
        value = self.value
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, datetime):
            value = value.isoformat()
        return {"field": self.field, "operator": str(self.operator), "value": value}


def parse(given: Any) -> list[Condition]:
    """Check conditions from outside; raises SliceError with the first thing that is wrong."""
    if not isinstance(given, list) or len(given) > MOST_CONDITIONS:
        raise SliceError(f"A slice is a list of at most {MOST_CONDITIONS} conditions.")
    return [_condition(one) for one in given]


def matches(conditions: Iterable[Condition], facts: Facts) -> bool:
    """Whether an item meets every condition; what it does not say is empty, and never in a range.

    >>> from types import SimpleNamespace
    >>> german = parse([{"field": "attributes.language", "operator": "is", "value": "de"}])
    >>> matches(german, SimpleNamespace(attributes={"language": "de"}))
    True
    """
    return all(_meets(condition, facts) for condition in conditions)


def as_text(prediction: Any) -> str:
    """A prediction as conditions read it: a text as it is, anything else as JSON."""
    if prediction is None:
        return ""
    if isinstance(prediction, str):
        return prediction
    return json.dumps(prediction, ensure_ascii=False, sort_keys=True)


def operators_of(field: str) -> tuple[Operator, ...]:
    """How a field can be compared; nothing for one that items do not have."""
    return TEXT_OPERATORS if ATTRIBUTE.fullmatch(field) else FIELDS.get(field, ())


def _condition(given: Any) -> Condition:
    if not isinstance(given, dict) or set(given) != {"field", "operator", "value"}:
        raise SliceError("A condition has a field, an operator and a value.")
    field, operator = given["field"], given["operator"]
    allowed = operators_of(field) if isinstance(field, str) else ()
    if not allowed:
        raise SliceError("Conditions can be on attributes.<name> or " + ", ".join(FIELDS) + ".")
    if operator not in allowed:
        raise SliceError(f"{field} can be compared by: {', '.join(allowed)}.")
    return Condition(field, Operator(operator), _value(field, operator, given["value"]))


def _value(field: str, operator: str, value: Any) -> Any:
    if operator == Operator.ONE_OF:
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
            raise SliceError(f"{field}: give one to {MOST_VALUES} values.")
        return tuple(_text(field, one) for one in value)
    if field == "confidence":
        return _share(value)
    return _moment(value) if field == "occurred_at" else _text(field, value)


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= VALUE_CHARACTERS or "\0" in value:
        raise SliceError(f"{field}: give a text of at most {VALUE_CHARACTERS} characters.")
    return value


def _share(value: Any) -> float:
    try:
        number = float(value) if isinstance(value, (str, int, float)) else -1.0
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise SliceError("confidence: give a number from 0 to 1.")
    return number


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if EARLIEST <= moment.year <= LATEST:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise SliceError("occurred_at: give a time such as 2026-09-07T08:30:00Z.")


def _meets(condition: Condition, facts: Facts) -> bool:
    value, operator = condition.value, condition.operator
    if condition.field == "confidence":
        return _within(facts.confidence, operator == Operator.AT_LEAST, value)
    if condition.field == "occurred_at":
        at = facts.occurred_at
        return at is not None and (at >= value if operator == Operator.AFTER else at < value)
    said = _said(condition, facts)
    if operator == Operator.CONTAINS:
        return value in said
    if operator == Operator.ONE_OF:
        return said in value
    return (said == value) is (operator == Operator.IS)


def _within(number: float | None, at_least: bool, bound: float) -> bool:
    return number is not None and (number >= bound if at_least else number <= bound)


def _said(condition: Condition, facts: Facts) -> str:
    if condition.attribute:
        return facts.attributes.get(condition.attribute, "")
    if condition.field == "prediction":
        return as_text(facts.prediction)
    return str(getattr(facts, condition.field))
