"""What a person who holds nothing could go on with, read without claiming anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db.models import Exists, OuterRef

from labeling.models import Annotation, Membership, Queue, Seat, Skip, Slot, Task
from labeling.services.assignment import lanes_for, workable_queues
from labeling.services.candidates import has_candidates
from labeling.services.caps import has_room

State = Literal[
    "ready",
    "more_may_come",
    "paused",
    "not_qualified",
    "not_your_languages",
    "cap_reached",
    "nothing_left",
]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether there is work, in which queue, and if not, why not."""

    state: State
    queue: Queue | None = None


def standing_of(member: Membership, queue: Queue | None = None) -> Standing:
    """Where Continue would lead; without work, the reason that most likely changes first."""
    workable = [row for row in workable_queues(member) if queue is None or row.pk == queue.pk]
    queues = [row for row in workable if has_room(row, member)]
    for row in queues:
        if _has_work(row, member):
            return Standing("ready", row)
    if _others_at_work(queues, member):
        return Standing("more_may_come")
    return Standing("cap_reached" if workable and not queues else _why_nothing(member, queue))


def _has_work(queue: Queue, member: Membership) -> bool:
    seat = Seat.objects.filter(queue=queue, annotator=member).first()
    seat = seat or Seat(queue=queue, annotator=member)
    return has_candidates(seat, queue, lanes_for(queue, member, seat))


def _others_at_work(queues: list[Queue], member: Membership) -> bool:
    """Whether somebody holds an item that would be this person's if it were given back."""
    task = OuterRef("task")
    mine = Annotation.objects.filter(task=task, annotator=member, supersedes__isnull=True)
    skipped = Skip.objects.filter(task=task, annotator=member)
    rows = Slot.objects.pending().filter(
        queue__in=queues, annotator__isnull=False, task__state=Task.State.OPEN
    )
    return rows.exclude(Exists(mine)).exclude(Exists(skipped)).exists()


def _why_nothing(member: Membership, queue: Queue | None) -> State:
    rows = Queue.objects.for_team_of(member)
    if queue is not None:
        rows = rows.filter(pk=queue.pk)
    spoken = [row for row in rows.for_qualification_of(member) if row.is_for(member)]
    states = {row.state for row in spoken}
    if Queue.State.OPEN in states:
        return "nothing_left"
    if Queue.State.PAUSED in states:
        return "paused"
    closed_to_them = [row for row in rows if row.state == Queue.State.OPEN]
    if any(row.is_for(member) for row in closed_to_them):
        return "not_qualified"
    return "not_your_languages" if closed_to_them else "nothing_left"
