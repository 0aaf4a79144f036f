"""Draining: a queue hands out only what somebody has begun, and closes when that is finished.

Locks: queue, seats, tasks, slots. Whatever somebody is taking at that moment is left alone and
looked at again by the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Membership, Queue, Slot, Task
from labeling.models.queues import TaskQuerySet
from labeling.reports.places import Placed, placed
from labeling.services import audit
from labeling.services.annotations import UNDO_WITHIN
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.leases import lock_all_seats
from labeling.services.successors import places_of, refuse_if_moving

AT_ONCE = 500
#: Of more tasks than these a job sets aside or puts back all but the first.
SOON = 2_000
RUNNING = (Queue.State.OPEN, Queue.State.PAUSED)


@transaction.atomic
def drain_queue(queue: Queue, *, by: Membership | None, at: datetime | None = None) -> None:
    """Set aside what nobody has begun; the queue closes by itself when the rest is finished."""
    at = at or timezone.now()
    refuse_if_moving(queue)
    rows = Queue.objects.filter(pk=queue.pk, state__in=RUNNING, drained_at__isnull=True)
    if not rows.update(drained_at=at):
        raise Conflict("queue_state", _("The queue is in another state by now; reload the page."))
    queue.drained_at = at
    untouched = untouched_in(queue).count()
    set_aside(queue, SOON)
    audit.record(by, "drained_queue", queue, at=at, tasks=untouched)


@transaction.atomic
def resume_queue(queue: Queue, *, by: Membership | None, at: datetime | None = None) -> None:
    """Hand out everything again, what was set aside too."""
    if queue.successors.exists():
        message = _("This queue has moved to a later version; go on with the later queue.")
        raise Conflict("queue_moved", message)
    rows = Queue.objects.filter(pk=queue.pk, drained_at__isnull=False)
    rows = rows.filter(state__in=(*RUNNING, Queue.State.CLOSED))
    if not rows.update(drained_at=None, closed_at=None, state=Queue.State.OPEN):
        raise Conflict("queue_state", _("The queue is in another state by now; reload the page."))
    queue.drained_at, queue.closed_at, queue.state = None, None, Queue.State.OPEN
    waiting = aside_in(queue).count()
    if waiting <= SOON:
        put_back(queue)
    else:
        enqueue("resume_queue", {"queue": str(queue.uid)}, project=queue.project, by=by)
    audit.record(by, "resumed_queue", queue, at=at, tasks=waiting)


@job_kind("resume_queue")
def run_resume_queue(job: RunningJob) -> dict[str, Any]:
    """The job behind `resume_queue` where there is much to put back."""
    queue = Queue.objects.get(uid=job.arguments["queue"])
    return {"tasks": put_back(queue, job.progress)}


@job_kind(
    "drain_queues",
    every=timedelta(seconds=20),
    when=lambda: draining().exists(),
)
def run_drain_queues(job: RunningJob) -> dict[str, Any]:
    """Set aside what was given back since, and close the queues that have finished."""
    found = {"tasks": 0, "closed": 0}
    for queue in draining().select_related("project"):
        job.check_cancelled()
        tasks = set_aside(queue)
        if tasks:
            audit.record(None, "set_aside_tasks", queue, project=queue.project, tasks=tasks)
        found["tasks"] += tasks
        found["closed"] += _close_if_finished(queue, timezone.now())
    return found


def draining() -> Any:
    """Queues that close by themselves when what has been begun is finished."""
    return Queue.objects.filter(state__in=RUNNING, drained_at__isnull=False)


def untouched_in(queue: Queue) -> TaskQuerySet:
    """Open tasks that nobody has judged and nobody is working on."""
    begun = Q(annotation__isnull=False) | Q(leased_until__gte=Now())
    slots = Slot.objects.filter(begun, task=OuterRef("pk"))
    return Task.objects.filter(queue=queue, state=Task.State.OPEN).exclude(Exists(slots))


def aside_in(queue: Queue) -> TaskQuerySet:
    """Tasks that wait for the queue to be resumed; one that was begun anew keeps its slots."""
    rows = Task.objects.filter(queue=queue, state=Task.State.SET_ASIDE, item__erased_at=None)
    return rows.exclude(Exists(Slot.objects.filter(task=OuterRef("pk"))))


def set_aside(queue: Queue, most: int | None = None) -> int:
    """Set aside what nobody has begun, at most so many tasks; returns how many those were."""
    count = 0
    while (most is None or count < most) and (some := _set_aside_some(queue)):
        count += some
    return count


def put_back(queue: Queue, progress: Callable[[int], None] | None = None) -> int:
    """Open what was set aside, in its place and for as many people as the queue says now."""
    rows = {row.member: row for row in placed(queue)}
    count = 0
    while some := _put_back_some(queue, rows):
        count += some
        if progress:
            progress(count)
    return count


@transaction.atomic
def _set_aside_some(queue: Queue) -> int:
    if not draining().select_for_update(no_key=True).filter(pk=queue.pk):
        return 0
    rows = untouched_in(queue).select_for_update(no_key=True, skip_locked=True).order_by("pk")
    tasks = [task.pk for task in rows[:AT_ONCE]]
    free = Slot.objects.free().filter(task__in=tasks)
    held = list(free.select_for_update(no_key=True, skip_locked=True).order_by("task_id", "number"))
    slots = Slot.objects.filter(task__in=tasks).values_list("task").annotate(n=Count("pk"))
    sizes = dict(slots.order_by())
    for slot in held:
        sizes[slot.task_id] -= 1
    aside = [task for task, others in sizes.items() if not others]
    Slot.objects.filter(task__in=aside).delete()
    return Task.objects.filter(pk__in=aside).update(state=Task.State.SET_ASIDE)


@transaction.atomic
def _put_back_some(queue: Queue, rows: Mapping[int, Placed]) -> int:
    lock_all_seats(queue)
    if not Queue.objects.filter(pk=queue.pk, drained_at__isnull=True).exists():
        return 0
    tasks = list(
        aside_in(queue).select_for_update(no_key=True, of=("self",)).order_by("pk")[:AT_ONCE]
    )
    Slot.objects.bulk_create(slot for task in tasks for slot in _slots_of(task, queue, rows))
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(state=Task.State.OPEN)
    return len(tasks)


def _slots_of(task: Task, queue: Queue, rows: Mapping[int, Placed]) -> list[Slot]:
    return places_of(task, queue, rows.get(task.sampled_item_id or 0, Placed(0, 0, queue.overlap)))


@transaction.atomic
def _close_if_finished(queue: Queue, at: datetime) -> bool:
    """Close once no task is open, and what was submitted last can be taken back no more."""
    lately = Annotation.objects.filter(task__queue=queue, submitted_at__gt=at - UNDO_WITHIN)
    if queue.tasks.filter(state=Task.State.OPEN).exists() or lately.exists():
        return False
    closed = {"state": Queue.State.CLOSED, "closed_at": at}
    if not draining().filter(pk=queue.pk).update(**closed):
        return False
    audit.record(None, "closed_queue", queue, at=at, project=queue.project, drained=True)
    return True
