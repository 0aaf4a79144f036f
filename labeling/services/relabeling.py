"""Queues of just those tasks that a new version of a rubric asks for again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, RubricVersion, Slot, Task
from labeling.reports.relabeling import to_judge_again
from labeling.services import audit
from labeling.services.successors import queue_like

CHUNK = 2_000
NAME_CHARACTERS = 120


@transaction.atomic
def judge_again(
    queue: Queue, version: RubricVersion, *, by: Membership | None, at: datetime | None = None
) -> Queue:
    """An open queue under a later version, like an earlier one but with the touched tasks alone."""
    version = RubricVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    tasks = to_judge_again(version).filter(queue=queue).order_by("pk")
    found = tasks.values_list("item_id", "sampled_item_id", "lane").iterator(CHUNK)
    name = _(" (again, version %(number)d)") % {"number": version.number}
    name = queue.name[: NAME_CHARACTERS - len(name)] + name
    again = queue_like(queue, version, by=by, at=at, name=name, relabels=queue)
    made = 0
    while chunk := list(islice(found, CHUNK)):
        _make_tasks(again, chunk, made)
        made += len(chunk)
    if not made:
        raise Conflict("nothing_to_judge", _("Nothing in this queue is to be judged again."))
    audit.record(by, "created_queue", again, at=at, relabels=str(queue.uid), tasks=made)
    return again


def _make_tasks(queue: Queue, chunk: Sequence[tuple[int, int | None, str]], made: int) -> None:
    tasks = Task.objects.bulk_create(
        Task(queue=queue, item_id=item, sampled_item_id=sampled, lane=lane)
        for item, sampled, lane in chunk
    )
    Slot.objects.bulk_create(
        Slot(queue=queue, task=task, number=number, place=place, lane=task.lane)
        for place, task in enumerate(tasks, made)
        for number in range(queue.overlap)
    )
