"""What a queue that has moved gives up later goes over to the queue that goes on from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling.models import Queue, Slot, Task
from labeling.models.queues import TaskQuerySet
from labeling.reports.moving import MOVABLE
from labeling.reports.places import Placed, placed
from labeling.services import audit
from labeling.services.jobs import RunningJob, job_kind
from labeling.services.successors import places_of, tasks_like

AT_ONCE = 500
#: A queue gives nothing up any more once it is closed; this long after, nothing can be left.
LOOKED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Trail:
    """A queue that has moved, those that took over one after the other, and the last of them."""

    queue: Queue
    later: list[int]
    end: Queue

    def left_behind(self) -> TaskQuerySet:
        """Tasks set aside without a place whose items are asked in no later queue."""
        asked = Task.objects.filter(queue__in=self.later).values("item")
        rows = Task.objects.filter(queue=self.queue, state=Task.State.SET_ASIDE)
        rows = rows.filter(item__erased_at=None)
        placed_here = Slot.objects.filter(task=OuterRef("pk"))
        return rows.exclude(Exists(placed_here)).exclude(item__in=asked)


@job_kind(
    "follow_queues",
    every=timedelta(seconds=20),
    when=lambda: any(trail.left_behind().exists() for trail in trails()),
)
def run_follow_queues(job: RunningJob) -> dict[str, Any]:
    """Ask under the later version what somebody gave back unjudged after the queue had moved."""
    return {"tasks": sum(follow(trail) for trail in trails())}


def trails() -> Iterator[Trail]:
    """The queues that moved and may still give something up, where somebody goes on from them."""
    rows = Queue.objects.filter(succeeds__isnull=False)
    successors = {row.succeeds_id: row for row in rows if row.succeeds_id is not None}
    recently = Q(closed_at__gt=timezone.now() - LOOKED_AFTER)
    moved = Queue.objects.filter(pk__in=list(successors))
    for queue in moved.filter(recently | Q(state__in=MOVABLE)).order_by("pk"):
        later, end = [], queue
        while end.pk in successors:
            end = successors[end.pk]
            later.append(end.pk)
        if end.state in MOVABLE and not end.drained_at:
            yield Trail(queue, later, end)


@transaction.atomic
def follow(trail: Trail) -> int:
    """Make tasks of the last queue for what the earlier one has left behind, a few at a time."""
    Queue.objects.select_for_update(no_key=True).get(pk=trail.end.pk)
    tasks = list(trail.left_behind().order_by("pk")[:AT_ONCE])
    if not tasks:
        return 0
    rows = {row.member: row for row in placed(trail.end)}
    other = Placed(0, 0, trail.end.overlap)
    for task in tasks_like(tasks, trail.end):
        row = rows.get(task.sampled_item_id or 0, other)
        Slot.objects.bulk_create(places_of(task, trail.end, row))
    project = trail.end.project
    at, count = timezone.now(), len(tasks)
    audit.record(None, "moved_tasks", trail.end, at=at, project=project, tasks=count)
    return count
