"""A project's slices, each with the number of its items as last counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.models import Project, Slice, Snapshot
from labeling.policy.slices import Condition, Operator

COUNT_KIND = "slice_count"
MOST_SLICES = 200
COMPARISONS: dict[Operator, Any] = {
    Operator.IS: _("is"),
    Operator.IS_NOT: _("is not"),
    Operator.ONE_OF: _("is one of"),
    Operator.CONTAINS: _("contains"),
    Operator.AT_LEAST: _("is at least"),
    Operator.AT_MOST: _("is at most"),
    Operator.BEFORE: _("is before"),
    Operator.AFTER: _("is at or after"),
}
#: Fields besides attributes, which go by their own name.
FIELD_NAMES: dict[str, Any] = {
    "prediction": _("prediction"),
    "model_version": _("model version"),
    "group": _("group"),
    "confidence": _("confidence"),
    "occurred_at": _("time it occurred"),
}


@dataclass(frozen=True)
class InWords:
    """A condition as people read it: "language", "is one of", "de, fr"."""

    field: str
    comparison: str
    value: str


@dataclass(frozen=True)
class SliceRow:
    """One slice with its count; `computed_at` is None until it has been counted."""

    slice: Slice
    conditions: list[InWords]
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


def in_words(condition: Condition) -> InWords:
    """The condition in words, times in the reader's zone."""
    name = condition.attribute or str(FIELD_NAMES.get(condition.field, condition.field))
    return InWords(name, str(COMPARISONS[condition.operator]), _value(condition.value))


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), _now("j M Y, H:i"))
    return str(value)


def _row(row: Slice, counted: Snapshot | None) -> SliceRow:
    body: dict[str, Any] = counted.body if counted else {}
    at = counted.computed_at if counted else None
    return SliceRow(
        row, [in_words(one) for one in row.parsed()], body.get("count"), body.get("of"), at
    )
