"""Disputes: what annotators answered to one task, and which tasks wait for a decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from labeling.models import Adjudication, Annotation, Answer, Criterion, Membership, Queue, Task
from labeling.models.queues import TaskQuerySet
from labeling.policy.blinding import option_order
from labeling.policy.settling import Asked, Finding, Vote, settle_all
from labeling.policy.sides import Sides
from labeling.reports.sides import sides_for

#: Contested criteria are found by reading the answers; of more disputes than these, the first.
MOST_READ = 2_000


@dataclass(frozen=True)
class Question:
    """One criterion of a task: the counted answers by annotation, and what the policy finds."""

    criterion: Criterion
    answers: dict[int, str | None]
    finding: Finding

    @property
    def contested(self) -> bool:
        return not self.finding.settled

    @property
    def votes(self) -> list[Vote]:
        return [Vote(value) for value in self.answers.values()]


@dataclass(frozen=True)
class DisputedCase:
    """All that was answered to one task by the annotations that count."""

    task: Task
    annotations: list[Annotation]
    questions: list[Question]

    @cached_property
    def contested(self) -> list[Question]:
        return [question for question in self.questions if question.contested]

    @cached_property
    def agreed(self) -> list[Question]:
        return [question for question in self.questions if not question.contested]


@dataclass(frozen=True)
class Voice:
    """One annotation without its annotator: a letter, the answers by criterion, the comment.

    missed: by criterion the label that "none of these" was answered for.
    """

    letter: str
    answers: dict[str, str | None]
    comment: str
    unsure: bool
    missed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dispute:
    """One line of a list of disputes; since: when the last of the answers came."""

    task: Task
    contested: list[Question]
    since: datetime | None


@dataclass(frozen=True)
class DisputeCounts:
    """How many disputes of a queue wait, are being decided, and were decided since midnight."""

    waiting: int
    claimed: int
    decided_today: int


def case_of(task: Task) -> DisputedCase:
    """The answers to one task, criterion by criterion, in the order of the rubric."""
    return cases_of(task.queue, [task])[0]


def case_for(task: Task, member: Membership) -> DisputedCase:
    """The same as this member sees it: answers about sides are about those on their page."""
    case, sides = case_of(task), sides_for(task, member)
    if not sides.moved:
        return case
    return replace(case, questions=[_turned(question, sides) for question in case.questions])


def cases_of(queue: Queue, tasks: Iterable[Task]) -> list[DisputedCase]:
    """The same for several tasks of one queue, in three queries."""
    tasks = list(tasks)
    annotations = defaultdict(list)
    for row in Annotation.objects.counted().filter(task__in=tasks).order_by("pk"):
        annotations[row.task_id].append(row)
    given: dict[int, dict[int, str | None]] = defaultdict(dict)
    counted = [row for rows in annotations.values() for row in rows]
    for answer in Answer.objects.filter(annotation__in=counted):
        value = None if answer.cannot_tell else answer.value
        given[answer.annotation_id][answer.criterion_id] = value
    criteria = list(queue.rubric_version.criteria.select_related("taxonomy"))
    return [_case(queue, task, annotations[task.pk], given, criteria) for task in tasks]


def voices(case: DisputedCase, token: UUID) -> list[Voice]:
    """The annotations under letters, in an order of this claim's own: not by time or name."""
    by_uid = {str(row.uid): row for row in case.annotations}
    order = [by_uid[uid] for uid in option_order(sorted(by_uid), "voices", token)]
    missed = _missed(case)
    return [
        Voice(
            _letter(number),
            {one.criterion.key: one.answers[row.pk] for one in case.questions},
            row.comment,
            row.unsure,
            missed.get(row.pk, {}),
        )
        for number, row in enumerate(order)
    ]


def _missed(case: DisputedCase) -> dict[int, dict[str, str]]:
    """The labels that were proposed, by annotation and criterion; asked only where they can be."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    if any(question.criterion.propose for question in case.questions):
        rows = Answer.objects.filter(annotation__in=case.annotations).exclude(proposed="")
        for pk, key, label in rows.values_list("annotation_id", "criterion__key", "proposed"):
            found[pk][key] = label
    return found


def claimable_by(member: Membership, queue: Queue | None = None) -> TaskQuerySet:
    """Disputes in the languages that the member speaks and that nobody works on, oldest first."""
    tasks = Task.objects.adjudicable_by(member).unclaimed()
    if queue is not None:
        tasks = tasks.filter(queue=queue)
    if member.languages:
        spoken = Q(queue__lane_attribute="") | Q(lane__in=["", *member.languages])
        tasks = tasks.filter(spoken)
    return tasks.filter(queue__project__archived_at=None).order_by("pk")


def decided_since(member: Membership, midnight: datetime) -> int:
    """How many disputes this member has decided since a moment."""
    own = Adjudication.objects.current().filter(adjudicator=member, at__gte=midnight)
    return own.count()


def disputes_in(queue: Queue, *, criterion: str = "", lane: str = "") -> QuerySet[Task]:
    """The queue's disputed tasks; with a criterion, those among the first that contest it."""
    tasks = Task.objects.disputed().filter(queue=queue)
    if lane:
        tasks = tasks.filter(lane=lane)
    if criterion:
        read = cases_of(queue, tasks.order_by("pk")[:MOST_READ])
        tasks = tasks.filter(pk__in=[case.task.pk for case in read if _contests(case, criterion)])
    since = Max("slots__annotation__submitted_at")
    return tasks.select_related("item__project").annotate(since=since).order_by("pk")


def as_disputes(queue: Queue, tasks: Iterable[Task]) -> list[Dispute]:
    """What is contested in each of the tasks that `disputes_in` found."""
    return [
        Dispute(case.task, case.contested, getattr(case.task, "since", None))
        for case in cases_of(queue, tasks)
    ]


def counts_of(queue: Queue, midnight: datetime) -> DisputeCounts:
    """How the work on a queue's disputes stands."""
    disputed = Task.objects.disputed().filter(queue=queue)
    waiting = disputed.unclaimed().count()
    decided = Adjudication.objects.current().filter(
        task__queue=queue, source=Adjudication.Source.PERSON, at__gte=midnight
    )
    return DisputeCounts(waiting, disputed.count() - waiting, decided.count())


def split_of(question: Question) -> list[tuple[str | None, int]]:
    """How the answers to a criterion split, the most given first."""
    return Counter(question.answers.values()).most_common()


def _contests(case: DisputedCase, criterion: str) -> bool:
    return any(question.criterion.key == criterion for question in case.contested)


def _case(
    queue: Queue,
    task: Task,
    annotations: list[Annotation],
    given: Mapping[int, Mapping[int, str | None]],
    criteria: list[Criterion],
) -> DisputedCase:
    """An annotation without an answer to a criterion left it blank."""
    ballots = [{one.key: given[row.pk].get(one.pk, "") for one in criteria} for row in annotations]
    found = settle_all(
        [Asked(one.key, one.kind, one.when) for one in criteria],
        ballots,
        majority=queue.settling == Queue.Settling.MAJORITY,
    )
    questions = []
    for one in criteria:
        answers = {row.pk: given[row.pk].get(one.pk, "") for row in annotations}
        questions.append(Question(one, answers, found[one.key]))
    return DisputedCase(task, annotations, questions)


def _turned(question: Question, sides: Sides) -> Question:
    kind, value = question.criterion.kind, question.finding.value
    found = replace(question.finding, value=value and sides.seen(kind, value))
    answers = {pk: said and sides.seen(kind, said) for pk, said in question.answers.items()}
    return replace(question, answers=answers, finding=found)


def _letter(number: int) -> str:
    """A, B … Z, then AA, AB …"""
    first, second = divmod(number, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)
