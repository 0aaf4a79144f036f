"""How many items of a queue one person may judge: in all, and on one day."""

from __future__ import annotations

from datetime import datetime, time

from django.db.models import Count, Q
from django.utils import timezone

from labeling.models import Membership, Queue, Slot


def has_room(queue: Queue, member: Membership, *, held: bool = False) -> bool:
    """Whether this person may be lent a task here: one statement, and none where nothing is capped.

    What they have already stays theirs. Before a claim, their seat has to be locked.
    """
    if not queue.capped:
        return True
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    pending = Q(annotation__isnull=True)
    counts = Slot.objects.filter(queue=queue, annotator=member).aggregate(
        given=Count("annotation"),
        today=Count("annotation", filter=Q(annotation__submitted_at__gte=midnight)),
        pending=Count("pk", filter=pending),
        own=Count("pk", filter=pending & Q(held=True) if held else pending),
    )
    if counts["own"]:
        return True
    limits = ((queue.cap_each, counts["given"]), (queue.cap_daily, counts["today"]))
    return all(cap is None or given + counts["pending"] < cap for cap, given in limits)
