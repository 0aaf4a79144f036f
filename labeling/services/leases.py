"""Leases: what lends a task to one annotator for a while, and the lock they work under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Offer, Queue, Seat, Slot, Task

FOR_LEASE = ("task__item", "task__queue__project", "task__queue__rubric_version__rubric")


@dataclass(frozen=True, slots=True)
class Lease:
    """A task lent to an annotator until a moment; its token names everything done with it."""

    token: UUID
    task: Task
    annotator: Membership
    leased_until: datetime

    @property
    def queue(self) -> Queue:
        return self.task.queue


def lock_seat(queue: Queue, member: Membership) -> Seat:
    """Hold this person's place in a queue until the transaction ends; the first of all locks."""
    mine = Seat.objects.filter(queue=queue, annotator=member)
    seat = mine.select_for_update(no_key=True).first()
    if seat is None:
        Seat.objects.bulk_create([Seat(queue=queue, annotator=member)], ignore_conflicts=True)
        seat = mine.select_for_update(no_key=True).get()
    return seat


def lock_task(task: Task) -> list[Slot]:
    """Hold a task and its slots, in this order, and read them afresh."""
    task.state = Task.objects.select_for_update(no_key=True).get(pk=task.pk).state
    return list(Slot.objects.select_for_update(no_key=True).filter(task=task).order_by("number"))


def find_offer(member: Membership, token: UUID) -> Offer:
    """What was offered to this member under the token; nobody else can use it."""
    offers = Offer.objects.select_related(*FOR_LEASE).filter(annotator=member)
    offer = offers.filter(token=token).first()
    if offer is None:
        raise Conflict("lease_unknown", _("This item was not given to you, or not under this key."))
    offer.annotator = member
    return offer


def refuse_if_over(task: Task) -> None:
    """Nothing more is taken for a closed queue or an erased item; what was typed stays typed."""
    if task.queue.state == Queue.State.CLOSED or task.queue.project.archived_at:
        raise Conflict("queue_closed", _("This queue has been closed. Your text is kept."))
    if task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))


def own_leases(member: Membership) -> list[Slot]:
    """Slots of open queues lent to this member, the live and the latest first."""
    slots = Slot.objects.held_by(member).select_related(*FOR_LEASE)
    workable = slots.filter(
        task__queue__state=Queue.State.OPEN,
        task__queue__project__archived_at__isnull=True,
        task__state=Task.State.OPEN,
        task__item__erased_at__isnull=True,
    )
    return list(workable.order_by("-leased_until"))


def current(member: Membership, queue: Queue | None = None) -> Lease | None:
    """What this member is working on, without changing anything."""
    for slot in own_leases(member):
        if queue is None or slot.queue_id == queue.pk:
            return lease_of(slot, member)
    return None


def lease_of(slot: Slot, member: Membership) -> Lease:
    assert slot.token is not None
    assert slot.leased_until is not None
    return Lease(slot.token, slot.task, member, slot.leased_until)


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


def lease_time(queue: Queue) -> timedelta:
    return timedelta(minutes=queue.lease_minutes)


def look_again_from(seat: Seat, place: int) -> None:
    """Let a person's cursor go back, so that what was given back is not out of their reach."""
    Seat.objects.filter(pk=seat.pk, cursor__gt=place).update(cursor=place)
