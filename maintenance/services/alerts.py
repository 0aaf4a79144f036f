"""Alerts: opened and closed by what the newest readings of a series say, and by nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling.services import audit
from maintenance.models import Alert, Monitor, Reading
from maintenance.policy.alerting import (
    Answer,
    Operator,
    Rule,
    State,
    Window,
    ask,
    sentence,
)
from maintenance.services.cases import case_for_alert

#: A signal and a slice of it, None for everywhere.
Series = tuple[int, int | None]


def ask_monitors(series: Collection[Series], *, at: datetime) -> list[Alert]:
    """Ask every monitor of these series; returns the alerts that opened.

    A monitor that is off or muted opens none; an alert that is open closes all the same once its
    signal has recovered.
    """
    rows = Monitor.objects.filter(signal__in={signal for signal, _slice in series})
    monitors = rows.select_related("signal__project", "slice", "owner__user").order_by("pk")
    awake = set(rows.watching(at).values_list("pk", flat=True))
    opened = []
    for monitor in monitors:
        if (monitor.signal_id, monitor.slice_id) in series:
            alert = _ask(monitor, awake=monitor.pk in awake, at=at)
            opened += [alert] if alert else []
    return opened


def rule_of(monitor: Monitor) -> Rule:
    """What a monitor says, as policy reads it."""
    return Rule(
        Operator(monitor.operator),
        monitor.threshold,
        monitor.needed,
        monitor.windows,
        monitor.minimum,
    )


def what_of(monitor: Monitor) -> str:
    """What a monitor watches: the signal, and the slice in brackets."""
    part = f" ({monitor.slice.name})" if monitor.slice else ""
    return f"{monitor.signal.name}{part}"


@transaction.atomic
def _ask(monitor: Monitor, *, awake: bool, at: datetime) -> Alert | None:
    """One at a time for each signal: whoever records readings holds its lock."""
    readings = _newest(monitor)
    answer = ask(rule_of(monitor), [_as_window(row) for row in readings])
    alert = Alert.objects.open().filter(monitor=monitor).first()
    if alert is None and awake and answer.state is State.FIRING:
        return _open(monitor, answer, readings, at)
    if alert is not None and answer.state is State.RECOVERED:
        _close(alert, monitor, answer, at)
    return None


def _newest(monitor: Monitor) -> list[Reading]:
    """As many windows as the rule looks at, newest first, of those that count for it."""
    rows = Reading.objects.filter(signal=monitor.signal_id, slice=monitor.slice_id)
    if monitor.minimum:
        rows = rows.filter(n__gte=monitor.minimum)
    return list(rows.order_by(F("at").desc())[: monitor.windows])


def _as_window(reading: Reading) -> Window:
    return Window(reading.at, reading.value, reading.n)


def _open(monitor: Monitor, answer: Answer, readings: list[Reading], at: datetime) -> Alert:
    """At the time of the newest reading, with the rule and the readings as they are."""
    rule, signal = rule_of(monitor), monitor.signal
    alert = Alert.objects.create(
        monitor=monitor,
        severity=monitor.severity,
        sentence=sentence(what_of(monitor), signal.unit, rule, answer),
        evidence={"rule": _rule_said(rule), "readings": _readings_said(answer, readings)},
        opened_at=answer.windows[0].at,
    )
    detail = {"signal": signal.key, "monitor": str(monitor.uid), "sentence": alert.sentence}
    audit.record(None, "opened_alert", alert, at=at, project=signal.project, **detail)
    case_for_alert(alert, at=at)
    return alert


def _close(alert: Alert, monitor: Monitor, answer: Answer, at: datetime) -> None:
    """Compare-and-swap: an alert closes once, at the time of the reading that shows it."""
    newest = answer.windows[0].at
    if newest <= alert.opened_at:
        return  # nothing newer than what opened it: a late reading from before says nothing now
    if Alert.objects.open().filter(pk=alert.pk).update(closed_at=newest):
        detail = {"signal": monitor.signal.key, "monitor": str(monitor.uid)}
        project = monitor.signal.project
        audit.record(None, "closed_alert", alert, at=at, project=project, **detail)


def _rule_said(rule: Rule) -> dict[str, Any]:
    return {
        "operator": str(rule.operator),
        "threshold": rule.threshold,
        "needed": rule.needed,
        "windows": rule.windows,
        "minimum": rule.minimum,
    }


def _readings_said(answer: Answer, readings: list[Reading]) -> list[dict[str, Any]]:
    return [
        {
            "uid": str(row.uid),
            "at": row.at.isoformat(),
            "value": row.value,
            "n": row.n,
            "beyond": beyond,
        }
        for row, beyond in zip(readings, answer.beyond, strict=True)
    ]
