"""Queues that are made like an earlier one, under a later version of its rubric."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, RubricVersion, Slot, Task
from labeling.models.queues import new_key
from labeling.reports.places import Placed


def queue_like(
    queue: Queue,
    version: RubricVersion,
    *,
    by: Membership | None,
    at: datetime | None,
    **fields: object,
) -> Queue:
    """A queue with the settings of another, for a version that can be asked."""
    if version.state != RubricVersion.State.PUBLISHED:
        raise Conflict("not_published", _("Only a published version can be asked."))
    made = Queue.objects.get(pk=queue.pk)
    made.pk, made.uid = None, uuid4()
    made._state.adding = True
    made.sides_key = new_key()
    made.rubric_version, made.state = version, Queue.State.OPEN
    made.error, made.job, made.closed_at, made.drained_at = "", None, None, None
    made.succeeds, made.relabels, made.on_trial = None, None, False
    made.created_by, made.created_at = by, at or timezone.now()
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    made.teams.set(queue.teams.all())
    return made


def places_of(task: Task, queue: Queue, row: Placed) -> list[Slot]:
    """A task's places for as many people as that, not saved yet."""
    return [
        Slot(queue=queue, task=task, number=number, place=row.place, lane=task.lane)
        for number in range(row.people)
    ]


def refuse_if_moving(queue: Queue) -> None:
    """Conflict while a job moves a queue: it hands out nothing and stays as it was counted."""
    if queue.successors.filter(state__in=(Queue.State.PREPARING, Queue.State.FAILED)).exists():
        message = _("This queue is moving to a later version; see how far on the later queue.")
        raise Conflict("queue_moving", message)


def tasks_like(tasks: Iterable[Task], queue: Queue) -> list[Task]:
    """Tasks of another queue for the same items, in the same order; open, and without places."""
    return Task.objects.bulk_create(
        Task(
            queue=queue,
            item_id=task.item_id,
            sampled_item_id=task.sampled_item_id,
            lane=task.lane,
            outputs=task.outputs,
        )
        for task in tasks
    )
