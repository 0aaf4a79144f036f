"""Handing out work: claim, go on, give back, skip. Locks: seat, task, slot, annotation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Draft, Membership, Queue, Seat, Skip, Slot, Task
from labeling.models.queues import SlotQuerySet
from labeling.policy.roles import Verb
from labeling.reports.qualified import done_with, qualified_for
from labeling.services import audit
from labeling.services.candidates import Taken, lanes_in, take_next
from labeling.services.caps import has_room
from labeling.services.leases import (
    FOR_LEASE,
    HOLD,
    Lease,
    Offered,
    current,
    lease_of,
    lease_time,
    lend,
    lock_offered,
    lock_seat,
    lock_task,
    look_again_from,
    own_leases,
    refuse_if_over,
    renew_hold,
    take,
)
from labeling.statements import partial

__all__ = [
    "Lease",
    "claim",
    "claim_next",
    "current",
    "go_on",
    "heartbeat",
    "hold",
    "reasons_for",
    "release",
    "release_all",
    "skip",
]


def claim_next(member: Membership, queue: Queue | None = None) -> Lease | None:
    """What this member goes on with, else the next item of the first queue that has one."""
    for workable in workable_queues(member):
        asked_for = queue is None or workable.pk == queue.pk
        if asked_for and (lease := claim(workable, member)):
            return lease
    return None


def workable_queues(member: Membership) -> list[Queue]:
    """Open queues for this member's team and languages, first those where they hold something."""
    if member.kind == Membership.Kind.MACHINE or not member.may(Verb.ANNOTATE):
        return []
    begun = Exists(Slot.objects.held_by(member).filter(queue=OuterRef("pk")))
    queues = (
        Queue.objects.open()
        .for_team_of(member)
        .for_qualification_of(member)
        .not_declined_by(member)
        .select_related("project", "rubric_version__rubric")
    )
    return [queue for queue in queues.order_by(begun.desc(), "pk") if queue.is_for(member)]


@transaction.atomic
def claim(queue: Queue, member: Membership) -> Lease | None:
    """Lend the member one task of a queue: the one they have already, else a free one."""
    seat = lock_seat(queue, member)
    return claim_from(seat, queue, member) or _kept(queue, member)


@transaction.atomic
def hold(queue: Queue, member: Membership) -> Lease | None:
    """Keep one more task of a queue for the member for a minute, to be shown at once."""
    if queue not in workable_queues(member):
        return None
    return claim_from(lock_seat(queue, member), queue, member, held=True)


def go_on(offered: Offered, *, held: bool = False) -> Lease | None:
    """The next task of the queue that somebody has just answered in, their seat still locked."""
    if not offered.goes_on:
        return None
    return claim_from(offered.seat, offered.queue, offered.annotator, held=held)


def claim_from(seat: Seat, queue: Queue, member: Membership, *, held: bool = False) -> Lease | None:
    """Lend a task without waiting for anybody who is about to change its slot."""
    if not has_room(queue, member, held=held):
        return None
    lanes = lanes_for(queue, member, seat)
    taken = take_next(seat, queue, lanes, HOLD if held else lease_time(queue), held=held)
    return _lease(taken, queue, member, held=held) if taken else None


def lanes_for(queue: Queue, member: Membership, seat: Seat) -> list[str]:
    """The lanes to look in; a seat that remembers other ones begins again from the first place."""
    lanes = queue.lanes_of(member)
    written = "*" if lanes is None else "\n".join(lanes)
    if seat.lanes != written:
        seat.cursor, seat.lanes = None, written
    return lanes_in(queue) if lanes is None else lanes


@transaction.atomic
def heartbeat(member: Membership, token: UUID) -> Lease:
    """Go on for another lease time; a slot that was given away meanwhile is replaced if one is."""
    offered = lock_offered(member, token)
    task = offered.task
    refuse_if_over(task)
    own = Slot.objects.held_by(member).filter(task=task, token=token)
    if not renew_hold(own) and not lend(own, member, token, task.queue):
        _refuse_if_answered(offered)
        elsewhere = Slot.objects.held_by(member).filter(task=task).exists()
        if elsewhere or take(Q(task=task), member, token, task.queue) is None:
            if _is_taken_back(offered):
                return Lease(token, task, member, timezone.now() + lease_time(task.queue))
            raise Conflict("lease_ended", _("Your time on this item has ended. Your text is kept."))
    return lease_of(own.select_related(*FOR_LEASE).get(), member)


@transaction.atomic
def release(member: Membership, token: UUID) -> None:
    """Give a task back untouched; doing it twice does it once."""
    offered = lock_offered(member, token)
    _give_back(offered.seat, Slot.objects.held_by(member).filter(token=token))


def release_others(seat: Seat, task: Task) -> None:
    """Give back whatever else the person holds in a queue, so that they go on with one task."""
    held = Slot.objects.filter(annotator=seat.annotator_id, queue=seat.queue_id).pending()
    # Whoever holds such a slot's lock may be waiting for this task: do not wait for them.
    others = held.exclude(task=task).select_for_update(skip_locked=True, no_key=True)
    _give_back(seat, Slot.objects.filter(pk__in=[slot.pk for slot in others]))


@transaction.atomic
def release_all(member: Membership) -> int:
    """Give back everything a member holds, in all queues; for people who leave."""
    Seat.objects.filter(annotator=member).update(cursor=None)
    return Slot.objects.held_by(member).give_back()


@transaction.atomic
def skip(member: Membership, token: UUID, reason: str, note: str = "", *, at: datetime) -> None:
    """Refuse a task for a reason; it is never offered to the same person again."""
    offered = lock_offered(member, token)
    task = offered.task
    if reason not in reasons_for(task.queue):
        raise ValidationError({"reason": _("Choose a reason.")})
    _refuse_if_answered(offered)
    slots = lock_task(task)
    note = "" if task.item.erased_at else note[:1000]
    fields = {"reason": reason, "note": note, "at": at}
    _row, new = Skip.objects.get_or_create(task=task, annotator=member, defaults=fields)
    if not new:
        return
    Slot.objects.held_by(member).filter(task=task).give_back()
    Draft.objects.filter(task=task, annotator=member).delete()
    audit.record(member, "skipped", task, at=at, reason=reason)
    _ask_for_attention(task, slots, at=at)


def reasons_for(queue: Queue) -> dict[str, str]:
    """Why an item of this queue can be refused; only some kinds are not for everybody."""
    choices = {str(value): str(label) for value, label in Skip.Reason.choices}
    if not queue.sensitive:
        del choices[Skip.Reason.NOT_THIS_KIND.value]
    return choices


def _lease(taken: Taken, queue: Queue, member: Membership, *, held: bool) -> Lease:
    task = partial(Task, {"id": taken.task, "queue_id": queue.pk})
    task.queue = queue
    return Lease(taken.token, task, member, taken.leased_until, held)


def _kept(queue: Queue, member: Membership) -> Lease | None:
    """What the member has already, after waiting for whoever is about to change its slot."""
    for slot in own_leases(member):
        if slot.queue_id == queue.pk and slot.token is not None:
            lend(Slot.objects.filter(pk=slot.pk), member, slot.token, queue)
            slot.refresh_from_db(fields=["leased_until"])
            return lease_of(slot, member)
    return None


def _refuse_if_answered(offered: Offered) -> None:
    own = Annotation.objects.filter(annotator=offered.annotator, token=offered.token)
    if own.exists():
        raise Conflict("already_submitted", _("You have already submitted this item."))


def _is_taken_back(offered: Offered) -> bool:
    """Whether they judge again what they took back, which is kept whoever has built on it."""
    own = Annotation.objects.filter(annotator=offered.annotator, task=offered.task)
    return own.filter(kind=Annotation.Kind.WITHDRAWN, superseded_by=None).exists()


def _give_back(seat: Seat, held: SlotQuerySet) -> None:
    place = min(held.values_list("place", flat=True), default=None)
    if place is not None:
        held.give_back()
        look_again_from(seat, place)


def _ask_for_attention(task: Task, slots: list[Slot], *, at: datetime) -> None:
    """A task that nobody is left for goes to whoever looks after the queue."""
    if all(slot.annotation_id for slot in slots) or _somebody_left(task):
        return
    moved = Task.objects.filter(pk=task.pk, state=Task.State.OPEN)
    if moved.update(state=Task.State.ATTENTION):
        Slot.objects.free().filter(task=task).update(early=True)
        audit.record(None, "asked_for_attention", task, at=at, project=task.queue.project)


def _somebody_left(task: Task) -> bool:
    """Whether an active annotator could still be offered this task."""
    refused = Skip.objects.filter(task=task).values("annotator")
    answered = Annotation.objects.filter(task=task).values("annotator")
    people = Membership.objects.active().people().filter(project=task.queue.project_id)
    gone = done_with([task.queue])[task.queue_id]
    people = (
        people.exclude(pk__in=refused)
        .exclude(pk__in=answered)
        .exclude(pk__in=gone)
        .select_related("team", "user")
    )
    teams = {team.pk for team in task.queue.teams.all()}
    qualified = qualified_for([task.queue])[task.queue_id]
    return any(
        person.may(Verb.ANNOTATE) and task.queue.takes(person, task.lane, teams, qualified)
        for person in people
    )
