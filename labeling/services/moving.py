"""Moving a queue to a later version of its rubric. Locks: queue, tasks, slots.

A queue keeps its version for life. So another queue takes over what nobody has judged, and this
one finishes what somebody has begun, unless that is to begin anew under the later version too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Draft, Membership, Queue, RubricVersion, Slot, Task
from labeling.models.queues import SlotQuerySet
from labeling.reports.moving import (
    MOVABLE,
    MovePlan,
    move_plan,
    successor_of,
    undecided_in,
    with_fates,
)
from labeling.reports.places import Placed, people_of
from labeling.services import audit
from labeling.services.dependents import refuse_if_queue_kept
from labeling.services.jobs import JobFailed, RunningJob, enqueue, job_kind
from labeling.services.successors import places_of, queue_like, tasks_like

#: Up to so many undecided tasks are moved at once; of more a job moves so many at a time.
AT_ONCE = 2_000


class PlanChanged(Conflict):
    """The queue is no longer as it was when the plan was shown; `plan` says how it is now."""

    def __init__(self, plan: MovePlan) -> None:
        message = _("The queue has changed since: look at the new numbers, or pause it first.")
        super().__init__("plan_changed", message)
        self.plan = plan


@dataclass(frozen=True)
class Part:
    """Tasks that lie together: after one primary key, up to another."""

    after: int
    last: int

    def tasks(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__gt=self.after, pk__lte=self.last)

    def slots(self, queue: Queue) -> SlotQuerySet:
        return Slot.objects.filter(queue=queue, task_id__gt=self.after, task_id__lte=self.last)


EVERYTHING = Part(0, 2**63 - 1)


@dataclass(frozen=True)
class Move:
    """A move while it goes on; staying: tasks that stay whatever becomes of them meanwhile."""

    queue: Queue
    successor: Queue
    restart: bool
    staying: Collection[int] = ()

    def leaving(self) -> QuerySet[Any]:
        """The tasks that leave, as things stand now."""
        rows = with_fates(self.queue).filter(at_work=False).exclude(pk__in=list(self.staying))
        return rows if self.restart else rows.filter(votes=False)

    @cached_property
    def people(self) -> dict[int, int]:
        """How many people judge each sampled item."""
        return people_of(self.successor)


@transaction.atomic
def move_queue(
    queue: Queue,
    version: RubricVersion,
    *,
    expected: str,
    restart: bool,
    by: Membership | None,
    at: datetime | None = None,
) -> Queue:
    """The queue that takes over under a later version; PlanChanged if another plan was shown.

    expected: the plan's own name for its numbers. restart: tasks with votes begin anew.
    """
    at = at or timezone.now()
    queue = Queue.objects.select_for_update(of=("self",), no_key=True).get(pk=queue.pk)
    _refuse_unless_movable(queue, version)
    plan = _agreed_plan(queue, version, expected, restart=restart)
    successor = queue_like(queue, version, by=by, at=at, state=queue.state, succeeds=queue)
    if _is_small(plan):
        _move_all(Move(queue, successor, restart))
        _finish(queue, at)
    else:
        _enqueue(plan, successor, restart=restart, by=by)
    _record(plan, successor, restart=restart, by=by, at=at)
    return successor


@job_kind("move_queue", ended=lambda job: _give_up(job.arguments["successor"], job.error))
def run_move_queue(job: RunningJob) -> dict[str, Any]:
    """The job behind a large move; it goes on where an earlier try stopped.

    stayed: tasks that were to leave, but somebody judged or took them up before they did.
    """
    said = job.arguments
    successor = Queue.objects.select_related("project", "succeeds").get(uid=said["successor"])
    queue = successor.succeeds
    if queue is None or successor.state not in (Queue.State.PREPARING, Queue.State.FAILED):
        raise JobFailed(_("This queue has moved already."))
    _move_all(Move(queue, successor, said["restart"], said["staying"]), job, said["leaving"])
    moved = successor.tasks.count()
    found = {"tasks": moved, "stayed": said["leaving"] - moved}
    with transaction.atomic():
        at = timezone.now()
        Queue.objects.filter(pk=successor.pk).update(state=said["state"], error="")
        paused = Queue.objects.filter(pk=queue.pk, state=Queue.State.PAUSED)
        paused.update(state=said["state"])
        _finish(queue, at)
        audit.record(job.by, "opened_queue", successor, at=at, project=successor.project, **found)
    return found


def _refuse_unless_movable(queue: Queue, version: RubricVersion) -> None:
    asked = queue.rubric_version
    if successor_of(queue):
        raise Conflict("queue_moved", _("This queue has moved already; go on with the later one."))
    if queue.state not in MOVABLE or queue.drained_at:
        raise Conflict("queue_state", _("Only a queue that is open or paused can move."))
    if version.rubric_id != asked.rubric_id or version.number <= asked.number:
        raise Conflict("not_later", _("A queue moves to a later version of its own rubric."))
    refuse_if_queue_kept(queue)


def _agreed_plan(queue: Queue, version: RubricVersion, expected: str, *, restart: bool) -> MovePlan:
    """The plan, if it is the one that was shown and anything leaves by it.

    It stays as it is in a small queue, where nobody can begin anything meanwhile.
    """
    plan = move_plan(queue, version)
    if _is_small(plan):
        _hold(queue, EVERYTHING)
        plan = move_plan(queue, version)
    if plan.expected != expected:
        raise PlanChanged(plan)
    if not plan.counts.leaving(restart=restart):
        raise Conflict("nothing_to_move", _("There is nothing in this queue that could move."))
    return plan


def _is_small(plan: MovePlan) -> bool:
    return plan.counts.undecided <= AT_ONCE


def _record(
    plan: MovePlan, successor: Queue, *, restart: bool, by: Membership | None, at: datetime
) -> None:
    about = {**asdict(plan.counts), "restart": restart, "version": plan.version.number}
    audit.record(by, "moved_queue", plan.queue, at=at, successor=str(successor.uid), **about)
    audit.record(by, "created_queue", successor, at=at, succeeds=str(plan.queue.uid))


def _enqueue(plan: MovePlan, successor: Queue, *, restart: bool, by: Membership | None) -> None:
    """Let a job move the tasks; until then nobody is given any, and who is at work goes on."""
    queue = plan.queue
    staying = with_fates(queue).filter(at_work=True).values_list("pk", flat=True)
    arguments = {
        "successor": str(successor.uid),
        "restart": restart,
        "state": queue.state,
        "leaving": plan.counts.leaving(restart=restart),
        "staying": list(staying),
    }
    Queue.objects.filter(pk=queue.pk).update(state=Queue.State.PAUSED)
    successor.state = Queue.State.PREPARING
    successor.job = enqueue("move_queue", arguments, project=queue.project, by=by)
    successor.save(update_fields=["state", "job"])


def _move_all(move: Move, job: RunningJob | None = None, leaving: int = 0) -> None:
    """Go through the undecided tasks once, so many at a time."""
    last = 0
    while part := _next_part(move.queue, last):
        _move_part(move, part)
        last = part.last
        if job:
            job.progress(move.successor.tasks.count(), leaving, _("moving tasks"))


def _next_part(queue: Queue, after: int) -> Part | None:
    rows = undecided_in(queue).filter(pk__gt=after).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return Part(after, keys[-1]) if keys else None


@transaction.atomic
def _move_part(move: Move, part: Part) -> None:
    """Take over the tasks that leave; those that somebody has begun by now stay."""
    _hold(move.queue, part)
    leaving = part.tasks(move.leaving())
    leaving.filter(votes=False, seen=False).update(queue=move.successor)
    gone = part.tasks(move.successor.tasks.all())
    part.slots(move.queue).filter(task__in=gone).update(queue=move.successor)
    _begin_anew(list(leaving.values_list("pk", flat=True)), move)


def _hold(queue: Queue, part: Part) -> None:
    """Lock tasks and then their slots, so that nobody begins one while it moves."""
    tasks = part.tasks(undecided_in(queue)).select_for_update(no_key=True, of=("self",))
    list(tasks.order_by("pk").values_list("pk"))
    slots = part.slots(queue).select_for_update(no_key=True)
    list(slots.order_by("task_id", "number").values_list("pk"))


def _begin_anew(tasks: Collection[int], move: Move) -> None:
    """Ask the items of these tasks in tasks of their own; what was said before stays on record.

    Of what somebody has begun to write, the comment goes along; answers fit the old questions only.
    """
    rows = Task.objects.filter(pk__in=tasks)
    old = list(rows.order_by("pk"))
    new = tasks_like(old, move.successor)
    successors = {task.pk: made for task, made in zip(old, new, strict=True)}
    _make_places(successors, move)
    Slot.objects.pending().filter(task__in=tasks).delete()
    drafts = Draft.objects.filter(task__in=tasks).exclude(comment="")
    Draft.objects.bulk_create(
        Draft(task=successors[row.task_id], annotator_id=row.annotator_id, comment=row.comment)
        for row in drafts
    )
    rows.update(state=Task.State.SET_ASIDE, claimed_by=None, claim_token=None, claimed_until=None)


def _make_places(tasks: Mapping[int, Task], move: Move) -> None:
    """Places for tasks that stand for earlier ones, by their keys: where these lay in the order."""
    rows = Slot.objects.filter(task__in=tasks).order_by().values_list("task")
    places = dict(rows.annotate(first=Min("place")))
    slots: list[Slot] = []
    for earlier, task in tasks.items():
        people = move.people.get(task.sampled_item_id or 0, move.successor.overlap)
        slots += places_of(task, move.successor, Placed(0, places.get(earlier, 0), people))
    Slot.objects.bulk_create(slots)


def _finish(queue: Queue, at: datetime) -> None:
    """Close a queue that has nothing left to do; else let it finish what has been begun."""
    rows = Queue.objects.filter(pk=queue.pk)
    if undecided_in(queue).exists():
        rows.update(drained_at=at)
    else:
        rows.update(state=Queue.State.CLOSED, closed_at=at)


def _give_up(successor: str, error: str) -> None:
    """A queue whose move failed for good says so; its job can be tried again."""
    Queue.objects.filter(uid=successor, state=Queue.State.PREPARING).update(
        state=Queue.State.FAILED, error=error
    )
