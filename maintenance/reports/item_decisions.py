"""Where an item went after it was judged: every set, verdict, case and release that rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from evaluation.models import (
    Evaluation,
    Example,
    ModelVersion,
    Prediction,
    SetVersion,
    Verdict,
)
from labeling.models import Item, Membership
from labeling.policy.roles import Verb
from labeling.policy.slices import as_text
from labeling.reports.item_history import ItemHistory
from maintenance.models import Case, CaseLink, Release, Stage

MOST = 50


@dataclass
class Measured:
    """What one model version answered to the item as part of one set version, and what came of it.

    right: None where the version has no answer, or where the reader must not know yet.
    """

    version: ModelVersion
    set_version: SetVersion
    answer: str = ""
    right: bool | None = None
    evaluation: Evaluation | None = None
    verdicts: list[tuple[Verdict, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Decisions:
    """The way of an item forward; `shows_answers` is False for who may still have to judge it."""

    examples: list[Example]
    measured: list[Measured]
    stages: list[Stage]
    links: list[CaseLink]
    shows_answers: bool

    @property
    def releases(self) -> list[Release]:
        """Each release that entered a stage on a verdict about this item, once."""
        return list({stage.release.pk: stage.release for stage in self.stages}.values())

    @property
    def cases(self) -> list[Case]:
        return list({link.case.pk: link.case for link in self.links}.values())


@dataclass(frozen=True)
class Moment:
    """Something that happened with the item: when, of which kind, and the row that says it."""

    at: datetime
    kind: str
    row: Any


def decisions_of(item: Item, history: ItemHistory, reader: Membership) -> Decisions:
    """Sets, measurements, releases and cases that the item has come to: six queries."""
    examples = _examples(item) if reader.may(Verb.SEE_SETS) else []
    sets = {example.set_version_id: example.set_version for example in examples}
    evaluations = _evaluations(sets) if reader.may(Verb.SEE_VERSIONS) else []
    verdicts = _verdicts(sets) if reader.may(Verb.SEE_GATES) else []
    measured = _measured(evaluations, verdicts)
    if history.shows_prediction:
        _add_answers(item, examples, measured)
    stages = _stages(verdicts) if reader.may(Verb.SEE_RELEASES) else []
    return Decisions(
        examples=examples,
        measured=measured,
        stages=stages,
        links=_links(item, history, sets, verdicts) if reader.may(Verb.SEE_CASES) else [],
        shows_answers=history.shows_prediction,
    )


def timeline(item: Item, history: ItemHistory, decisions: Decisions) -> list[Moment]:
    """Everything that happened with the item, the newest first."""
    return sorted(_moments(item, history, decisions), key=lambda moment: moment.at, reverse=True)


def _moments(item: Item, history: ItemHistory, decisions: Decisions) -> Iterator[Moment]:
    yield Moment(item.imported_at, "import", item.batch)
    for sampled in history.samples:
        yield Moment(sampled.sample.created_at, "sample", sampled)
    for found in history.tasks:
        for adjudication, _said in found.adjudications:
            yield Moment(adjudication.at, "adjudication", found.task)
    for example in decisions.examples:
        yield Moment(example.set_version.created_at, "example", example)
    verdicts = {
        verdict.pk: verdict for found in decisions.measured for verdict, _leads in found.verdicts
    }
    for verdict in verdicts.values():
        yield Moment(verdict.decided_at or verdict.asked_at, "verdict", verdict)
    for stage in decisions.stages:
        yield Moment(stage.entered_at or stage.release.planned_at, "stage", stage)
    for link in decisions.links:
        yield Moment(link.linked_at, "case", link)


def _examples(item: Item) -> list[Example]:
    rows = Example.objects.filter(item=item, set_version__state=SetVersion.State.FROZEN)
    return list(rows.select_related("set_version__evaluation_set__project").order_by("-pk")[:MOST])


def _evaluations(sets: Iterable[int]) -> list[Evaluation]:
    rows = Evaluation.objects.filter(set_version__in=list(sets), state=Evaluation.State.DONE)
    rows = rows.select_related("model_version__project", "set_version__evaluation_set__project")
    return list(rows.defer("result").order_by("-created_at")[:MOST])


def _verdicts(sets: Iterable[int]) -> list[Verdict]:
    rows = Verdict.objects.filter(gate_version__set_version__in=list(sets))
    rows = rows.filter(decided_at__isnull=False).select_related(
        "gate_version__gate__project",
        "gate_version__set_version__evaluation_set__project",
        "candidate__project",
        "baseline__project",
    )
    return list(rows.defer("findings", "evidence").order_by("-decided_at")[:MOST])


def _measured(evaluations: list[Evaluation], verdicts: list[Verdict]) -> list[Measured]:
    """Each version on each set version once, with its newest evaluation and all its verdicts."""
    found: dict[tuple[int, int], Measured] = {}
    for evaluation in evaluations:
        row = _row(found, evaluation.model_version, evaluation.set_version)
        row.evaluation = row.evaluation or evaluation
    for verdict in verdicts:
        set_version = verdict.gate_version.set_version
        _row(found, verdict.candidate, set_version).verdicts.append((verdict, True))
        if verdict.baseline is not None:
            _row(found, verdict.baseline, set_version).verdicts.append((verdict, False))
    return list(found.values())


def _row(
    found: dict[tuple[int, int], Measured], version: ModelVersion, set_version: SetVersion
) -> Measured:
    return found.setdefault((version.pk, set_version.pk), Measured(version, set_version))


def _add_answers(item: Item, examples: list[Example], measured: list[Measured]) -> None:
    """What each version said, sent in or with the item itself, and whether it is right."""
    references = {
        example.set_version_id: example.references.get(example.set_version.criterion, "")
        for example in examples
    }
    versions = {row.version.pk for row in measured}
    rows = Prediction.objects.filter(item=item, version__in=versions)
    sent = dict(rows.values_list("version_id", "value"))
    for row in measured:
        own = as_text(item.prediction) if item.model_version == row.version.name else ""
        row.answer = sent.get(row.version.pk, own)
        if row.answer:
            row.right = row.answer == references[row.set_version.pk]


def _stages(verdicts: list[Verdict]) -> list[Stage]:
    rows = Stage.objects.filter(verdict__in=verdicts)
    return list(rows.select_related("release__project", "release__candidate").order_by("-pk"))


def _links(
    item: Item, history: ItemHistory, sets: Iterable[int], verdicts: list[Verdict]
) -> list[CaseLink]:
    """Links to the item itself first, then to the samples, queues, sets and verdicts with it."""
    leads_here = (
        Q(item=item)
        | Q(sample__in=[sampled.sample_id for sampled in history.samples])
        | Q(queue__in=[found.task.queue_id for found in history.tasks])
        | Q(set_version__in=list(sets))
        | Q(verdict__in=verdicts)
    )
    rows = CaseLink.objects.filter(leads_here, case__project=item.project_id)
    found = list(rows.select_related("case__project", "case__owner__user").order_by("pk")[:MOST])
    return sorted(found, key=lambda link: link.item_id is None)
