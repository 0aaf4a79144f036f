"""Rows of maintenance for tests, with defaults for whatever a test does not mention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from labeling.models import Project
from maintenance.models import Alert, Monitor, Reading, Signal
from maintenance.services.signals import Recorded, record_readings
from tests.factories import _numbers

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
            **{"n": 400, **fields},
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
