"""What the shop pushes each week: its items as rows, and now and then a broken one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from maintenance.demo.traffic import DemoItem

Values = dict[str, Any]


def pushed(items: Iterable[DemoItem]) -> Iterator[Values]:
    """The items as their production system knows them: without anybody's truth."""
    for item in items:
        yield {
            "external_id": item.external_id,
            "occurred_at": item.occurred_at.isoformat(),
            "content": item.content,
            "attributes": item.attributes,
            "group": item.group,
            "model_version": item.model_version,
            "prediction": item.prediction,
            "confidence": item.confidence,
        }


def broken(rows: list[Values]) -> list[Values]:
    """Four rows that cannot be taken, each for another reason."""
    first, second, third, fourth = rows[:4]
    return [
        {**first, "content": {**first["content"], "reply": "(reply edited by an agent)"}},
        {name: value for name, value in second.items() if name != "external_id"},
        {**third, "external_id": f"{third['external_id']}-b", "confidence": "high"},
        {**fourth, "external_id": f"{fourth['external_id']}-b", "content": {"message": ""}},
    ]
