"""Inter-annotator agreement in a queue: per criterion, by slice, language and pair of people."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

import numpy as np
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy

from labeling.models import (
    Annotation,
    Answer,
    Criterion,
    Item,
    Membership,
    Queue,
    Slice,
    Snapshot,
    Task,
)
from labeling.models.conditions import as_filter
from labeling.reports.figures import (
    BLANK,
    CANNOT_TELL,
    Columns,
    Figures,
    Mask,
    Scale,
    against_most,
    counts_of,
    measure,
    scale_of,
)
from labeling.reports.snapshots import revived
from labeling.stats.estimate import Estimate
from labeling.stats.pairs import by_pair
from labeling.stats.taxonomy import Decomposition, alpha_by_level, decompose

KIND = "agreement"
#: What a disagreement weighs in alpha, by the name of the scale's distance.
DISTANCES = {
    "nominal": gettext_lazy("every difference counts alike"),
    "ordinal": gettext_lazy("counted by the answers that lie between"),
    "ordinal, both bad aside": gettext_lazy(
        "counted by the answers that lie between; “both bad” is far from each"
    ),
    "interval": gettext_lazy("counted by the squared difference of the numbers"),
    "ratio": gettext_lazy("counted by the difference in proportion to the numbers"),
    "Jaccard": gettext_lazy("choices that overlap count in part (Jaccard)"),
    "Kendall": gettext_lazy("counted by the pairs of outputs that are ordered otherwise (Kendall)"),
    "overlap": gettext_lazy("counted by the labeled characters that are not shared (1 - F1)"),
    "MASI": gettext_lazy("choices that overlap count in part (MASI)"),
    "tree": gettext_lazy("counted by the way between labels in the tree"),
}
#: More counted answers than these are too many to compute with while somebody waits.
LIVE_ANSWERS = 20_000
MOST_SLICES = 50
MOST_PEOPLE = 30
#: Items times values of one criterion; beyond, the counts do not fit into a worker's memory.
MOST_CELLS = 200_000_000


@dataclass(frozen=True)
class Part:
    """The figures of one slice or one language lane."""

    name: str
    figures: Figures


@dataclass(frozen=True)
class PairOfPeople:
    """Two annotators by their place in the report's people."""

    first: int
    second: int
    agreement: Estimate
    kappa: float


@dataclass(frozen=True)
class Machine:
    """A machine annotator against what most people answered."""

    uid: str
    agreement: Estimate
    alpha: Estimate


@dataclass(frozen=True)
class CriterionAgreement:
    """Agreement on one criterion; by_level from the top of a taxonomy down.

    counts: whether the rubric lets it count in agreement; else nothing is compared.
    """

    key: str
    prompt: str
    kind: str
    distance: str
    whole: Figures
    by_slice: list[Part] = field(default_factory=list)
    by_lane: list[Part] = field(default_factory=list)
    pairs: list[PairOfPeople] = field(default_factory=list)
    by_level: list[Estimate] = field(default_factory=list)
    decomposition: Decomposition | None = None
    machines: list[Machine] = field(default_factory=list)
    counts: bool = True

    @property
    def how_far(self) -> str:
        """How far two different answers are apart, in words; empty for what is not compared."""
        return str(DISTANCES.get(self.distance, ""))


@dataclass(frozen=True)
class AgreementReport:
    """Agreement in one queue among the counted, blind answers of people.

    tasks: of the queue; revealed: answers left out because something was shown before them;
    people: uids of the annotators with the most answers, at most thirty.
    """

    tasks: int
    revealed: int
    people: list[str]
    criteria: list[CriterionAgreement]


@dataclass(frozen=True)
class SeenAgreement:
    """A report with the time at which it was computed; None where it waits to be computed."""

    report: AgreementReport | None
    computed_at: datetime | None
    live: bool


#: Every state but the one of tasks that are not asked here any more.
ASKED = [state for state in Task.State.values if state != Task.State.SET_ASIDE]


class TooLarge(Exception):  # noqa: N818 - what was found, not a defect
    """A criterion has more items times values than can be compared at once."""


def seen_agreement(queue: Queue) -> SeenAgreement:
    """The report computed here and now, or a job's last one where there is too much for that."""
    if _counted(queue)[: LIVE_ANSWERS + 1].count() <= LIVE_ANSWERS:
        return SeenAgreement(agreement_of(queue), timezone.now(), live=True)
    row = Snapshot.objects.filter(kind=KIND, subject_uid=queue.uid).first()
    if row is None:
        return SeenAgreement(None, None, live=False)
    return SeenAgreement(revived(AgreementReport, row.body), row.computed_at, live=False)


def agreement_of(queue: Queue) -> AgreementReport:
    """Compute the report: one query for the answers of people, one for those of machines."""
    tasks = _Tasks.of(queue)
    people, revealed = _read(_counted(queue), tasks)
    machines, _revealed = _read(_of_machines(queue), tasks)
    uids = _uids([*people.annotators, *machines.annotators])
    given = _Given(tasks, people, machines, people.busiest(), uids)
    criteria = [
        _criterion(criterion, given)
        for criterion in queue.rubric_version.criteria.select_related("taxonomy")
    ]
    return AgreementReport(len(tasks.lanes), revealed, [uids[pk] for pk in given.busiest], criteria)


def _counted(queue: Queue) -> QuerySet[Answer]:
    """Answers of people that a slot points at, under the rubric version of the queue.

    Those of tasks that began anew under a later version count nowhere.
    """
    return Answer.objects.exclude(annotation__task__state=Task.State.SET_ASIDE).filter(
        annotation__slots__queue=queue,
        annotation__annotator__kind=Membership.Kind.PERSON,
        annotation__rubric_version=queue.rubric_version_id,
    )


def _of_machines(queue: Queue) -> QuerySet[Answer]:
    """Answers of machines that stand; no slot points at them."""
    return (
        Answer.objects.exclude(annotation__task__state=Task.State.SET_ASIDE)
        .filter(
            annotation__task__queue=queue,
            annotation__annotator__kind=Membership.Kind.MACHINE,
            annotation__rubric_version=queue.rubric_version_id,
            annotation__superseded_by__isnull=True,
        )
        .exclude(annotation__kind=Annotation.Kind.WITHDRAWN)
    )


@dataclass(frozen=True)
class _Tasks:
    """The queue's tasks by position, with their lanes and which of them are in which slice."""

    position: dict[int, int]
    lanes: list[str]
    slices: list[tuple[str, Mask]]

    @classmethod
    def of(cls, queue: Queue) -> _Tasks:
        parts = list(queue.project.slices.all()[:MOST_SLICES])
        inside = [_whether_in(row) for row in parts]
        # From the items' side, where a slice's conditions hold: one query for all slices.
        rows = list(
            Item.objects.filter(tasks__queue=queue, tasks__state__in=ASKED)
            .order_by("tasks__pk")
            .values_list("tasks__pk", "tasks__lane", *inside)
        )
        position = {row[0]: place for place, row in enumerate(rows)}
        slices = [
            (part.name, np.array([row[number] for row in rows], dtype=np.bool_))
            for number, part in enumerate(parts, start=2)
        ]
        return cls(position, [row[1] for row in rows], slices)

    def by_lane(self) -> list[tuple[str, Mask]]:
        names = sorted(set(self.lanes))
        lanes = np.array(self.lanes)
        return [(name, lanes == name) for name in names] if len(names) > 1 else []


@dataclass
class _Answers:
    """Answers by criterion: positions of tasks, primary keys of annotators, values as read."""

    tasks: dict[int, array[int]]
    annotators_of: dict[int, array[int]]
    values: dict[int, list[str | None]]
    annotators: dict[int, int]

    def busiest(self) -> list[int]:
        """The annotators with the most answers, so that pairs stay few enough to look at."""
        return sorted(self.annotators, key=lambda pk: (-self.annotators[pk], pk))[:MOST_PEOPLE]


def _read(rows: QuerySet[Answer], tasks: _Tasks) -> tuple[_Answers, int]:
    """The blind answers, and how many were given after something had been revealed."""
    found = _Answers(
        defaultdict(lambda: array("q")), defaultdict(lambda: array("q")), defaultdict(list), {}
    )
    revealed = 0
    columns = rows.values_list(
        "annotation__task_id",
        "annotation__annotator_id",
        "criterion_id",
        "value",
        "cannot_tell",
        "annotation__revealed",
    ).order_by()
    for task, annotator, criterion, value, cannot_tell, seen in columns.iterator(10_000):
        if seen:
            revealed += 1
            continue
        found.tasks[criterion].append(tasks.position[task])
        found.annotators_of[criterion].append(annotator)
        found.values[criterion].append(None if cannot_tell else value)
        found.annotators[annotator] = found.annotators.get(annotator, 0) + 1
    return found, revealed


def _columns(answers: _Answers, criterion: Criterion, scale: Scale, n_items: int) -> Columns:
    """Values as codes of the scale; texts only as given (0) or not."""
    codes: dict[str | None, int] = {key: code for code, key in enumerate(scale.keys)}
    codes |= {None: CANNOT_TELL, "": BLANK}
    other = BLANK if scale.compared else 0
    values = [codes.get(value, other) for value in answers.values[criterion.pk]]
    return Columns(
        np.array(answers.tasks[criterion.pk], dtype=np.int64),
        np.array(answers.annotators_of[criterion.pk], dtype=np.int64),
        np.array(values, dtype=np.int64),
        n_items,
    )


@dataclass(frozen=True)
class _Given:
    """What was read for a report; uids of annotators by primary key."""

    tasks: _Tasks
    people: _Answers
    machines: _Answers
    busiest: list[int]
    uids: dict[int, str]


def _criterion(criterion: Criterion, given: _Given) -> CriterionAgreement:
    said = chain(given.people.values[criterion.pk], given.machines.values[criterion.pk])
    scale, n_items = scale_of(criterion, said), len(given.tasks.lanes)
    if n_items * len(scale.keys) > MOST_CELLS:
        raise TooLarge(criterion.key)
    columns = _columns(given.people, criterion, scale, n_items)
    machines = _columns(given.machines, criterion, scale, n_items)
    counts = counts_of(columns, scale)

    def parts(masks: list[tuple[str, Mask]]) -> list[Part]:
        return [Part(name, measure(columns, scale, counts, mask)) for name, mask in masks]

    return CriterionAgreement(
        key=criterion.key,
        prompt=criterion.prompt,
        kind=criterion.kind,
        distance=scale.name if scale.compared else "",
        whole=measure(columns, scale, counts),
        by_slice=parts(given.tasks.slices),
        by_lane=parts(given.tasks.by_lane()),
        pairs=_pairs(columns, scale, given.busiest),
        by_level=alpha_by_level(counts, scale.tree, scale.keys) if scale.tree else [],
        decomposition=decompose(counts, scale.tree, scale.keys) if scale.tree else None,
        machines=_machines(columns, machines, scale, given.uids),
        counts=criterion.counts,
    )


def _pairs(columns: Columns, scale: Scale, busiest: list[int]) -> list[PairOfPeople]:
    """Pairs among the busiest annotators, by their places in that list."""
    if not scale.compared:
        return []
    inside = np.isin(columns.people, busiest)
    place = {pk: number for number, pk in enumerate(busiest)}
    people = [place[pk] for pk in columns.people[inside].tolist()]
    rows = by_pair(columns.items[inside], people, columns.values[inside], len(scale.keys))
    return [PairOfPeople(row.first, row.second, row.agreement, row.kappa) for row in rows]


def _machines(
    columns: Columns, machines: Columns, scale: Scale, uids: dict[int, str]
) -> list[Machine]:
    if not scale.compared:
        return []
    found = []
    for pk in np.unique(machines.people).tolist():
        own = machines.people == pk
        answers = Columns(
            machines.items[own], machines.people[own], machines.values[own], machines.n_items
        )
        found.append(Machine(uids[pk], *against_most(columns, answers, scale)))
    return found


def _uids(members: Iterable[int]) -> dict[int, str]:
    rows = Membership.objects.filter(pk__in=list(members)).values_list("pk", "uid")
    return {pk: str(uid) for pk, uid in rows}


def _whether_in(part: Slice) -> Case | Value:
    """Whether an item is in the slice, as a column; a slice without conditions holds all."""
    conditions = as_filter(part.parsed())
    if not conditions:
        return Value(True)
    return Case(When(conditions, then=Value(True)), default=Value(False))
