"""Rows of maintenance for a world: one of each kind, and more of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from labeling.models import Membership, Project, Slice
from labeling.models.base import Row
from maintenance.models import Alert, Case, Monitor, Signal, Target
from tests.evaluation.makers import make_version
from tests.maintenance.makers import make_alert, make_monitor, make_readings, make_signal
from tests.security.case_rows import case_rows, grow_cases
from tests.security.release_rows import grow_releases, release_rows


def maintenance_rows(project: Project, member: Membership) -> dict[str, Row]:
    """A signal that is watched, with what it has fired."""
    signal = make_signal(project, created_by=member)
    make_readings(signal, [0.9, 0.8])
    monitor = make_monitor(signal, owner=member, created_by=member)
    make_alert(monitor, closed_at=timezone.now())
    target = Target.objects.create(signal=signal, operator="at_least", value=0.9, owner=member)
    watched = {"signal": signal, "monitor": monitor, "target": target}
    return {**watched, **case_rows(project, member), **release_rows(project, member)}


def grow_maintenance(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more of each kind, and below each of the world's own rows."""
    own = Signal.objects.get(uid=rows["signal"])
    _series(make_signal(project, created_by=member), member)
    _series(own, member, start=timezone.now() - timedelta(days=own.readings.count()))
    _fired(Monitor.objects.get(uid=rows["monitor"]), member)
    grow_cases(project, member, rows)
    grow_releases(project, member, rows)


def _series(signal: Signal, by: Membership, **fields: Any) -> None:
    """Readings everywhere and on a slice, a monitor that fires on each, and a target."""
    project, count = signal.project, signal.readings.count()
    part = Slice.objects.create(project=project, name=f"{signal} {count}", conditions=[])
    version = make_version(project, registered_by=by)
    named = {"model_version": version, "recorded_by": by, "low": 0.5, "high": 0.95}
    make_readings(signal, [0.9, 0.7, 0.6], **named, **fields)
    make_readings(signal, [0.9, 0.7], slice=part, **named, **fields)
    for where in (None, part):
        make_alert(make_monitor(signal, slice=where, owner=by, created_by=by))
    Target.objects.create(signal=signal, slice=part, operator="at_least", value=0.9, set_by=by)


def _fired(monitor: Monitor, by: Membership) -> None:
    """One more alert of a monitor that has recovered, with a case."""
    project = monitor.signal.project
    number = Case.objects.filter(project=project).count() + 1_000
    case = Case.objects.create(project=project, number=number, title="Again", owner=by)
    now = timezone.now()
    Alert.objects.create(
        monitor=monitor, severity="notice", sentence="Low.", case=case, opened_at=now, closed_at=now
    )
