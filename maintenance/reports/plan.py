"""What of the loop a project has and what is missing, computed from its rows; never ticked off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation.models import EvaluationSet, SetVersion
from labeling.models import Project, RubricVersion, Slice
from labeling.templatetags.fettle import decimal
from maintenance.models import Alert, Case, Monitor, Override, Release, RetrainingDecision, Signal
from maintenance.reports.loop import counts_of
from maintenance.reports.targets import Standing, TargetRow, targets_of

#: How far back the indicators of discipline look.
LOOKS_BACK = timedelta(days=90)


@dataclass(frozen=True)
class Part:
    """One part of the loop: whether it is there, in a sentence, and where it is mended."""

    there: bool
    sentence: str
    path: str


@dataclass(frozen=True)
class Indicator:
    """One number of how regularly the loop is kept to; `good` is None where nothing is to judge."""

    name: str
    value: str
    note: str
    good: bool | None


@dataclass(frozen=True)
class Plan:
    """Targets, slices, the parts of the loop and how it is kept to."""

    targets: list[TargetRow]
    slices: list[Slice]
    parts: list[Part]
    indicators: list[Indicator]

    @property
    def missing(self) -> list[Part]:
        return [part for part in self.parts if not part.there]


def plan_of(project: Project) -> Plan:
    """The whole plan of a project in a constant number of queries."""
    targets = targets_of(project)
    slices = list(project.slices.select_related("owner__user", "project").order_by("-weight"))
    return Plan(targets, slices, _parts(project, targets, slices), _indicators(project, targets))


def _parts(project: Project, targets: list[TargetRow], slices: list[Slice]) -> list[Part]:
    base = f"/p/{project.slug}"
    count = counts_of(project, _needed(project))
    return [
        *_layers(project),
        _either(
            bool(targets),
            _("Targets say what signals should be."),
            _("No target says what a signal should be."),
            f"{base}/plan/#targets",
        ),
        _slices(slices, f"{base}/slices/"),
        _either(
            bool(count["rubrics"]),
            _("A published rubric says what annotators are asked."),
            _("No rubric is published: labels would rest on nobody's definition."),
            f"{base}/rubrics/",
        ),
        _sets(project, base),
        *_release_parts(count, base),
    ]


def _either(there: bool, yes: str, no: str, path: str) -> Part:
    return Part(there, yes if there else no, path)


def _needed(project: Project) -> dict[str, Any]:
    releases = Release.objects.filter(project=project)
    return {
        "rubrics": RubricVersion.objects.published().filter(rubric__project=project),
        "gates": project.gates.all(),
        "releases": releases,
        "rolled_back": releases.filter(state=Release.State.ROLLED_BACK),
    }


def _layers(project: Project) -> list[Part]:
    """For each layer of signals, whether something watches it."""
    watching = Monitor.objects.filter(signal__project=project, enabled=True)
    rows = (
        watching.values("signal__layer")
        .order_by()
        .annotate(count=Count("pk"), owned=Count("owner"))
    )
    found = {row["signal__layer"]: (row["count"], row["owned"]) for row in rows}
    return [
        _layer(Signal.Layer(layer), *found.get(layer, (0, 0)), f"/p/{project.slug}/signals/")
        for layer in Signal.Layer.values
    ]


def _layer(layer: Signal.Layer, monitors: int, owned: int, path: str) -> Part:
    values = {"layer": layer.label, "count": monitors, "unowned": monitors - owned}
    if not monitors:
        sentence = _("No monitor watches the %(layer)s layer.")
    elif owned < monitors:
        sentence = ngettext(
            "The %(layer)s layer is watched, but %(unowned)s monitor has no owner.",
            "The %(layer)s layer is watched, but %(unowned)s monitors have no owner.",
            monitors - owned,
        )
    else:
        sentence = ngettext(
            "%(count)s monitor watches the %(layer)s layer.",
            "%(count)s monitors watch the %(layer)s layer.",
            monitors,
        )
    return Part(bool(monitors) and owned == monitors, sentence % values, path)


def _sets(project: Project, base: str) -> Part:
    """Whether there is a frozen version of a set in each of the three roles."""
    frozen = SetVersion.objects.frozen().filter(evaluation_set__project=project)
    roles = set(frozen.values_list("evaluation_set__role", flat=True).distinct())
    missing = [str(role.label) for role in EvaluationSet.Role if role.value not in roles]
    if not missing:
        return Part(True, _("Evaluation sets of all three roles are frozen."), f"{base}/sets/")
    sentence = _("Not frozen yet: an evaluation set as %(roles)s.")
    return Part(False, sentence % {"roles": ", ".join(missing)}, f"{base}/sets/")


def _release_parts(count: dict[str, int], base: str) -> list[Part]:
    """Whether a gate is there, anything went out in stages, and the way back was ever taken."""
    return [
        _either(
            bool(count["gates"]),
            _("A gate says what a candidate must show."),
            _("No gate says what a candidate must show."),
            f"{base}/versions/",
        ),
        _either(
            bool(count["releases"]),
            _("Releases go out in stages, each with its plan for going back."),
            _("No release has gone out in stages yet."),
            f"{base}/releases/",
        ),
        _either(
            bool(count["rolled_back"]),
            _("The way back has been taken before: it is known to work."),
            _("The way back has never been taken: nobody knows whether it works."),
            f"{base}/releases/",
        ),
    ]


def _slices(slices: list[Slice], path: str) -> Part:
    owned = sum(row.owner_id is not None for row in slices)
    there = bool(slices) and owned == len(slices)
    return Part(there, _slices_sentence(len(slices), owned), path)


def _slices_sentence(slices: int, owned: int) -> str:
    if not slices:
        return _("No slice is defined: only the whole can be watched.")
    if owned == slices:
        return _("Every slice has an owner.")
    sentence = ngettext(
        "%(count)s slice has no owner.", "%(count)s slices have no owner.", slices - owned
    )
    return sentence % {"count": slices - owned}


def _indicators(project: Project, targets: list[TargetRow]) -> list[Indicator]:
    """How regularly the loop is kept to: what is late, unowned, overridden, slow."""
    today = timezone.localdate()
    missed = sum(row.standing == Standing.MISSED for row in targets)
    late = sum(row.is_overdue(today) for row in targets)
    note = ngettext("%(count)s past its date", "%(count)s past their date", late) % {"count": late}
    return [
        Indicator(_("Targets missed"), str(missed), note, missed == 0 if targets else None),
        *_case_indicators(project, today),
        _overrides(project),
        _decision_time(project),
    ]


def _case_indicators(project: Project, today: date) -> list[Indicator]:
    found = (
        Case.objects.open()
        .filter(project=project)
        .aggregate(
            open=Count("pk"),
            overdue=Count("pk", filter=Q(due__lt=today)),
            unowned=Count("pk", filter=Q(owner=None)),
        )
    )
    of = _("of %(count)s open") % {"count": found["open"]}
    return [
        Indicator(_("Cases overdue"), str(found["overdue"]), of, found["overdue"] == 0),
        Indicator(_("Cases without owner"), str(found["unowned"]), of, found["unowned"] == 0),
    ]


def _overrides(project: Project) -> Indicator:
    since = timezone.now() - LOOKS_BACK
    count = Override.objects.filter(release__project=project, granted_at__gte=since).count()
    return Indicator(_("Overrides"), str(count), _("in the last 90 days"), count == 0)


def _decision_time(project: Project) -> Indicator:
    """Days from an alert to the decision of its case, in the middle of the last 90 days."""
    decided = RetrainingDecision.objects.filter(case=OuterRef("case")).order_by("decided_at")
    alerts = Alert.objects.filter(
        monitor__signal__project=project, opened_at__gte=timezone.now() - LOOKS_BACK
    )
    moments = alerts.annotate(
        decided=Subquery(decided.values("decided_at")[:1], output_field=DateTimeField())
    ).filter(decided__gte=F("opened_at"))
    days = sorted(
        (end - begin) / timedelta(days=1)
        for begin, end in moments.values_list("opened_at", "decided")
    )
    name, note = _("Days from alert to decision"), _("median of the last 90 days")
    if not days:
        return Indicator(name, decimal(None), _("nothing was decided on an alert"), None)
    middle = (days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2
    return Indicator(name, decimal(middle, 1), note, None)
