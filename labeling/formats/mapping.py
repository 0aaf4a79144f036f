"""Which column is which field of an item, and one row turned into one item by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from labeling.formats import fields as typed
from labeling.formats.canonical import canonical_json
from labeling.formats.columns import MISSING, value_at
from labeling.formats.lines import size_in_words
from labeling.formats.rows import Refusal, Row

ITEM_BYTES = 2_097_152
MAX_COLUMNS = 100
MAX_PATH = 500
BLANK = (None, "", MISSING)
T = TypeVar("T")


class MappingError(ValueError):
    """The mapping itself cannot be used, whatever the rows are."""


class ItemRow(NamedTuple):
    """One item as it comes in, typed and clean; texts that were not given are empty."""

    line: int
    external_id: str
    content: dict[str, str]
    attributes: dict[str, str]
    group: str
    model_version: str
    prediction: Any
    confidence: float | None
    occurred_at: datetime | None


@dataclass(frozen=True)
class Mapping:
    """The columns, as dotted paths, that an import takes each field of an item from.

    Without a column for `external_id` the id is made from the content, equal for equal content.
    """

    external_id: str = ""
    content: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    group: str = ""
    prediction: str = ""
    confidence: str = ""
    occurred_at: str = ""
    model_version: str = ""

    def to_json(self) -> dict[str, Any]:
        """A plain dict, from which `from_json` makes an equal mapping."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> Mapping:
        """Raises MappingError where the shape is wrong or the mapping cannot be used."""
        if not isinstance(given, dict):
            raise MappingError("The mapping must be an object.")
        unknown = sorted(set(given) - {known.name for known in fields(cls)})
        if unknown:
            raise MappingError(f"The mapping has no field {unknown[0][:64]!r}.")
        for name, value in given.items():
            _check_shape(name, value)
        mapping = cls(**given)
        if problems := mapping.problems():
            raise MappingError(" ".join(problems))
        return mapping

    def problems(self) -> list[str]:
        """Why this mapping cannot be used, one sentence each; empty when it can."""
        found = [] if self.content else ["Choose at least one column for the content."]
        if len(self.columns()) > MAX_COLUMNS:
            found.append(f"At most {MAX_COLUMNS} columns can be mapped.")
        found += [
            f"{name[:64]!r} is not a name: letters, digits and underscores, a letter first."
            for name in (*self.content, *self.attributes)
            if not typed.NAME.fullmatch(name)
        ]
        return found

    def columns(self) -> list[str]:
        """Every column that is used, in the order of the fields."""
        single = (self.external_id, self.group, self.prediction, self.confidence)
        rest = (self.occurred_at, self.model_version)
        return [
            column
            for column in (*single, *rest, *self.content.values(), *self.attributes.values())
            if column
        ]


def apply(mapping: Mapping, row: Row) -> ItemRow | Refusal:
    """One row as an item; the reason of a refusal names the column it is about."""
    values = row.values
    try:
        content = _content(mapping, values)
        return ItemRow(
            row.line,
            _external_id(mapping, values, content),
            content,
            _attributes(mapping, values),
            _field(values, mapping.group, typed.identifier, ""),
            _field(values, mapping.model_version, typed.version_name, ""),
            _field(values, mapping.prediction, typed.prediction, None),
            _field(values, mapping.confidence, typed.confidence, None),
            _field(values, mapping.occurred_at, typed.moment, None),
        )
    except typed.UnfitError as unfit:
        return Refusal(row.line, str(unfit))


def _check_shape(name: str, value: Any) -> None:
    columns = [value]
    if name in ("content", "attributes"):
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise MappingError(f"{name} must be an object of names and columns.")
        columns = list(value.values())
    if not all(isinstance(column, str) and len(column) <= MAX_PATH for column in columns):
        raise MappingError(f"{name} must name a column, in at most {MAX_PATH} characters.")


def _content(mapping: Mapping, values: dict[str, Any]) -> dict[str, str]:
    content = {
        name: _field(values, column, typed.content_text, "")
        for name, column in mapping.content.items()
    }
    characters = sum(map(len, content.values()))
    if characters * 4 > ITEM_BYTES and sum(len(t.encode()) for t in content.values()) > ITEM_BYTES:
        raise typed.UnfitError(f"the content is larger than {size_in_words(ITEM_BYTES)}")
    if not any(map(str.strip, content.values())):
        named = " and ".join(_named(column) for column in list(mapping.content.values())[:2])
        raise typed.UnfitError(f"no content: {named} empty or missing")
    return content


def _external_id(mapping: Mapping, values: dict[str, Any], content: dict[str, str]) -> str:
    if not mapping.external_id:
        return "content-" + sha256(canonical_json(content)).hexdigest()[:32]
    given = value_at(values, mapping.external_id)
    if given is MISSING or given is None:
        raise typed.UnfitError(f"{_named(mapping.external_id)} is missing; every item needs an id")
    return _typed(given, mapping.external_id, typed.identifier)


def _attributes(mapping: Mapping, values: dict[str, Any]) -> dict[str, str]:
    found = {}
    for name, column in mapping.attributes.items():
        value = value_at(values, column)
        if value not in BLANK:
            found[name] = _typed(value, column, typed.attribute_text)
    return found


def _field(values: dict[str, Any], column: str, kind: Callable[[Any], T], absent: T) -> T:
    value = value_at(values, column) if column else MISSING
    return absent if value in BLANK else _typed(value, column, kind)


def _typed(value: Any, column: str, kind: Callable[[Any], T]) -> T:
    try:
        return kind(value)
    except typed.UnfitError as unfit:
        raise typed.UnfitError(f"{_named(column)} {unfit}") from None


def _named(column: str) -> str:
    return f"column “{column[:80]}”"
