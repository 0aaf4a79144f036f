"""Rows of a labeled file: each one an item, or the id of one, with its reference answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from labeling.formats import fields as typed
from labeling.formats.columns import MISSING, value_at
from labeling.formats.mapping import ItemRow, Mapping, MappingError, apply
from labeling.formats.rows import Refusal, Row
from labeling.formats.suggestions import gives_away, suggest

LABEL_CHARACTERS = 500
LABELS = (
    "label", "reference", "gold", "answer", "expected", "target", "truth", "intent", "category",
    "class", "topic",
)  # fmt: skip


class LabeledRow(NamedTuple):
    """One row as read; an item without content is one that must be there already."""

    item: ItemRow
    label: str


@dataclass(frozen=True)
class LabeledMapping:
    """The column of the reference answer, and those of the item."""

    label: str
    item: Mapping

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> LabeledMapping:
        return cls(given["label"], Mapping(**given["item"]))

    def check(self) -> None:
        """Raises MappingError where the rows could not become examples by it."""
        if not self.label:
            raise MappingError("Choose the column that holds the reference answer.")
        if self.label in self.item.columns():
            raise MappingError("The reference answer cannot be a part of the item as well.")
        if self.item.content:
            Mapping.from_json(self.item.to_json())
        elif not self.item.external_id:
            raise MappingError("Choose columns of the content, or that of the items' ids.")

    @property
    def criterion(self) -> str:
        """The label column's name as a criterion's key.

        >>> LabeledMapping("Gold Intent", Mapping()).criterion
        'gold_intent'
        """
        return re.sub(r"[^a-z0-9]+", "_", self.label.lower()).strip("_")[:60] or "label"


def suggest_labeled(columns: Iterable[str], label: str = "") -> LabeledMapping:
    """Guess each column's place from its name; a `label` that is given stays out of the item.

    >>> suggest_labeled(["id", "text", "intent", "channel"]).label
    'intent'
    """
    names = list(columns)
    label = label or _label_among(names)
    item = suggest(name for name in names if name != label)
    return LabeledMapping(label, item)


def labeled(mapping: LabeledMapping, row: Row) -> LabeledRow | Refusal:
    """One row of a file with its label; the reason of a refusal names the column it is about."""
    label = _label(row.values, mapping.label)
    if isinstance(label, Refusal):
        return label._replace(line=row.line)
    item = apply(mapping.item, row) if mapping.item.content else _known(mapping.item, row)
    return item if isinstance(item, Refusal) else LabeledRow(item, label)


def without_content(mapping: LabeledMapping) -> LabeledMapping:
    """The same for a file that only names items: nothing else of theirs is read."""
    return replace(mapping, item=Mapping(external_id=mapping.item.external_id))


def _label_among(names: list[str]) -> str:
    plain = {re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"): name for name in reversed(names)}
    for wanted in LABELS:
        if wanted in plain:
            return plain[wanted]
    return next((name for name in names if gives_away(name)), "")


def _label(values: dict[str, Any], column: str) -> str | Refusal:
    value = value_at(values, column)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is MISSING or value is None or not str(value).strip():
        return Refusal(0, f"column “{column[:80]}” holds no answer")
    if not isinstance(value, (str, int, float)):
        return Refusal(0, f"column “{column[:80]}” must hold one answer as a text")
    text = str(value).strip()
    if len(text) > LABEL_CHARACTERS:
        return Refusal(0, f"column “{column[:80]}” is longer than {LABEL_CHARACTERS} characters")
    return text


def _known(mapping: Mapping, row: Row) -> ItemRow | Refusal:
    value = value_at(row.values, mapping.external_id)
    try:
        name = typed.identifier(None if value is MISSING else value)
    except typed.UnfitError as unfit:
        return Refusal(row.line, f"column “{mapping.external_id[:80]}” {unfit}")
    return ItemRow(row.line, name, {}, {}, "", "", None, None, None)
