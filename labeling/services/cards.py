"""The card that a queue begins with: seen once, or the queue is declined. Locks: seat, slots."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Queue, Seat, Slot
from labeling.services import audit
from labeling.services.leases import lock_seat


@transaction.atomic
def acknowledge(member: Membership, queue: Queue, *, at: datetime) -> None:
    """Note that somebody has seen what a queue begins with; doing it twice does it once."""
    seat = lock_seat(queue, member)
    if seat.acknowledged_at is None:
        Seat.objects.filter(pk=seat.pk).update(acknowledged_at=at)
        audit.record(member, "began_queue", queue, at=at)


@transaction.atomic
def decline(member: Membership, queue: Queue, *, at: datetime) -> None:
    """Offer somebody nothing more of a sensitive queue; what they hold there is given back."""
    if not queue.sensitive:
        raise Conflict("not_sensitive", _("Only a queue with sensitive items can be declined."))
    seat = lock_seat(queue, member)
    if seat.joined_at == Seat.NEVER:
        return
    Seat.objects.filter(pk=seat.pk).update(joined_at=Seat.NEVER, acknowledged_at=None, cursor=None)
    Slot.objects.held_by(member).filter(queue=queue).give_back()
    audit.record(member, "declined_queue", queue, at=at)


@transaction.atomic
def rejoin(member: Membership, queue: Queue, *, at: datetime) -> None:
    """Offer somebody again what they had declined; it begins with its card."""
    seat = lock_seat(queue, member)
    if seat.joined_at == Seat.NEVER:
        Seat.objects.filter(pk=seat.pk).update(joined_at=at)
        audit.record(member, "rejoined_queue", queue, at=at)
