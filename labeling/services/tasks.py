"""A task as somebody who answers it finds it: locked, with its slots and their own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Membership, Task
from labeling.reports.judging import ITEM_COLUMNS, ITEM_FIELDS, ShownItem, item_in
from labeling.services.leases import Offered, refuse_as_set_aside
from labeling.statements import as_moment, as_uuid, fetch, locked, now

# What the others wrote is only counted; somebody's own rows change under their seat's lock alone.
LOCKED = """
SELECT s.id, s.annotator_id, s.annotation_id,
  s.leased_until IS NULL OR s.leased_until < {now} AS free,
  a.id, a.uid, a.token, a.payload_digest, a.kind, a.submitted_at,
  d.id, t.state, q.state, p.archived_at, i.erased_at{columns}
FROM labeling_task t
  JOIN labeling_slot s ON s.task_id = t.id
  JOIN labeling_item i ON i.id = t.item_id
  JOIN labeling_queue q ON q.id = t.queue_id
  JOIN labeling_project p ON p.id = q.project_id
  LEFT JOIN labeling_annotation a ON a.task_id = t.id AND a.annotator_id + 0 = %(annotator)s
  LEFT JOIN labeling_draft d ON d.task_id = t.id AND d.annotator_id = %(annotator)s
  {fields}
WHERE t.id = %(task)s ORDER BY s.number, a.id{order}"""
#: Read with the rest where answers are about the text itself.
WITH_ITEM = {"columns": f", {ITEM_COLUMNS}", "fields": ITEM_FIELDS, "order": ", f.position, f.name"}
WITHOUT_ITEM = dict.fromkeys(WITH_ITEM, "")


@dataclass(frozen=True, slots=True)
class Place:
    """One slot of a task."""

    pk: int
    annotator: int | None
    annotation: int | None
    free: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task's slots, and what one annotator has written on it already, the oldest first.

    item: as this annotator sees it, where it was asked for.
    """

    places: Sequence[Place]
    earlier: list[Annotation]
    draft: int | None
    item: ShownItem | None = None

    @property
    def awaited(self) -> int:
        """How many annotations are still to come."""
        return sum(place.annotation is None for place in self.places)

    def place_for(self, member: Membership) -> Place | None:
        """The own slot, even expired, or else any free one."""
        pending = [place for place in self.places if place.annotation is None]
        own = [place for place in pending if place.annotator == member.pk]
        return next(iter(own or [place for place in pending if place.free]), None)


def lock_task_of(offered: Offered, *, with_item: bool = False) -> TaskView:
    """Hold a task and its slots, in this order, and read afresh what decides about an answer."""
    task, member = offered.task, offered.annotator
    more = WITH_ITEM if with_item else WITHOUT_ITEM
    sql = LOCKED.format(now=now(), **more) + locked("t", "s")
    rows = fetch(sql, {"task": task.pk, "annotator": member.pk})
    if not rows:
        if Task.objects.filter(pk=task.pk, state=Task.State.SET_ASIDE).exists():
            refuse_as_set_aside(task)
        raise Conflict("lease_ended", _("Your time on this item has ended. Your text is kept."))
    places = {row[0]: Place(row[0], row[1], row[2], bool(row[3])) for row in rows}
    earlier = {row[4]: _annotation(row[4:10]) for row in rows if row[4] is not None}
    task.state, task.queue.state = rows[0][11], rows[0][12]
    task.queue.project.archived_at, task.item.erased_at = rows[0][13], rows[0][14]
    seen = [row[15:] for row in rows if row[0] == rows[0][0] and row[4] == rows[0][4]]
    item = item_in(task, member, seen) if with_item else None
    return TaskView(list(places.values()), list(earlier.values()), rows[0][10], item)


def _annotation(row: tuple[Any, ...]) -> Annotation:
    pk, uid, token, digest, kind, at = row
    token_of: UUID = as_uuid(token)
    return Annotation(
        pk=pk,
        uid=as_uuid(uid),
        token=token_of,
        payload_digest=digest,
        kind=kind,
        submitted_at=as_moment(at),
    )
