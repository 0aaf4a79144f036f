"""A project's slices, each with the number of its items as last counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.models import Project, Slice, Snapshot
from labeling.policy.slices import Condition

COUNT_KIND = "slice_count"
MOST_SLICES = 200


@dataclass(frozen=True)
class SliceRow:
    """One slice with its count; `computed_at` is None until it has been counted."""

    slice: Slice
    conditions: list[Condition]
    count: int | None
    of: int | None
    computed_at: datetime | None


def slices_of(project: Project) -> list[SliceRow]:
    """The slices by name, with their last counts."""
    rows = project.slices.select_related("owner__user", "project")[:MOST_SLICES]
    counts = {
        found.subject_uid: found
        for found in Snapshot.objects.filter(project=project, kind=COUNT_KIND)
    }
    return [_row(row, counts.get(row.uid)) for row in rows]


def _row(row: Slice, counted: Snapshot | None) -> SliceRow:
    body: dict[str, Any] = counted.body if counted else {}
    at = counted.computed_at if counted else None
    return SliceRow(row, row.parsed(), body.get("count"), body.get("of"), at)
