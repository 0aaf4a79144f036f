"""What a queue that has moved gives up later goes over to the queue that took over from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.models import Queue, Slot, Task
from labeling.models.queues import TaskQuerySet
from labeling.reports.moving import MOVABLE
from labeling.reports.places import Placed, placed
from labeling.services import audit
from labeling.services.jobs import RunningJob, job_kind

AT_ONCE = 500


@job_kind("follow_queues", every=timedelta(seconds=20), when=lambda: left_behind().exists())
def run_follow_queues(job: RunningJob) -> dict[str, Any]:
    """Ask under the later version what somebody gave back unjudged after the queue had moved."""
    moved = Queue.objects.filter(pk__in=left_behind().values("queue"))
    return {"tasks": sum(follow(queue) for queue in moved.order_by("pk"))}


def left_behind() -> TaskQuerySet:
    """Tasks set aside without a place in a queue that has moved, their items not asked since."""
    later = Queue.objects.filter(succeeds=OuterRef("queue"), state__in=MOVABLE, drained_at=None)
    asked = Task.objects.filter(queue__succeeds=OuterRef("queue"), item=OuterRef("item"))
    rows = Task.objects.filter(Exists(later), state=Task.State.SET_ASIDE)
    return rows.exclude(Exists(Slot.objects.filter(task=OuterRef("pk")))).exclude(Exists(asked))


@transaction.atomic
def follow(queue: Queue) -> int:
    """Make tasks of the later queue for what the earlier one has left behind, a few at a time."""
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    tasks = list(left_behind().filter(queue=queue).order_by("pk")[:AT_ONCE])
    if not tasks:
        return 0
    later = queue.successors.select_related("sample", "project").get()
    rows = {row.member: row for row in placed(later)}
    for old in tasks:
        row = rows.get(old.sampled_item_id or 0, Placed(0, 0, later.overlap))
        _ask(old, later, row)
    audit.record(
        None, "moved_tasks", later, at=timezone.now(), project=later.project, tasks=len(tasks)
    )
    return len(tasks)


def _ask(old: Task, later: Queue, row: Placed) -> None:
    task = Task.objects.create(
        queue=later,
        item_id=old.item_id,
        sampled_item_id=old.sampled_item_id,
        lane=old.lane,
        outputs=old.outputs,
    )
    Slot.objects.bulk_create(
        Slot(queue=later, task=task, number=number, place=row.place, lane=task.lane)
        for number in range(row.people)
    )
