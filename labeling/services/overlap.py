"""More or fewer people for the items of a queue that is being judged.

Locks: queue, seats, tasks, slots.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Membership, Queue, Slot, Task
from labeling.models.queues import TaskQuerySet
from labeling.reports.places import people_of
from labeling.services import audit
from labeling.services.dependents import refuse_if_task_kept
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.leases import lock_all_seats
from labeling.services.settling import settle_if_complete, unsettle

AT_ONCE = 500
#: In queues of more tasks than these a job does it.
SOON = 2_000
UNDECIDED = (Task.State.OPEN, Task.State.ATTENTION)
#: What is asked again only if somebody says so.
AGAIN = (Task.State.SETTLED, Task.State.DISPUTED)


@dataclass(frozen=True)
class Fitting:
    """How the tasks of a queue are brought to the number of people that it says.

    people: for each sampled item; again: states in which a decided task is asked again.
    """

    queue: Queue
    people: Mapping[int, int]
    again: Collection[str]
    at: datetime

    def wanted(self, task: Task) -> int:
        return self.people.get(task.sampled_item_id or 0, self.queue.overlap)


def fit_places(
    queue: Queue, again: Collection[str], *, by: Membership | None, at: datetime
) -> None:
    """Bring all tasks to the queue's overlap, at once or by a job; the caller holds the queue."""
    if queue.tasks.count() > SOON:
        arguments = {"queue": str(queue.uid), "again": sorted(again)}
        enqueue("fit_places", arguments, project=queue.project, by=by)
    else:
        _fit_all(queue, again, by=by, at=at)


@job_kind("fit_places")
def run_fit_places(job: RunningJob) -> dict[str, Any]:
    """The job behind a change of overlap in a large queue; whatever fits already is left alone."""
    queue = Queue.objects.select_related("project").get(uid=job.arguments["queue"])
    again, at = job.arguments["again"], timezone.now()
    return _fit_all(queue, again, by=job.by, at=at, progress=job.progress)


def _fit_all(
    queue: Queue,
    again: Collection[str],
    *,
    by: Membership | None,
    at: datetime,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    fitting = Fitting(queue, people_of(queue), again, at)
    changed: Counter[str] = Counter()
    last, seen = 0, 0
    while some := _fit_some(fitting, last, changed):
        last, seen = some[-1].pk, seen + len(some)
        if progress:
            progress(seen)
    counts = {name: count for name, count in changed.items() if count}
    if counts:
        audit.record(by, "changed_places", queue, at=at, project=queue.project, **counts)
    return counts


@transaction.atomic
def _fit_some(fitting: Fitting, last: int, changed: Counter[str]) -> list[Task]:
    """Look at the next tasks after one."""
    queue = fitting.queue
    lock_all_seats(queue)
    tasks = list(_decidable(fitting).filter(pk__gt=last).order_by("pk")[:AT_ONCE])
    slots: dict[int, list[Slot]] = defaultdict(list)
    rows = Slot.objects.filter(task__in=tasks).select_for_update(no_key=True)
    for slot in rows.order_by("task_id", "number"):
        slots[slot.task_id].append(slot)
    for task in tasks:
        task.queue = queue
        missing = fitting.wanted(task) - len(slots[task.pk])
        if missing > 0:
            changed += _widen(task, slots[task.pk], missing, at=fitting.at)
        elif missing < 0:
            changed += _narrow(task, slots[task.pk], -missing, at=fitting.at)
    return tasks


def _decidable(fitting: Fitting) -> TaskQuerySet:
    """Tasks that nobody but the policy has decided, of those that may be asked (again)."""
    again = [state for state in AGAIN if state in fitting.again]
    rows = Task.objects.filter(queue=fitting.queue, state__in=(*UNDECIDED, *again))
    return rows.exclude(claimed_until__gte=Now()).select_for_update(no_key=True)


def _widen(task: Task, slots: list[Slot], more: int, *, at: datetime) -> Counter[str]:
    """Add places; a task that is decided is open again, unless something rests on its answer."""
    found = Counter(added=more)
    if task.state in AGAIN:
        try:
            refuse_if_task_kept(task)
        except Conflict:
            return Counter(kept=1)
        unsettle(task, at=at)
        found["reopened"] = 1
    first = max((slot.number for slot in slots), default=-1) + 1
    place = min((slot.place for slot in slots), default=0)
    Slot.objects.bulk_create(
        Slot(queue=task.queue, task=task, number=number, place=place, lane=task.lane)
        for number in range(first, first + more)
    )
    return found


def _narrow(task: Task, slots: list[Slot], fewer: int, *, at: datetime) -> Counter[str]:
    """Take away free places, those never lent first; what is complete by that is decided."""
    if task.state in AGAIN:
        return Counter()
    free = list(Slot.objects.free().filter(pk__in=[slot.pk for slot in slots]))
    gone = sorted(free, key=lambda slot: (slot.early, -slot.number))[:fewer]
    Slot.objects.filter(pk__in=[slot.pk for slot in gone]).delete()
    found = Counter(removed=len(gone))
    if gone and not task.slots.pending().exists():
        settle_if_complete(task, at=at)
        found["decided"] = 1
    return found
