"""Signals as pages show them: layer by layer with what is missing, and one with its series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.charts import LineChart, Point, Series, line_chart
from labeling.models import Project, Slice
from maintenance.models import Alert, Monitor, Reading, Signal, Target
from maintenance.policy import alerting
from maintenance.policy.alerting import Firing, Rule, replayed
from maintenance.reports.targets import in_unit

#: Windows of a small line, of the chart, and of a replay.
SMALL, DRAWN, REPLAYED = 30, 90, 2_000
RECENT = timedelta(days=120)
#: A series is late when nothing has come for this many of its usual gaps.
GAPS_UNTIL_LATE = 3


@dataclass(frozen=True)
class Line:
    """One series in brief: its newest reading, and the values up to it, oldest first."""

    newest: Reading | None = None
    values: Sequence[float] = ()
    gap: timedelta | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether far more time has passed than usually lies between two readings."""
        if self.newest is None or self.gap is None:
            return False
        return now - self.newest.at > GAPS_UNTIL_LATE * self.gap


@dataclass(frozen=True)
class SignalRow:
    """A signal with its newest value, its target, and what is wrong with it."""

    signal: Signal
    line: Line
    late: bool = False
    monitors: int = 0
    target: Target | None = None
    alerts: Sequence[Alert] = ()

    @property
    def value(self) -> str:
        return in_unit(self.line.newest.value if self.line.newest else None, self.signal)

    @property
    def interval(self) -> str:
        """The ends of the newest reading's interval, "" where it has none."""
        return interval_in(self.line.newest, self.signal) if self.line.newest else ""

    @property
    def wanted(self) -> str:
        """The target in words, "" where there is none."""
        return wanted(self.signal, self.target) if self.target else ""

    @property
    def trend(self) -> str:
        """What the small line shows, for those who do not see it."""
        words = {"first": in_unit(self.line.values[0], self.signal), "last": self.value}
        return _("from %(first)s to %(last)s") % words if self.line.values else ""


@dataclass(frozen=True)
class Layer:
    """One of the four layers: its signals, and how well it is covered."""

    key: str
    name: str
    rows: Sequence[SignalRow]

    @property
    def read(self) -> int:
        return sum(row.line.newest is not None for row in self.rows)

    @property
    def monitored(self) -> int:
        return sum(row.monitors > 0 for row in self.rows)

    @property
    def targeted(self) -> int:
        return sum(row.target is not None for row in self.rows)

    @property
    def alerts(self) -> int:
        return sum(len(row.alerts) for row in self.rows)

    @property
    def gaps(self) -> list[str]:
        """What is missing, the worst first."""
        if not self.rows:
            return [_("no signal")]
        late = sum(row.late for row in self.rows)
        unread, unwatched = len(self.rows) - self.read, len(self.rows) - self.monitored
        said = [
            (unread, ngettext("%(n)s without a reading", "%(n)s without a reading", unread)),
            (late, ngettext("%(n)s overdue", "%(n)s overdue", late)),
            (unwatched, ngettext("%(n)s without a monitor", "%(n)s without a monitor", unwatched)),
        ]
        return [words % {"n": count} for count, words in said if count]


@dataclass(frozen=True)
class Replay:
    """What a rule would have fired on the stored series, newest first."""

    rule: Rule
    windows: int
    counted: int
    firings: Sequence[Firing] = field(default_factory=list)
    sentences: Sequence[str] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[Firing, str]]:
        return list(zip(self.firings, self.sentences, strict=True))

    @property
    def sentence(self) -> str:
        if not self.counted:
            return _("There is no window that this rule looks at yet.")
        count = len(self.firings)
        said = ngettext(
            "This rule would have fired once in the last %(windows)s windows.",
            "This rule would have fired %(count)s times in the last %(windows)s windows.",
            count,
        )
        if not count:
            said = _("This rule would not have fired in the last %(windows)s windows.")
        return said % {"count": count, "windows": f"{self.windows:,}"}


def layers_of(project: Project, *, now: datetime | None = None) -> list[Layer]:
    """Every signal of a project under its layer; five queries."""
    now = now or timezone.now()
    signals = list(_with_newest(Signal.objects.filter(project=project)))
    lines = _lines(signals, now)
    targets = {
        row.signal_id: row
        for row in Target.objects.current().filter(signal__project=project, slice=None)
    }
    alerts: dict[int, list[Alert]] = defaultdict(list)
    for alert in open_alerts(project):
        alerts[alert.monitor.signal_id].append(alert)
    monitors = _monitors_on(project)
    rows: dict[str, list[SignalRow]] = defaultdict(list)
    for signal in signals:
        line = lines[signal.pk]
        found = targets.get(signal.pk), alerts[signal.pk]
        row = SignalRow(signal, line, line.is_late(now), monitors.get(signal.pk, 0), *found)
        rows[signal.layer].append(row)
    return [Layer(key, str(name), rows[key]) for key, name in Signal.Layer.choices]


def headline(layers: Sequence[Layer]) -> str:
    """The Signals page in one sentence."""
    count = sum(len(layer.rows) for layer in layers)
    if not count:
        return _("Nothing is watched yet: define a signal, then send its readings.")
    alerts = sum(layer.alerts for layer in layers)
    empty = [layer.name for layer in layers if not layer.rows]
    said = ngettext("%(count)s signal is watched", "%(count)s signals are watched", count)
    said = said % {"count": count}
    if alerts:
        fired = ngettext("%(count)s alert is open", "%(count)s alerts are open", alerts)
        said = f"{said}; {fired % {'count': alerts}}"
    if empty:
        said = f"{said}; {_('nothing watches the layers: %(names)s') % {'names': ', '.join(empty)}}"
    return f"{said}."


def open_alerts(project: Project) -> QuerySet[Alert]:
    """What fires now, with everything that is shown of it."""
    return alerts_shown().filter(closed_at=None, monitor__signal__project=project)


def alerts_shown() -> QuerySet[Alert]:
    return Alert.objects.select_related(
        "monitor__signal__project", "monitor__slice", "case__project"
    ).order_by("-opened_at", "-pk")


def alerts_of(signal: Signal) -> QuerySet[Alert]:
    """What a signal has fired, open ones first."""
    rows = alerts_shown().filter(monitor__signal=signal)
    return rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")


def by_slice(signal: Signal, slices: Iterable[Slice]) -> list[tuple[Slice, SignalRow]]:
    """The series of a signal on each slice that has readings: one query."""
    now = timezone.now()
    recent = Reading.objects.filter(signal=signal, slice__isnull=False, at__gte=now - RECENT)
    rows: dict[int | None, list[Reading]] = defaultdict(list)
    for reading in _last(recent, "slice"):
        rows[reading.slice_id].append(reading)
    found = [(row, _line(rows[row.pk])) for row in slices if row.pk in rows]
    return [(row, SignalRow(signal, line, line.is_late(now))) for row, line in found]


def series_of(signal: Signal, part: Slice | None) -> QuerySet[Reading]:
    """One series, newest first."""
    rows = Reading.objects.filter(signal=signal, slice=part)
    return rows.select_related("model_version", "recorded_by__user").order_by("-at", "-pk")


def chart_of(
    signal: Signal, readings: Sequence[Reading], monitors: Iterable[Monitor], target: Target | None
) -> LineChart:
    """The newest windows as a line with its intervals, thresholds and target; newest come first."""
    form, scale = ("{:.0f} %", 100) if signal.unit == Signal.Unit.SHARE else ("{:g}", 1)
    points = [
        Point(_day(row.at), scale * row.value, _times(row.low, scale), _times(row.high, scale))
        for row in reversed(readings)
    ]
    thresholds = {
        one.threshold: _("fires %(beyond)s") % {"beyond": beyond(one)} for one in monitors
    }
    limits = [(name, scale * value) for value, name in thresholds.items()]
    if target is not None:
        limits.append((_("target"), scale * target.value))
    return line_chart([Series(signal.name, points)], limits=limits, form=form)


def headline_of(signal: Signal, where: Slice | None, readings: Sequence[Reading]) -> str:
    """One signal in one sentence: newest value, how it compares with the windows before."""
    part = f" ({where.name})" if where else ""
    if not readings:
        return _("%(name)s has no reading yet.") % {"name": f"{signal.name}{part}"}
    newest = readings[0]
    words = {
        "name": f"{signal.name}{part}",
        "value": in_unit(newest.value, signal),
        "day": _day(newest.at),
    }
    said = _("%(name)s was %(value)s in the window that ended on %(day)s") % words
    before = readings[1 : SMALL + 1]
    if not before:
        return f"{said}."
    usual = in_unit(median(row.value for row in before), signal)
    numbers: dict[str, Any] = {"usual": usual, "count": len(before)}
    rest = ngettext(
        "the window before was %(usual)s",
        "the median of the %(count)s windows before is %(usual)s",
        len(before),
    )
    return f"{said}; {rest % numbers}."


def replay(signal: Signal, part: Slice | None, rule: Rule) -> Replay:
    """What a rule would have fired on the newest stored windows; nothing is stored."""
    rows = Reading.objects.filter(signal=signal, slice=part).order_by("-at")[:REPLAYED]
    stored = [
        alerting.Window(at, value, n) for at, value, n in rows.values_list("at", "value", "n")
    ][::-1]
    firings = list(replayed(rule, stored))[::-1]
    what = f"{signal.name} ({part.name})" if part else signal.name
    sentences = [alerting.sentence(what, signal.unit, rule, one.opened) for one in firings]
    counted = sum(alerting.counts(rule, window) for window in stored)
    return Replay(rule, len(stored), counted, firings, sentences)


def wanted(signal: Signal, target: Target) -> str:
    """A target in words: "at least 85.0%"."""
    return f"{target.get_operator_display()} {in_unit(target.value, signal)}"


def beyond(monitor: Monitor) -> str:
    """When a monitor fires, in words."""
    return f"{monitor.get_operator_display()} {in_unit(monitor.threshold, monitor.signal)}"


def interval_in(reading: Reading, signal: Signal) -> str:
    """The ends of a reading's interval, "" where it has none."""
    if reading.low is None or reading.high is None:
        return ""
    ends = {"low": in_unit(reading.low, signal), "high": in_unit(reading.high, signal)}
    return _("%(low)s to %(high)s") % ends


def _with_newest(signals: QuerySet[Signal]) -> QuerySet[Signal]:
    readings = Reading.objects.filter(signal=OuterRef("pk"), slice=None).order_by("-at")
    rows = signals.select_related("project")
    return rows.annotate(newest=Subquery(readings.values("pk")[:1])).order_by("layer", "name")


def _lines(signals: Sequence[Signal], now: datetime) -> dict[int, Line]:
    """The series of each signal everywhere; a quiet one shows its last value."""
    keys = {signal.pk: getattr(signal, "newest", None) for signal in signals}
    recent = Reading.objects.filter(signal__in=keys, slice=None, at__gte=now - RECENT)
    rows: dict[int, list[Reading]] = defaultdict(list)
    for reading in _last(recent, "signal"):
        rows[reading.signal_id].append(reading)
    for reading in Reading.objects.filter(pk__in=[key for key in keys.values() if key]):
        if not rows[reading.signal_id]:
            rows[reading.signal_id].append(reading)
    return {signal.pk: _line(rows[signal.pk]) for signal in signals}


def _last(readings: QuerySet[Reading], by: str) -> QuerySet[Reading]:
    """The newest few of each series, oldest first."""
    number = Window(RowNumber(), partition_by=[F(by)], order_by=F("at").desc())
    numbered: QuerySet[Any] = readings.annotate(number=number)
    return numbered.filter(number__lte=SMALL).order_by("at")


def _line(readings: Sequence[Reading]) -> Line:
    if not readings:
        return Line()
    moments = [row.at for row in readings]
    gaps = [after - before for before, after in pairwise(moments)]
    usual = median(gap.total_seconds() for gap in gaps) if gaps else 0
    gap = timedelta(seconds=usual) if usual else None
    return Line(readings[-1], [row.value for row in readings], gap)


def _monitors_on(project: Project) -> dict[int, int]:
    """How many monitors of each signal are on, everywhere or on a slice."""
    found: dict[int, int] = defaultdict(int)
    rows = Monitor.objects.filter(signal__project=project, enabled=True).order_by()
    for signal in rows.values_list("signal", flat=True):
        found[signal] += 1
    return found


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _day(at: datetime) -> str:
    """A window's end as a chart names it; the hour where it is not midnight."""
    local = timezone.localtime(at)
    whole = (local.hour, local.minute) == (0, 0)
    return date_format(local, "j M" if whole else "j M H:i")
