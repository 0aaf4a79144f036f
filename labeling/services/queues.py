"""Queues: made from a sample under a rubric version, built by a job, opened, paused, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import (
    Annotation,
    Job,
    Membership,
    Project,
    Queue,
    RubricVersion,
    Sample,
    SampledItem,
    Skip,
    Slot,
    Task,
    Team,
)
from labeling.reports.places import Placed, members_of, placed
from labeling.services import audit
from labeling.services.draining import resume_queue
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.successors import places_of, refuse_if_moving

CHUNK = 2_000
Progress = Callable[[int, int | None, str], None]


@transaction.atomic
def create_queue(project: Project, *, by: Membership | None, **asked: Any) -> Queue:
    """A queue in preparation, as `new_queue` makes it; a job makes its tasks and slots."""
    queue = new_queue(project, by=by, **asked)
    queue.job = enqueue("build_queue", {"queue": str(queue.uid)}, project=project, by=by)
    queue.save(update_fields=["job"])
    return queue


@transaction.atomic
def new_queue(
    project: Project,
    *,
    name: str,
    rubric_version: RubricVersion,
    sample: Sample,
    by: Membership | None,
    at: datetime | None = None,
    teams: Iterable[Team] = (),
    **settings: Any,
) -> Queue:
    """A queue in preparation, without its tasks."""
    queue = Queue(
        project=project,
        name=name.strip(),
        rubric_version=rubric_version,
        sample=sample,
        created_by=by,
        created_at=at or timezone.now(),
        **settings,
    )
    _check(queue)
    queue.save()
    queue.teams.set(teams)
    overlap = {"overlap": queue.overlap, "overlap_percent": queue.overlap_percent}
    audit.record(by, "created_queue", queue, project=project, at=at, **overlap)
    return queue


@job_kind("build_queue", ended=lambda job: _give_up(job))
def run_build_queue(job: RunningJob) -> dict[str, Any]:
    """The job behind `create_queue`."""
    queue = Queue.objects.get(uid=job.arguments["queue"])
    return {"tasks": build_queue(queue, progress=job.progress)}


def build_queue(
    queue: Queue,
    progress: Progress | None = None,
    *,
    at: datetime | None = None,
    outputs: Mapping[int, list[str]] | None = None,
) -> int:
    """Make a queue's tasks and slots chunk by chunk, going on where an earlier try stopped.

    outputs: what is to be judged of each item (by primary key), for a queue about outputs.
    """
    made = queue.tasks.count()
    if queue.state != Queue.State.PREPARING:
        return made
    for chunk in _chunks(zip(placed(queue)[made:], members_of(queue, made), strict=True)):
        with transaction.atomic():
            _make_tasks(queue, chunk, outputs or {})
        made += len(chunk)
        if progress:
            progress(made, queue.sample.size, _("making tasks"))
    analyze()
    _open(queue, made, at)
    return made


@transaction.atomic
def offer_again(queue: Queue, *, by: Membership) -> int:
    """Put the tasks that everybody skipped back into the queue, for people who join it."""
    waiting = Task.objects.filter(queue=queue, state=Task.State.ATTENTION)
    count = waiting.update(state=Task.State.OPEN)
    if count:
        audit.record(by, "offered_again", queue, tasks=count)
    return count


@transaction.atomic
def settle_skips(task: Task, reason: str, *, by: Membership, at: datetime | None = None) -> int:
    """Mark what people said against a task's item or rubric as dealt with; it stays on the record.

    Who was not asked yet may still be given the task; nobody is asked twice.
    """
    at = at or timezone.now()
    said = Skip.objects.unsettled().filter(task=task, reason=reason)
    count = said.update(settled_at=at, settled_by=by)
    if not count:
        raise Conflict("skips_settled", _("Nothing waits here; somebody has dealt with it."))
    audit.record(by, "settled_skips", task, at=at, reason=reason, skips=count)
    return count


def _open(queue: Queue, tasks: int, at: datetime | None) -> None:
    with transaction.atomic():
        _move(queue, {Queue.State.PREPARING}, Queue.State.OPEN)
        by, project = queue.created_by, queue.project
        audit.record(by, "opened_queue", queue, at=at, project=project, tasks=tasks)


@transaction.atomic
def pause_queue(queue: Queue, *, by: Membership) -> None:
    """Hand out nothing more for now; what people have on the screen can still be submitted."""
    _move(queue, {Queue.State.OPEN}, Queue.State.PAUSED)
    audit.record(by, "paused_queue", queue)


@transaction.atomic
def reopen_queue(queue: Queue, *, by: Membership) -> None:
    """Go on handing out work; of one that was drained also what was set aside."""
    if queue.state == Queue.State.CLOSED and queue.drained_at:
        return resume_queue(queue, by=by)
    refuse_if_moving(queue)
    _move(queue, {Queue.State.PAUSED, Queue.State.CLOSED}, Queue.State.OPEN)
    audit.record(by, "reopened_queue", queue)
    return None


@transaction.atomic
def close_queue(queue: Queue, *, by: Membership) -> None:
    """End the queue; what is unanswered stays so."""
    _move(queue, {Queue.State.OPEN, Queue.State.PAUSED}, Queue.State.CLOSED)
    Queue.objects.filter(pk=queue.pk).update(closed_at=timezone.now())
    audit.record(by, "closed_queue", queue)


def _give_up(job: Job) -> None:
    """A queue whose job failed for good says so instead of preparing for ever."""
    Queue.objects.filter(uid=job.arguments["queue"], state=Queue.State.PREPARING).update(
        state=Queue.State.FAILED, error=job.error
    )


def _check(queue: Queue) -> None:
    """Refuse what the form or API may have mixed up between projects or states."""
    if queue.rubric_version.rubric.project_id != queue.project_id:
        raise ValidationError({"rubric_version": _("There is no such rubric version here.")})
    if queue.rubric_version.state != RubricVersion.State.PUBLISHED:
        raise ValidationError({"rubric_version": _("Publish the rubric version first.")})
    if queue.sample.project_id != queue.project_id:
        raise ValidationError({"sample": _("There is no such sample here.")})
    if queue.sample.state != Sample.State.DRAWN or not queue.sample.size:
        raise ValidationError({"sample": _("This sample has no items (yet).")})
    if queue.languages and not queue.lane_attribute:
        raise ValidationError({"languages": _("Say which attribute holds an item's language.")})
    queue.full_clean(exclude=["job", "created_by", "blinding"], validate_unique=False)


def _move(queue: Queue, before: set[str], after: str) -> None:
    """Change the state by compare-and-swap, so that two clicks do it once."""
    if not Queue.objects.filter(pk=queue.pk, state__in=before).update(state=after):
        raise Conflict("queue_state", _("The queue is in another state by now; reload the page."))
    queue.state = after


def _make_tasks(
    queue: Queue, chunk: list[tuple[Placed, SampledItem]], outputs: Mapping[int, list[str]]
) -> None:
    tasks = Task.objects.bulk_create(
        Task(
            queue=queue,
            item=member.item,
            sampled_item=member,
            lane=_lane(queue, member),
            outputs=outputs.get(member.item_id, []),
            state=Task.State.SET_ASIDE if member.item.erased_at else Task.State.OPEN,
        )
        for _placed, member in chunk
    )
    Slot.objects.bulk_create(
        slot
        for task, (row, _member) in zip(tasks, chunk, strict=True)
        if task.state == Task.State.OPEN
        for slot in places_of(task, queue, row)
    )


def _lane(queue: Queue, member: SampledItem) -> str:
    return member.item.attributes.get(queue.lane_attribute, "")[:40] if queue.lane_attribute else ""


def _chunks(
    rows: Iterator[tuple[Placed, SampledItem]],
) -> Iterator[list[tuple[Placed, SampledItem]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def analyze() -> None:
    """Tell the planner what is there; on tables never analysed a claim takes seconds.

    Not on one without rows: it would be taken for empty long after there are answers in it.
    """
    for model in (Slot, Task, Annotation):
        if model.objects.exists():
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {model._meta.db_table}")
