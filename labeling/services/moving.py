"""Moving a queue to a later version of its rubric. Locks: queue, tasks, slots.

A queue keeps its version for life. So another queue takes over what nobody has judged, and this
one finishes what somebody has begun, unless that is to begin anew under the later version too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Draft, Membership, Queue, RubricVersion, Slot, Task
from labeling.policy.moving import Fate, fate
from labeling.reports.moving import (
    MOVABLE,
    UNDECIDED,
    MovePlan,
    move_plan,
    successor_of,
    with_fates,
)
from labeling.services import audit
from labeling.services.dependents import refuse_if_queue_kept
from labeling.services.jobs import JobFailed, RunningJob, enqueue, job_kind
from labeling.services.successors import queue_like, tasks_like

#: Up to so many undecided tasks are moved at once; of more a job moves so many at a time.
AT_ONCE = 2_000


class PlanChanged(Conflict):
    """The queue is no longer as it was when the plan was shown; `plan` says how it is now."""

    def __init__(self, plan: MovePlan) -> None:
        message = _("The queue has changed since: look at the new numbers, or pause it first.")
        super().__init__("plan_changed", message)
        self.plan = plan


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
    plan = _held_plan(queue, version)
    if plan.expected != expected:
        raise PlanChanged(plan)
    if not plan.counts.leaving(restart=restart):
        raise Conflict("nothing_to_move", _("There is nothing in this queue that could move."))
    successor = queue_like(queue, version, by=by, at=at, state=queue.state, succeeds=queue)
    if _is_small(plan):
        while _move_some(queue, successor, restart=restart):
            pass
        _finish(queue, at)
    else:
        _enqueue(plan, successor, restart=restart, by=by)
    _record(plan, successor, restart=restart, by=by, at=at)
    return successor


@job_kind("move_queue", ended=lambda job: _give_up(job.arguments["successor"], job.error))
def run_move_queue(job: RunningJob) -> dict[str, Any]:
    """The job behind a large move; it goes on where an earlier try stopped."""
    said = job.arguments
    successor = Queue.objects.select_related("succeeds").get(uid=said["successor"])
    queue = successor.succeeds
    if queue is None or successor.state not in (Queue.State.PREPARING, Queue.State.FAILED):
        raise JobFailed(_("This queue has moved already."))
    moved = successor.tasks.count()
    while some := _move_some(queue, successor, said["staying"], restart=said["restart"]):
        moved += some
        job.progress(moved, said["leaving"], _("moving tasks"))
    with transaction.atomic():
        Queue.objects.filter(pk=successor.pk).update(state=said["state"], error="")
        paused = Queue.objects.filter(pk=queue.pk, state=Queue.State.PAUSED)
        paused.update(state=said["state"])
        _finish(queue, timezone.now())
    return {"tasks": moved}


def _refuse_unless_movable(queue: Queue, version: RubricVersion) -> None:
    asked = queue.rubric_version
    if successor_of(queue):
        raise Conflict("queue_moved", _("This queue has moved already; go on with the later one."))
    if queue.state not in MOVABLE or queue.drained_at:
        raise Conflict("queue_state", _("Only a queue that is open or paused can move."))
    if version.rubric_id != asked.rubric_id or version.number <= asked.number:
        raise Conflict("not_later", _("A queue moves to a later version of its own rubric."))
    refuse_if_queue_kept(queue)


def _held_plan(queue: Queue, version: RubricVersion) -> MovePlan:
    """The plan as it stays: of a small queue, with nobody able to begin anything meanwhile."""
    plan = move_plan(queue, version)
    if not _is_small(plan):
        return plan
    _hold(list(queue.tasks.filter(state__in=UNDECIDED).values_list("pk", flat=True)))
    return move_plan(queue, version)


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


@transaction.atomic
def _move_some(
    queue: Queue, successor: Queue, staying: Collection[int] = (), *, restart: bool
) -> int:
    """Take over the next tasks that leave; those that somebody begins meanwhile stay."""
    leaving = with_fates(queue).filter(at_work=False).exclude(pk__in=list(staying))
    if not restart:
        leaving = leaving.filter(votes=False)
    tasks = list(leaving.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    _hold(tasks)
    held = leaving.filter(pk__in=tasks).values_list("pk", "votes", "seen")
    untouched: list[int] = []
    others: list[int] = []
    for pk, votes, seen in held:
        is_untouched = fate(at_work=False, votes=votes, seen=seen) == Fate.UNTOUCHED
        (untouched if is_untouched else others).append(pk)
    Task.objects.filter(pk__in=untouched).update(queue=successor)
    Slot.objects.filter(task__in=untouched).update(queue=successor)
    _begin_anew(others, successor)
    return len(untouched) + len(others)


def _hold(tasks: Collection[int]) -> None:
    """Lock tasks and then their slots, so that nobody begins one while it moves."""
    rows = Task.objects.select_for_update(no_key=True).filter(pk__in=tasks)
    list(rows.order_by("pk").values_list("pk"))
    slots = Slot.objects.select_for_update(no_key=True).filter(task__in=tasks)
    list(slots.order_by("pk").values_list("pk"))


def _begin_anew(tasks: Collection[int], successor: Queue) -> None:
    """Ask the items of these tasks in tasks of their own; what was said before stays on record.

    Of what somebody has begun to write, the comment goes along; answers fit the old questions only.
    """
    old = list(Task.objects.filter(pk__in=tasks).order_by("pk"))
    new = tasks_like(old, successor)
    successors = {task.pk: made for task, made in zip(old, new, strict=True)}
    slots = Slot.objects.filter(task__in=tasks).order_by("task_id", "number")
    Slot.objects.bulk_create(
        Slot(
            queue=successor,
            task=successors[slot.task_id],
            number=slot.number,
            place=slot.place,
            lane=slot.lane,
        )
        for slot in slots
    )
    slots.pending().delete()
    drafts = Draft.objects.filter(task__in=tasks).exclude(comment="")
    Draft.objects.bulk_create(
        Draft(task=successors[row.task_id], annotator_id=row.annotator_id, comment=row.comment)
        for row in drafts
    )
    Task.objects.filter(pk__in=tasks).update(
        state=Task.State.SET_ASIDE, claimed_by=None, claim_token=None, claimed_until=None
    )


def _finish(queue: Queue, at: datetime) -> None:
    """Close a queue that has nothing left to do; else let it finish what has been begun."""
    rows = Queue.objects.filter(pk=queue.pk)
    if queue.tasks.filter(state__in=UNDECIDED).exists():
        rows.update(drained_at=at)
    else:
        rows.update(state=Queue.State.CLOSED, closed_at=at)


def _give_up(successor: str, error: str) -> None:
    """A queue whose move failed for good says so; its job can be tried again."""
    Queue.objects.filter(uid=successor, state=Queue.State.PREPARING).update(
        state=Queue.State.FAILED, error=error
    )
