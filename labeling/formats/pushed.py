"""Rows that programs push: their own field names say what is content and what an attribute."""

from __future__ import annotations

from functools import lru_cache

from labeling.formats.mapping import ItemRow, Mapping, apply
from labeling.formats.rows import Refusal, Row

SINGLE = (
    "external_id", "group", "prediction", "confidence", "occurred_at", "model_version",
)  # fmt: skip
FIELDS = frozenset({*SINGLE, "content", "attributes"})


def item_row(row: Row) -> ItemRow | Refusal:
    """One pushed row as an item; a field that items do not have is refused, not dropped."""
    values = row.values
    if unknown := values.keys() - FIELDS:
        return Refusal(row.line, f"unknown field “{min(unknown)[:100]}”")
    content, attributes = values.get("content"), values.get("attributes") or {}
    if not isinstance(content, dict) or not isinstance(attributes, dict):
        name = "attributes" if isinstance(content, dict) else "content"
        return Refusal(row.line, f"“{name}” must be an object of names and values")
    mapping = _mapping(tuple(content), tuple(attributes))
    if isinstance(mapping, str):
        return Refusal(row.line, mapping)
    return apply(mapping, row)


@lru_cache(maxsize=256)
def _mapping(content: tuple[str, ...], attributes: tuple[str, ...]) -> Mapping | str:
    """The mapping for rows of this shape, or what is wrong with their names."""
    mapping = Mapping(
        **{name: name for name in SINGLE},
        content={name: f"content.{name}" for name in content},
        attributes={name: f"attributes.{name}" for name in attributes},
    )
    return " ".join(mapping.problems()) or mapping
