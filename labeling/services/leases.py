"""Leases: what lends a task to one annotator for a while, and the lock they work under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Item, Membership, Offer, Project, Queue, Seat, Slot, Task, Team, User
from labeling.policy.roles import Verb
from labeling.reports.judging import published
from labeling.statements import as_json, as_uuid, fetch, locked, partial

FOR_LEASE = ("task__item", "task__queue__project", "task__queue__rubric_version__rubric")

#: How long an item that is not yet on the screen waits for its annotator.
HOLD = timedelta(minutes=1)

QUEUE_FIELDS = (
    "id",
    "uid",
    "project_id",
    "name",
    "rubric_version_id",
    "state",
    "overlap",
    "lease_minutes",
    "cap_each",
    "cap_daily",
    "order",
    "settling",
    "lane_attribute",
    "languages",
    "blinding",
    "sides_key",
    "sensitive",
    "qualified_only",
)

# One statement for an offer with all that is asked of it, and the seat that it is used from.
OFFERED = f"""
SELECT t.id, t.uid, t.state, t.lane, i.id, i.erased_at, p.archived_at,
  seat.id, seat.cursor, seat.lanes, v.uid, r.name,
  (NOT EXISTS (SELECT 1 FROM labeling_queue_teams any_team WHERE any_team.queue_id = q.id)
    OR EXISTS (SELECT 1 FROM labeling_queue_teams own_team
               WHERE own_team.queue_id = q.id AND own_team.team_id = %(team)s))
  AND (NOT q.qualified_only OR EXISTS (
    SELECT 1 FROM labeling_qualification own WHERE own.annotator_id = %(annotator)s
      AND own.rubric_version_id = q.rubric_version_id AND own.ended_at IS NULL)),
  t.outputs, {", ".join(f'q."{name}"' for name in QUEUE_FIELDS)}
FROM labeling_offer o
  JOIN labeling_task t ON t.id = o.task_id
  JOIN labeling_item i ON i.id = t.item_id
  JOIN labeling_queue q ON q.id = t.queue_id
  JOIN labeling_project p ON p.id = q.project_id
  JOIN labeling_rubricversion v ON v.id = q.rubric_version_id
  JOIN labeling_rubric r ON r.id = v.rubric_id
  JOIN labeling_seat seat ON seat.queue_id = q.id AND seat.annotator_id = o.annotator_id
WHERE o.token = %(token)s AND o.annotator_id = %(annotator)s"""  # noqa: S608 - our own names


LESSEE = """
SELECT m.id, m.uid, m.kind, m.roles, m.languages, p.id, p.uid, p.slug, p.name, g.id, g.kind, g.name
FROM labeling_offer o
  JOIN labeling_membership m ON m.id = o.annotator_id
  JOIN labeling_project p ON p.id = m.project_id
  LEFT JOIN labeling_team g ON g.id = m.team_id
WHERE o.token = %(token)s AND m.user_id = %(user)s AND m.deactivated_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A task lent to an annotator until a moment; its token names everything done with it.

    held: it is not on the screen yet, and only waits there for a minute.
    """

    token: UUID
    task: Task
    annotator: Membership
    leased_until: datetime
    held: bool = False

    @property
    def queue(self) -> Queue:
        return self.task.queue


@dataclass(frozen=True, slots=True)
class Offered:
    """What was given to a member under a token, with their seat locked.

    admitted: the queue is for their team, and they are qualified where it asks for that.
    """

    token: UUID
    task: Task
    annotator: Membership
    seat: Seat
    admitted: bool

    @property
    def queue(self) -> Queue:
        return self.task.queue

    @property
    def goes_on(self) -> bool:
        """Whether this queue still hands out work to this member."""
        queue, member = self.queue, self.annotator
        return (
            queue.state == Queue.State.OPEN
            and not queue.project.archived_at
            and self.admitted
            and member.kind == Membership.Kind.PERSON
            and member.may(Verb.ANNOTATE)
            and queue.is_for(member)
        )


def lessee_of(user: User | AnonymousUser, token: UUID) -> Membership | None:
    """The active membership of this person to which something was given under the token."""
    for row in fetch(LESSEE, {"token": token.hex, "user": user.pk}):
        known = {"id": row[0], "uid": as_uuid(row[1]), "kind": row[2], "user_id": user.pk}
        known |= {"roles": as_json(row[3]), "languages": as_json(row[4]), "deactivated_at": None}
        member = partial(Membership, {**known, "project_id": row[5], "team_id": row[9]})
        project = {"id": row[5], "uid": as_uuid(row[6]), "slug": row[7], "name": row[8]}
        member.project = partial(Project, project)
        if isinstance(user, User):
            member.user = user
        if row[9] is not None:
            team = {"id": row[9], "kind": row[10], "name": row[11], "project_id": row[5]}
            member.team = partial(Team, team)
        return member
    return None


def lock_seat(queue: Queue, member: Membership) -> Seat:
    """Hold this person's place in a queue until the transaction ends; the first of all locks."""
    mine = Seat.objects.filter(queue=queue, annotator=member)
    seat = mine.select_for_update(no_key=True).first()
    if seat is None:
        _wait_for_queue(queue)
        Seat.objects.bulk_create([Seat(queue=queue, annotator=member)], ignore_conflicts=True)
        seat = mine.select_for_update(no_key=True).get()
    return seat


def _wait_for_queue(queue: Queue) -> None:
    """Wait before there is a new seat for whoever holds all seats of the queue."""
    if connection.vendor == "postgresql":
        sql = "SELECT id FROM labeling_queue WHERE id = %(queue)s FOR SHARE"
        fetch(sql, {"queue": queue.pk})


def lock_all_seats(queue: Queue) -> None:
    """Hold everybody's place in a queue, and let each be looked through from the beginning again.

    Nobody joins meanwhile either: who has no seat yet waits for the queue's row. It is held so that
    foreign keys can still be checked: that comes with a commit, when seats and slots are held.
    """
    list(Queue.objects.select_for_update(no_key=True).filter(pk=queue.pk).values_list("pk"))
    seats = Seat.objects.select_for_update(no_key=True).filter(queue=queue).order_by("pk")
    held = list(seats.values_list("pk", flat=True))
    Seat.objects.filter(pk__in=held, cursor__isnull=False).update(cursor=None)


def lock_offered(member: Membership, token: UUID) -> Offered:
    """What was given to this member under the token, their seat held; nobody else can use it."""
    values = {"token": token.hex, "annotator": member.pk, "team": member.team_id}
    rows = fetch(OFFERED + locked("seat"), values)
    if not rows:
        offer = Offer.objects.filter(annotator=member, token=token).first()
        if offer is None:
            message = _("This item was not given to you, or not under this key.")
            raise Conflict("lease_unknown", message)
        lock_seat(offer.task.queue, member)
        rows = fetch(OFFERED + locked("seat"), values)
    return _offered(rows[0], member, token)


def _offered(row: tuple[Any, ...], member: Membership, token: UUID) -> Offered:
    queue = _queue(row[14:], member, *row[10:12], archived_at=row[6])
    known = {"id": row[0], "uid": as_uuid(row[1]), "state": row[2], "lane": row[3]}
    known["outputs"] = as_json(row[13])
    task = partial(Task, {**known, "item_id": row[4], "queue_id": queue.pk})
    task.item = partial(Item, {"id": row[4], "erased_at": row[5]})
    task.queue = queue
    seat = Seat(pk=row[7], queue=queue, annotator=member, cursor=row[8], lanes=row[9])
    return Offered(token, task, member, seat, bool(row[12]))


def _queue(
    row: tuple[Any, ...], member: Membership, version: Any, rubric: str, *, archived_at: Any
) -> Queue:
    """The queue with what it rests on: the member's project, and a version that never changes."""
    values = dict(zip(QUEUE_FIELDS, row, strict=True))
    for name in ("languages", "blinding"):
        values[name] = as_json(values[name])
    values["uid"] = as_uuid(values["uid"])
    queue = partial(Queue, values)
    queue.project, queue.rubric_version = member.project, published(as_uuid(version), rubric)
    queue.project.archived_at = archived_at
    return queue


def lock_task(task: Task) -> list[Slot]:
    """Hold a task and its slots, in this order, and read them afresh."""
    task.state = Task.objects.select_for_update(no_key=True).get(pk=task.pk).state
    return list(Slot.objects.select_for_update(no_key=True).filter(task=task).order_by("number"))


def refuse_if_over(task: Task) -> None:
    """Nothing more is taken for a closed queue or an erased item; what was typed stays typed."""
    if task.state == Task.State.SET_ASIDE:
        refuse_as_set_aside(task)
    if task.queue.state == Queue.State.CLOSED or task.queue.project.archived_at:
        raise Conflict("queue_closed", _("This queue has been closed. Your text is kept."))
    if task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))


def refuse_as_set_aside(task: Task) -> NoReturn:
    """Say where a task has gone that is not asked any more; what was typed stays typed."""
    if task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))
    later = Queue.objects.filter(succeeds=task.queue_id).values_list("rubric_version__number")
    if (number := later.first()) is None:
        raise Conflict("task_set_aside", _("This item is no longer asked here. Your text is kept."))
    message = _("This queue has moved to version %(number)d. Your text is kept.")
    raise Conflict("queue_moved", message % {"number": number[0]})


def own_leases(member: Membership) -> list[Slot]:
    """Slots of open queues lent to this member, the shown, the live and the latest first."""
    slots = Slot.objects.held_by(member).select_related(*FOR_LEASE)
    workable = slots.filter(
        task__queue__state=Queue.State.OPEN,
        task__queue__project__archived_at__isnull=True,
        task__state=Task.State.OPEN,
        task__item__erased_at__isnull=True,
    )
    return list(workable.order_by("held", "-leased_until"))


def current(member: Membership, queue: Queue | None = None) -> Lease | None:
    """What this member is working on, without changing anything."""
    for slot in own_leases(member):
        if not slot.held and (queue is None or slot.queue_id == queue.pk):
            return lease_of(slot, member)
    return None


def lease_of(slot: Slot, member: Membership) -> Lease:
    assert slot.token is not None
    assert slot.leased_until is not None
    return Lease(slot.token, slot.task, member, slot.leased_until, slot.held)


def offer(task: Task, member: Membership) -> Lease:
    """A new token for a task, remembered for as long as the annotation may come late."""
    token = uuid4()
    Offer.objects.create(task=task, annotator=member, token=token)
    return Lease(token, task, member, timezone.now() + lease_time(task.queue))


def take(slots: Q, member: Membership, token: UUID, queue: Queue) -> Slot | None:
    """Lend the first slot that is still free and that nobody else is about to take."""
    free = Slot.objects.free().filter(slots).order_by("number")
    slot = free.select_for_update(skip_locked=True, no_key=True).first()
    if slot is not None:
        lend(Slot.objects.filter(pk=slot.pk), member, token, queue)
    return slot


def lend(slots: QuerySet[Slot], member: Membership, token: UUID, queue: Queue) -> int:
    """Give slots to a member until the lease time from the database's now has passed."""
    return slots.update(
        annotator=member,
        token=token,
        leased_until=Now() + lease_time(queue),
        early=True,
        held=False,
    )


def renew_hold(slots: QuerySet[Slot]) -> int:
    """Let what waits for its annotator wait for another minute."""
    return slots.filter(held=True).update(leased_until=Now() + HOLD)


def lease_time(queue: Queue) -> timedelta:
    return timedelta(minutes=queue.lease_minutes)


def look_again_from(seat: Seat, place: int) -> None:
    """Let a person's cursor go back, so that what was given back is not out of their reach."""
    Seat.objects.filter(pk=seat.pk, cursor__gt=place).update(cursor=place)
