"""What belongs to cases: what was linked, and what was made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from evaluation.models import ModelVersion, SetVersion, Verdict
from labeling.models import Item, Project, Queue, Sample
from labeling.models.base import Row
from maintenance.models import Alert, Case, CaseLink, Release, RetrainingDecision

#: The newest rows of a kind that are looked at; a case has a handful.
MOST = 200
#: Of a project's newest rows, those that the case "First loop" takes in.
FIRST = 20


@dataclass
class Belongings:
    """The rows of one case, newest first; those of `links` were linked by somebody."""

    case: Case
    links: list[CaseLink] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    set_versions: list[SetVersion] = field(default_factory=list)
    versions: list[ModelVersion] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    decisions: list[RetrainingDecision] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """All of them in the order of the loop."""
        parts: tuple[Sequence[Row], ...] = (
            self.alerts,
            self.items,
            self.samples,
            self.queues,
            self.set_versions,
            self.decisions,
            self.versions,
            self.verdicts,
            self.releases,
        )
        return [row for part in parts for row in part]

    @property
    def decision(self) -> RetrainingDecision | None:
        """The one that stands."""
        return self.decisions[0] if self.decisions else None

    @property
    def candidate(self) -> ModelVersion | None:
        """The newest version that is, or was, a candidate in this case."""
        judged = {verdict.candidate_id for verdict in self.verdicts}
        released = {release.candidate_id for release in self.releases}
        return next(
            (
                row
                for row in self.versions
                if row.state == ModelVersion.State.CANDIDATE or row.pk in judged | released
            ),
            None,
        )

    @property
    def verdict(self) -> Verdict | None:
        """The newest one about that candidate, by the gate of its release if it has one."""
        candidate = getattr(self.candidate, "pk", 0)
        about = [row for row in self.verdicts if row.candidate_id == candidate]
        gates = {row.gate_id for row in self.releases if row.candidate_id == candidate}
        asked = [row for row in about if row.gate_version.gate_id in gates]
        return next(iter(asked or about), None)


def belongings(case: Case) -> Belongings:
    """What belongs to one case."""
    return belongings_of(case.project, [case])[case.pk]


def belongings_of(project: Project, cases: Iterable[Case]) -> dict[int, Belongings]:
    """What belongs to each of these cases of a project, by primary key: ten queries for all.

    A queue made of a case's sample belongs to it, a set version frozen from its queue, the sample
    behind its queue, the candidate of its release or verdict, a verdict about its candidate.
    """
    found = {case.pk: Belongings(case) for case in cases}
    _links(found)
    _own(found)
    _releases(project, found)
    _queues_and_samples(project, found)
    _set_versions(project, found)
    _versions(project, found)
    _verdicts(project, found)
    return found


def _links(found: dict[int, Belongings]) -> None:
    related = ("linked_by__user", "sample", "queue", "model_version", "item__project")
    deeper = ("set_version__evaluation_set", "verdict__candidate")
    rows = CaseLink.objects.filter(case__in=found).select_related(*related, *deeper)
    for link in rows.order_by("-linked_at", "-pk"):
        one = found[link.case_id]
        one.links.append(link)
        if link.item:
            one.items.append(link.item)


def _own(found: dict[int, Belongings]) -> None:
    alerts = Alert.objects.filter(case__in=found).defer("evidence")
    related = ("monitor__signal__project", "monitor__slice")
    for alert in alerts.select_related(*related).order_by("-opened_at")[: MOST * len(found)]:
        found[alert.case_id or 0].alerts.append(alert)
    decisions = RetrainingDecision.objects.filter(case__in=found).select_related("decided_by__user")
    for decision in decisions.order_by("-decided_at", "-pk"):
        found[decision.case_id].decisions.append(decision)


def _releases(project: Project, found: dict[int, Belongings]) -> None:
    mine = Q(case__in=found)
    first = _first(found)
    if first:
        mine |= Q(case=None, project=project) & _until(first, "planned_at")
    rows = Release.objects.filter(mine).select_related("project", "candidate", "gate")
    for release in rows.prefetch_related("stages", "overrides").order_by("-planned_at")[:MOST]:
        one = found[release.case_id] if release.case_id else first
        if one:
            one.releases.append(release)


def _queues_and_samples(project: Project, found: dict[int, Belongings]) -> None:
    linked = _linked(found, "sample")
    mine = Q(pk__in=_linked(found, "queue")) | Q(sample__in=linked)
    rows = Queue.objects.filter(project=project).select_related("project")
    queues = _take(rows.order_by("-created_at"), mine, _first(found), "queue", "created_at")
    behind = {queue.sample_id for queue in queues}
    samples = _take(
        Sample.objects.filter(project=project).order_by("-created_at"),
        Q(pk__in=linked | behind),
        _first(found),
        "sample",
        "created_at",
    )
    for one in found.values():
        ids, samples_of = _ids(one, "queue"), _ids(one, "sample")
        one.queues = [
            row
            for row in queues
            if row.pk in ids or row.sample_id in samples_of or _loose(one, row)
        ]
        samples_of = samples_of | {row.sample_id for row in one.queues}
        one.samples = [row for row in samples if row.pk in samples_of or _loose(one, row)]


def _set_versions(project: Project, found: dict[int, Belongings]) -> None:
    mine = Q(pk__in=_linked(found, "set_version"))
    for uid in {str(queue.uid) for one in found.values() for queue in one.queues}:
        mine |= Q(source__queues__icontains=uid)
    rows = SetVersion.objects.filter(evaluation_set__project=project).defer("taxonomy", "quality")
    rows = rows.select_related("evaluation_set__project").order_by("-created_at")
    taken = _take(rows, mine, _first(found), "set_version", "created_at")
    for one in found.values():
        ids, queues = _ids(one, "set_version"), {str(queue.uid) for queue in one.queues}
        one.set_versions = [
            row for row in taken if row.pk in ids or queues & _frozen_from(row) or _loose(one, row)
        ]


def _frozen_from(version: SetVersion) -> set[str]:
    """The queues that a version was made of: uids while it is asked for, then with their names."""
    rows = version.source.get("queues", [])
    return {row["uid"] if isinstance(row, dict) else row for row in rows}


def _versions(project: Project, found: dict[int, Belongings]) -> None:
    asked = {one.case.pk: _candidates(one) for one in found.values()}
    mine = Q(pk__in=set().union(*asked.values()))
    rows = ModelVersion.objects.filter(project=project).select_related("project")
    taken = _take(
        rows.order_by("-registered_at"), mine, _first(found), "model_version", "registered_at"
    )
    for one in found.values():
        ids = asked[one.case.pk]
        one.versions = [row for row in taken if row.pk in ids or _loose(one, row)]


def _verdicts(project: Project, found: dict[int, Belongings]) -> None:
    versions = {row.pk for one in found.values() for row in one.versions}
    mine = Q(pk__in=_linked(found, "verdict")) | Q(candidate__in=versions)
    rows = Verdict.objects.filter(mine, gate_version__gate__project=project)
    rows = rows.defer("evidence", "findings").select_related("gate_version__gate__project")
    taken = list(rows.select_related("candidate").order_by("-asked_at")[:MOST])
    for one in found.values():
        ids, own = _ids(one, "verdict"), {row.pk for row in one.versions}
        one.verdicts = [row for row in taken if row.pk in ids or row.candidate_id in own]


def _candidates(one: Belongings) -> set[int]:
    """Versions linked, and those that a linked verdict or a release is about."""
    judged = {link.verdict.candidate_id for link in one.links if link.verdict}
    released = {release.candidate_id for release in one.releases}
    return _ids(one, "model_version") | judged | released


def _take(rows: Any, mine: Q, first: Belongings | None, kind: str, made_at: str) -> list[Any]:
    """The rows that are asked for; the first loop adds the project's newest that no case has.

    Those that the first loop adds are marked, so that they are told from the others.
    """
    if first is None:
        return list(rows.filter(mine)[:MOST])
    elsewhere = CaseLink.objects.filter(**{f"{kind}__isnull": False}).exclude(case=first.case)
    loose = rows.exclude(pk__in=elsewhere.values(kind)).filter(_until(first, made_at))
    newest = {row.pk: row for row in loose[:FIRST]}
    asked = {row.pk: row for row in rows.filter(mine)[:MOST]}
    for row in newest.values():
        row.of_first_loop = True
    # a row that is both keeps the mark
    return sorted({**asked, **newest}.values(), key=lambda row: getattr(row, made_at), reverse=True)


def _loose(one: Belongings, row: Any) -> bool:
    return one.case.kind == Case.Kind.FIRST_LOOP and getattr(row, "of_first_loop", False)


def _first(found: dict[int, Belongings]) -> Belongings | None:
    """The first loop among the cases: it takes in whatever no other case has."""
    loops = (one for one in found.values() if one.case.kind == Case.Kind.FIRST_LOOP)
    return next(loops, None)


def _until(one: Belongings, made_at: str) -> Q:
    return Q(**{f"{made_at}__lte": one.case.closed_at}) if one.case.closed_at else Q()


def _ids(one: Belongings, kind: str) -> set[int]:
    ids = (getattr(link, f"{kind}_id") for link in one.links)
    return {pk for pk in ids if pk is not None}


def _linked(found: dict[int, Belongings], kind: str) -> set[int]:
    return set().union(*(_ids(one, kind) for one in found.values()))
