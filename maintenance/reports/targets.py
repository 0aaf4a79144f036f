"""Targets against the newest readings: met, missed, or not measured yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from labeling.models import Project
from labeling.templatetags.fettle import decimal, percent
from maintenance.models import Reading, Signal, Target
from maintenance.models.governance import TargetQuerySet


class Standing(StrEnum):
    """Where a target stands by its newest reading."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TargetRow:
    """A target with the newest reading of its signal there; None where nothing was read."""

    target: Target
    reading: Reading | None

    @property
    def standing(self) -> Standing:
        if self.reading is None:
            return Standing.UNKNOWN
        return Standing.MET if self._meets(self.reading.value) else Standing.MISSED

    @property
    def is_clear(self) -> bool:
        """Whether the whole interval of the reading is on the same side as its value."""
        if self.reading is None or self.reading.low is None or self.reading.high is None:
            return True
        return self._meets(self.reading.low) == self._meets(self.reading.high)

    @property
    def wanted(self) -> str:
        """The target in words: "at least 92.0%"."""
        value = in_unit(self.target.value, self.target.signal)
        return f"{self.target.get_operator_display()} {value}"

    @property
    def found(self) -> str:
        """The reading's value in words; a dash where there is none."""
        return in_unit(self.reading.value if self.reading else None, self.target.signal)

    @property
    def where(self) -> str:
        return self.target.slice.name if self.target.slice else _("everywhere")

    def is_overdue(self, today: date) -> bool:
        """Whether its date has passed without its being met."""
        due = self.target.due
        return due is not None and due < today and self.standing != Standing.MET

    def _meets(self, value: float) -> bool:
        if self.target.operator == Target.Operator.AT_LEAST:
            return value >= self.target.value
        return value <= self.target.value


def in_unit(value: float | None, signal: Signal) -> str:
    """A value of a signal as people read it."""
    if value is None:
        return decimal(None)
    if signal.unit == Signal.Unit.SHARE:
        return percent(value)
    if signal.unit == Signal.Unit.COUNT:
        return decimal(value, 0)
    number = decimal(value, 0 if value == round(value) else 2)
    return f"{number} ms" if signal.unit == Signal.Unit.MILLISECONDS else number


def targets_of(project: Project) -> list[TargetRow]:
    """The targets that hold, by signal, each with its newest reading: two queries."""
    rows = with_newest(Target.objects.current().filter(signal__project=project))
    return standing_of(rows.order_by("signal__layer", "signal__name", "slice__name"))


def with_newest(targets: TargetQuerySet) -> TargetQuerySet:
    """Targets, each with the primary key of the newest reading where it holds."""
    readings = Reading.objects.filter(signal=OuterRef("signal")).order_by("-at")
    everywhere = readings.filter(slice=None).values("pk")[:1]
    on_slice = readings.filter(slice=OuterRef("slice")).values("pk")[:1]
    rows = targets.select_related("signal__project", "slice", "owner__user")
    return rows.annotate(everywhere=Subquery(everywhere), on_slice=Subquery(on_slice))


def standing_of(targets: Iterable[Target]) -> list[TargetRow]:
    """Targets that `with_newest` has found, with these readings: one query besides."""
    newest = [(row, _newest(row)) for row in targets]
    readings = Reading.objects.in_bulk([key for _row, key in newest if key is not None])
    return [TargetRow(row, readings.get(key or 0)) for row, key in newest]


def _newest(target: Target) -> int | None:
    """Primary key of the newest reading, as `with_newest` has found it."""
    found: int | None = getattr(target, "everywhere" if target.slice_id is None else "on_slice")
    return found
