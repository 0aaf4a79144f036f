"""What the rows of a project must keep to, recomputed; each finding names what does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from labeling.formats.canonical import content_digest
from labeling.formats.rubric_files import digest_of, document_of
from labeling.models import (
    Adjudication,
    Annotation,
    Answer,
    AuditEvent,
    Item,
    Project,
    Queue,
    RubricVersion,
    Ruling,
    Slot,
    Task,
)
from labeling.policy.settling import Asked, all_settled, settle_all
from labeling.reports.judging import criteria_of

AT_ONCE = 1_000
_NAMED = ("uid", "item__external_id")


@dataclass(frozen=True)
class Finding:
    """One row that breaks a rule."""

    rule: str
    subject: str
    problem: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.problem}"


Check = Callable[[Project], Iterator[Finding]]


def findings(project: Project) -> Iterator[Finding]:
    """Everything that is wrong in a project; nothing in one that is whole."""
    for check in CHECKS:
        yield from check(project)


def overlap_is_exact(project: Project) -> Iterator[Finding]:
    """No task has more places than its queue ever asked for, nor a place's annotation elsewhere."""
    tasks = Task.objects.filter(queue__project=project).annotate(places=Count("slots"))
    wider = _once_wider(project)
    beyond = tasks.filter(places__gt=F("queue__overlap"))
    for row in beyond.values(*_NAMED, "places", "queue__uid"):
        if row["places"] > wider.get(row["queue__uid"], 0):
            yield Finding("overlap", _named(row), f"{row['places']} places")
    slots = Slot.objects.filter(queue__project=project)
    strays = slots.filter(annotation__isnull=False).exclude(
        annotation__task=F("task"), annotation__annotator=F("annotator")
    )
    for slot in strays.select_related("task__item"):
        yield Finding("overlap", _task(slot.task), "a place counts somebody else's annotation")


def _once_wider(project: Project) -> dict[UUID | None, int]:
    """The largest overlap before a change; a place that was taken then stays taken."""
    most: dict[UUID | None, int] = {}
    changes = AuditEvent.objects.filter(project=project, verb="changed_queue")
    for uid, detail in changes.values_list("subject_uid", "detail"):
        before = detail["changes"].get("overlap", [0])[0]
        most[uid] = max(most.get(uid, 0), before)
    return most


def counted_once(project: Project) -> Iterator[Finding]:
    """Each annotator counts once on a task, and only with an annotation that stands.

    What was replaced after others had built on it counts as it was.
    """
    slots = Slot.objects.filter(queue__project=project, annotation__isnull=False)
    gone = slots.filter(
        Q(annotation__superseded_by__isnull=False, task__state=Task.State.OPEN, task__reveals=None)
        | Q(annotation__kind=Annotation.Kind.WITHDRAWN)
    )
    for slot in gone.select_related("task__item"):
        yield Finding("counted once", _task(slot.task), "counts an annotation that was replaced")
    twice = slots.values("task__uid", "annotation__annotator").annotate(times=Count("pk"))
    for row in twice.filter(times__gt=1):
        yield Finding("counted once", f"task {row['task__uid']}", "counts one annotator twice")


def versions_do_not_mix(project: Project) -> Iterator[Finding]:
    """A task's votes, rulings and places are those of its queue, under the queue's own version."""
    asked = F("task__queue__rubric_version")
    for kind in (Annotation, Adjudication):
        rows: QuerySet[Any] = kind.objects.filter(task__queue__project=project)
        for row in rows.exclude(rubric_version=asked).select_related("task__item"):
            yield Finding("versions", _task(row.task), "answered under another rubric version")
    slots = Slot.objects.filter(queue__project=project).exclude(queue=F("task__queue"))
    for slot in slots.select_related("task__item"):
        yield Finding("versions", _task(slot.task), "a place of it is in another queue")
    tasks = Task.objects.filter(queue__project=project, state=Task.State.SET_ASIDE)
    waiting = tasks.filter(slots__isnull=False, slots__annotation__isnull=True).distinct()
    for task in waiting.select_related("item"):
        yield Finding("versions", _task(task), "set aside, but a place of it waits for an answer")


def chains_are_whole(project: Project) -> Iterator[Finding]:
    """A task has one adjudication that stands, or none; every decided task has one."""
    tasks = (
        Task.objects.filter(queue__project=project)
        .select_related("item")
        .annotate(
            ends=Count("adjudications", filter=Q(adjudications__superseded_by__isnull=True)),
            standing=Count(
                "adjudications",
                filter=Q(adjudications__superseded_by__isnull=True, adjudications__withdrawn=False),
            ),
        )
    )
    decided = [Task.State.SETTLED, Task.State.ADJUDICATED]
    for row in tasks.filter(ends__gt=1).values(*_NAMED, "ends"):
        yield Finding("adjudications", _named(row), f"{row['ends']} stand at once")
    for task in tasks.filter(state__in=decided, standing=0):
        yield Finding("adjudications", _task(task), f"it is {task.state} by nothing")
    for task in tasks.exclude(state__in=decided).filter(standing__gt=0):
        yield Finding("adjudications", _task(task), f"it is {task.state} but something stands")


def items_fit_their_digests(project: Project) -> Iterator[Finding]:
    """An item's content gives its digest; an erased one has neither content nor salt left."""
    rows = Item.objects.filter(project=project).only(
        "external_id", "content", "salt", "content_digest", "erased_at"
    )
    for item in rows.iterator(AT_ONCE):
        if item.erased_at is not None:
            if item.content or item.salt:
                yield Finding("content", f"item {item.external_id}", "erased but still there")
        elif content_digest(item.content, item.salt) != item.content_digest:
            yield Finding("content", f"item {item.external_id}", "its digest does not fit")


def rubrics_fit_their_digests(project: Project) -> Iterator[Finding]:
    """A version that has been published says what it said then."""
    versions = RubricVersion.objects.filter(rubric__project=project).select_related("rubric")
    for version in versions.exclude(state=RubricVersion.State.DRAFT):
        if version.digest != digest_of(document_of(version)):
            yield Finding("rubric", str(version), "its digest does not fit")


def states_agree(project: Project) -> Iterator[Finding]:
    """A task's state is what its places and adjudications say."""
    for queue in Queue.objects.filter(project=project).select_related("rubric_version"):
        for tasks in _batches(queue.tasks.select_related("item").order_by("pk")):
            yield from _states_in(queue, tasks)


def _states_in(queue: Queue, tasks: list[Task]) -> Iterator[Finding]:
    counted = _counted(tasks)
    answers = _answers(counted)
    rulings, policies = _rulings(tasks), _policies(tasks)
    for task in tasks:
        places = counted[task.pk]
        pending = None in places
        if task.state == Task.State.OPEN and places and not pending:
            yield Finding("state", _task(task), "open although every place is done")
        if task.state == Task.State.DISPUTED and pending:
            yield Finding("state", _task(task), "disputed before every place is done")
        if task.state == Task.State.SETTLED and pending:
            yield Finding("state", _task(task), "settled before every place is done")
        elif task.state == Task.State.SETTLED:
            votes = [pk for pk in places if pk is not None]
            majority = policies.get(task.pk) == Queue.Settling.MAJORITY
            yield from _settled(queue, task, votes, answers, rulings[task.pk], majority=majority)


def _settled(
    queue: Queue,
    task: Task,
    annotations: list[int],
    answers: dict[tuple[int, int], str | None],
    rulings: dict[int, str],
    *,
    majority: bool,
) -> Iterator[Finding]:
    """What the policy of that day makes of the counted answers is what it was ruled to be."""
    criteria = criteria_of(queue.rubric_version)
    ballots = [{row.key: answers.get((row.pk, pk), "") for row in criteria} for pk in annotations]
    asked = [Asked(row.key, row.kind, row.when) for row in criteria]
    found = settle_all(asked, ballots, majority=majority)
    expected = {row.pk: found[row.key].value for row in criteria if found[row.key].value}
    if not all_settled(found.values()):
        yield Finding("settling", _task(task), "settled although the answers differ")
    elif expected != rulings:
        yield Finding("settling", _task(task), "ruled otherwise than the policy rules")


def _counted(tasks: list[Task]) -> dict[int, list[int | None]]:
    places: dict[int, list[int | None]] = defaultdict(list)
    for task, annotation in Slot.objects.filter(task__in=tasks).values_list(
        "task_id", "annotation_id"
    ):
        places[task].append(annotation)
    return places


def _answers(counted: dict[int, list[int | None]]) -> dict[tuple[int, int], str | None]:
    wanted = [pk for places in counted.values() for pk in places if pk is not None]
    rows = Answer.objects.filter(annotation__in=wanted)
    return {
        (row.criterion_id, row.annotation_id): None if row.cannot_tell else row.value
        for row in rows
    }


def _rulings(tasks: list[Task]) -> dict[int, dict[int, str]]:
    """What the standing adjudication of each task rules, by criterion."""
    standing = Adjudication.objects.current().filter(task__in=tasks)
    found: dict[int, dict[int, str]] = defaultdict(dict)
    rows = Ruling.objects.filter(adjudication__in=standing).exclude(value="")
    for task, criterion, value in rows.values_list(
        "adjudication__task_id", "criterion_id", "value"
    ):
        found[task][criterion] = value
    return found


def _policies(tasks: list[Task]) -> dict[int, str]:
    """The policy by which each task was settled; a queue's may have changed since."""
    standing = Adjudication.objects.current().filter(task__in=tasks)
    return dict(standing.values_list("task_id", "policy"))


def _batches(tasks: QuerySet[Task]) -> Iterator[list[Task]]:
    rows: Any = tasks.iterator(AT_ONCE)
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def _task(task: Task) -> str:
    return _named({"uid": task.uid, "item__external_id": task.item.external_id})


def _named(row: dict[str, Any]) -> str:
    return f"task {row['uid']} ({row['item__external_id']})"


CHECKS: tuple[Check, ...] = (
    overlap_is_exact,
    counted_once,
    versions_do_not_mix,
    chains_are_whole,
    items_fit_their_digests,
    rubrics_fit_their_digests,
    states_agree,
)
