"""Rows of maintenance for tests, with defaults for whatever a test does not mention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from evaluation.models import Gate, Verdict
from evaluation.reports.gates import Comparison, digest_of
from evaluation.services.gates import register_gate
from labeling.models import Project
from maintenance.models import Alert, Case, Monitor, Reading, Release, Signal
from maintenance.services.cases import open_case
from maintenance.services.releases import plan_release
from maintenance.services.signals import Recorded, record_readings
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import _numbers, make_member, make_project

#: When the first window of a series ended.
FIRST_DAY = datetime(2026, 9, 1, tzinfo=UTC)


def make_signal(project: Project, key: str = "", **fields: Any) -> Signal:
    """A share that is better higher, sent in, unless told otherwise."""
    number = next(_numbers)
    defaults = {"name": f"Signal {number}", "layer": "performance", "unit": "share"}
    key = key or f"signal-{number}"
    return Signal.objects.create(project=project, key=key, **{**defaults, **fields})


def make_monitor(signal: Signal, **fields: Any) -> Monitor:
    """Fires when 2 of the last 3 windows are below 0.8."""
    return Monitor.objects.create(
        signal=signal, **{"operator": "below", "threshold": 0.8, **fields}
    )


def make_readings(signal: Signal, values: Sequence[float], **fields: Any) -> list[Reading]:
    """One reading a day, oldest first, stored without asking any monitor."""
    start = fields.pop("start", FIRST_DAY)
    return [
        Reading.objects.create(
            signal=signal,
            at=start + timedelta(days=day),
            value=value,
            **{"source": "api", "n": 400, **fields},
        )
        for day, value in enumerate(values)
    ]


def read_days(signal: Signal, values: Sequence[float], **fields: Any) -> Recorded:
    """One reading a day, oldest first, recorded at once; the monitors are asked."""
    start = fields.pop("start", FIRST_DAY)
    rows = [
        {
            "signal": signal.key,
            "at": start + timedelta(days=day),
            "value": value,
            "n": 400,
            **fields,
        }
        for day, value in enumerate(values)
    ]
    return record_readings(signal.project, rows, source="api", by=None)


def make_alert(monitor: Monitor, **fields: Any) -> Alert:
    """An open alert without a case."""
    defaults = {
        "severity": monitor.severity,
        "sentence": f"{monitor.signal} was below 80 % in the last window: 70 % (400).",
        "opened_at": FIRST_DAY,
    }
    return Alert.objects.create(monitor=monitor, **{**defaults, **fields})


def make_gate(project: Project, name: str = "Gate") -> Gate:
    """A gate with one version, on a frozen set of one example."""
    criteria = [{"scope": "overall", "margin": 0.1}]
    return register_gate(project, name, make_set_version(project, ["a"]), criteria, by=None).gate


def make_release(project: Project, *, stages: Any = None, **fields: Any) -> Release:
    """A planned release of a candidate over the live version; planner and registrar differ."""
    baseline = project.versions.filter(state="live").first()
    if baseline is None:
        make_version(project, state="live")
    registrar = fields.pop("registered_by", None) or make_member(project, "engineer")
    candidate = fields.pop("candidate", None) or make_version(project, registered_by=registrar)
    by = fields.pop("by", None) or make_member(project, "engineer")
    return plan_release(
        project,
        candidate,
        fields.pop("gate", None) or make_gate(project),
        rollback_plan="Set the router back to the baseline.",
        stages=stages,
        by=by,
        **fields,
    )


def make_verdict(release: Release, outcome: str = "pass", **fields: Any) -> Verdict:
    """What the release's gate says about its candidate, bound to the evidence of this moment."""
    named = {"candidate": release.candidate, "baseline": release.baseline, **fields}
    version = named.pop("gate_version", None) or release.gate.versions.all()[0]
    bound = Comparison(version, named["candidate"], named["baseline"]).bound
    fixed = {"digest": digest_of(bound), "sentence": f"It says {outcome}.", **named}
    decided = None if outcome == "pending" else timezone.now()
    return Verdict.objects.create(
        gate_version=version, outcome=outcome, decided_at=decided, **fixed
    )


def make_case(
    project: Project | None = None, title: str = "German is answered wrongly", **fields: Any
) -> Case:
    """An open request that nobody owns yet."""
    by = fields.pop("by", None)
    return open_case(project or make_project(), title, by=by, **fields)
