"""How the live version fares: how long it has been out, what is on its way, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F

from evaluation.models import ModelVersion
from labeling.models import AuditEvent, Project
from maintenance.models import Alert, Case, Monitor, Release, Signal, Stage
from maintenance.models.cases import CaseQuerySet
from maintenance.reports.targets import Standing, TargetRow, targets_of

CASES_SHOWN = 5
ALERTS_READ = 200
#: The gravest first.
SEVERITIES = [Monitor.Severity.CRITICAL, Monitor.Severity.WARNING, Monitor.Severity.NOTICE]


@dataclass(frozen=True)
class LiveVersion:
    """The live version and since when it has been live; `is_known` is False for a guess.

    Without an event that made it live, all that is known is when it was registered.
    """

    version: ModelVersion
    since: datetime
    is_known: bool


@dataclass(frozen=True)
class LayerBrief:
    """One layer of signals: how many, how many alerts are open, and the worst that is known."""

    layer: str
    label: str
    signals: int
    alerts: int
    worst: Alert | None
    missed: TargetRow | None

    @property
    def state(self) -> str:
        """`nothing` is watched, or it is `bad`, `warn` or `good`."""
        if self.worst is not None:
            return "bad" if self.worst.severity == Monitor.Severity.CRITICAL else "warn"
        if self.missed is not None:
            return "warn"
        return "good" if self.signals else "nothing"


@dataclass(frozen=True)
class Live:
    """What the Overview says about production."""

    version: LiveVersion | None
    release: Release | None
    stage: Stage | None
    layers: list[LayerBrief]
    cases: list[Case]
    more_cases: bool
    targets: list[TargetRow]

    @property
    def met(self) -> int:
        return self._count(Standing.MET)

    @property
    def missed(self) -> int:
        return self._count(Standing.MISSED)

    @property
    def unknown(self) -> int:
        return self._count(Standing.UNKNOWN)

    def _count(self, standing: Standing) -> int:
        return sum(row.standing == standing for row in self.targets)


def live(project: Project) -> Live:
    """What is live, what is on its way, and how the signals stand; about ten queries."""
    release = Release.objects.under_way().filter(project=project)
    under_way = release.select_related("project", "candidate", "baseline").first()
    cases = list(open_cases(project)[: CASES_SHOWN + 1])
    targets = targets_of(project)
    return Live(
        version=live_version(project),
        release=under_way,
        stage=current_stage(under_way) if under_way else None,
        layers=_layers(project, targets),
        cases=cases[:CASES_SHOWN],
        more_cases=len(cases) > CASES_SHOWN,
        targets=targets,
    )


def live_version(project: Project) -> LiveVersion | None:
    """The live version, and when the record says it went live."""
    version = ModelVersion.objects.filter(project=project, state=ModelVersion.State.LIVE).first()
    if version is None:
        return None
    moves = AuditEvent.objects.about(version).filter(verb="moved_version", detail__state="live")
    since = moves.order_by("-at").values_list("at", flat=True).first()
    return LiveVersion(version, since or version.registered_at, since is not None)


def current_stage(release: Release) -> Stage | None:
    """The stage that a release is in; None while it is only planned."""
    return release.stages.filter(entered_at__isnull=False).order_by("-position").first()


def open_cases(project: Project) -> CaseQuerySet:
    """Cases that are not closed: those with a date first, the nearest at the top."""
    rows = Case.objects.open().filter(project=project).select_related("project", "owner__user")
    return rows.order_by(F("due").asc(nulls_last=True), "number")


def _layers(project: Project, targets: list[TargetRow]) -> list[LayerBrief]:
    counted = Signal.objects.filter(project=project).values("layer").order_by()
    signals = {row["layer"]: row["count"] for row in counted.annotate(count=Count("pk"))}
    alerts = Alert.objects.open().filter(monitor__signal__project=project)
    rows = list(alerts.select_related("monitor__signal__project")[:ALERTS_READ])
    return [
        _layer(Signal.Layer(layer), signals.get(layer, 0), rows, targets)
        for layer in Signal.Layer.values
    ]


def _layer(
    layer: Signal.Layer, signals: int, alerts: list[Alert], targets: list[TargetRow]
) -> LayerBrief:
    own = [alert for alert in alerts if alert.monitor.signal.layer == layer]
    own.sort(key=lambda alert: SEVERITIES.index(Monitor.Severity(alert.severity)))
    missed = (
        row
        for row in targets
        if row.target.signal.layer == layer and row.standing == Standing.MISSED
    )
    return LayerBrief(
        layer=str(layer),
        label=str(layer.label),
        signals=signals,
        alerts=len(own),
        worst=own[0] if own else None,
        missed=next(missed, None),
    )
