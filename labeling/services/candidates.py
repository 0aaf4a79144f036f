"""Which slot of a queue a person is given next: found, locked and lent by one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from labeling.models import Queue, Seat
from labeling.statements import Steps, as_moment, as_uuid, fetch, later, locked, now

UNTOUCHED_READ = 10
UNTOUCHED_READ_AT_RANDOM = 50
WINDOW = 2_000  # so many free slots are looked at one by one before all are, by another plan
EARLY_READ = 200
EARLY_READ_AT_LAST = 5_000  # a tenth of a second; only for who would otherwise have nothing
NOTHING_LEFT = 2**63 - 1
TRIES = 5  # when others take every slot between reading and locking

FREE = """
  FROM labeling_slot s
  WHERE s.queue_id = %(queue)s AND s.lane = %({lane})s AND s.annotation_id IS NULL
    AND (s.leased_until IS NULL OR s.leased_until < {now}) AND """

# A planner that has not yet seen how much somebody annotated would read all of that for each
# slot: `annotator_id + 0` leaves it only the index by task, `OFFSET 0` only one slot at a time.
# Whoever withdrew their only annotation may judge the task again.
FOR_THIS_PERSON = """
  NOT EXISTS (
    SELECT 1 FROM labeling_annotation a
    WHERE a.task_id = s.task_id AND a.annotator_id + 0 = %(annotator)s AND a.supersedes_id IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM labeling_annotation w
        WHERE w.task_id = s.task_id AND w.annotator_id + 0 = %(annotator)s AND w.kind = 'withdrawn'
          AND NOT EXISTS (SELECT 1 FROM labeling_annotation n WHERE n.supersedes_id = w.id))
    {one})
  AND NOT EXISTS (
    SELECT 1 FROM labeling_slot own
    WHERE own.task_id = s.task_id AND own.annotator_id + 0 = %(annotator)s
      AND own.annotation_id IS NULL AND own.id <> s.id {one})
  AND NOT EXISTS (
    SELECT 1 FROM labeling_skip k
    WHERE k.task_id = s.task_id AND k.annotator_id + 0 = %(annotator)s {one})
  AND NOT EXISTS (
    SELECT 1 FROM labeling_reveal r
    WHERE r.task_id = s.task_id AND r.adjudicator_id + 0 = %(annotator)s {one})
  AND EXISTS (
    SELECT 1 FROM labeling_task t JOIN labeling_item i ON i.id = t.item_id
    WHERE t.id = s.task_id AND t.state = 'open' AND i.erased_at IS NULL {one})"""

# Only our own constants are put together here; every value is a parameter (hence S608).
OWN = """
SELECT s.id, row_number() OVER (ORDER BY s.held, s.leased_until DESC) AS place
FROM labeling_slot s
  JOIN labeling_task t ON t.id = s.task_id
  JOIN labeling_item i ON i.id = t.item_id
WHERE s.annotator_id = %(annotator)s AND s.queue_id = %(queue)s AND s.annotation_id IS NULL
  AND t.state = 'open' AND i.erased_at IS NULL AND (s.held OR NOT %(held)s)"""
EARLY = (
    "SELECT * FROM (SELECT s.id, s.place, 1 AS band FROM (SELECT s.id, s.place, s.task_id"  # noqa: S608
    + FREE
    + "s.early ORDER BY s.place, s.id LIMIT {early}) s WHERE {owned}"
    + FOR_THIS_PERSON
    + ") early_{lane}"
)
UNTOUCHED = (
    "SELECT * FROM (SELECT s.id, s.place, 2 AS band FROM (SELECT s.id, s.place, s.task_id"  # noqa: S608
    + FREE
    + "NOT s.early AND s.place >= %(cursor)s ORDER BY s.place, s.id LIMIT {window}) s"
    + " WHERE {owned}"
    + FOR_THIS_PERSON
    + " ORDER BY s.place, s.id LIMIT {untouched}) untouched_{lane}"
)
NOT_OWNED = "NOT EXISTS (SELECT 1 FROM own_slots) AND "

PICKED = """
SELECT s.id, c.band FROM candidates c JOIN labeling_slot s ON s.id = c.id
WHERE s.annotation_id IS NULL AND s.queue_id = %(queue)s AND (
  c.band = 0 AND s.annotator_id = %(annotator)s
  OR c.band > 0 AND (s.leased_until IS NULL OR s.leased_until < {now}))
ORDER BY c.band, CASE WHEN c.band = 2 THEN {order} ELSE c.place END, c.id
LIMIT 1"""
TAKEN = """
UPDATE labeling_slot SET
  token = CASE WHEN picked.band = 0 THEN labeling_slot.token ELSE %(token)s END,
  annotator_id = %(annotator)s, leased_until = {later}, held = %(held)s,
  early = %(yes)s
FROM picked WHERE labeling_slot.id = picked.id
RETURNING labeling_slot.id, labeling_slot.task_id, labeling_slot.token,
  labeling_slot.leased_until"""
OFFERED = """
INSERT INTO labeling_offer (task_id, annotator_id, token, at)
SELECT taken.task_id, %(annotator)s, taken.token, %(at)s FROM taken WHERE %(yes)s
ON CONFLICT (token) DO NOTHING"""
FIRST_UNTOUCHED = "COALESCE((SELECT min(place) FROM candidates WHERE band = 2), %(cursor)s)"
MOVED = f"""
UPDATE labeling_seat SET cursor = {FIRST_UNTOUCHED}, lanes = %(lanes)s
WHERE id = %(seat)s AND {NOT_OWNED}
  (cursor IS NULL OR cursor <> {FIRST_UNTOUCHED} OR lanes <> %(lanes)s)"""  # noqa: S608
FOUND = """
SELECT found.slots, taken.task_id, taken.token, taken.leased_until
FROM (SELECT count(*) AS slots FROM candidates) found LEFT JOIN taken ON taken.id IS NOT NULL"""

# For who has judged all that is near: what they have done is gathered once and set against the
# queue as a whole, a tenth of the time of asking slot by slot.
FARTHER = (
    """
WITH done AS (
  SELECT a.task_id FROM labeling_annotation a
  WHERE a.annotator_id = %(annotator)s AND a.supersedes_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM labeling_annotation w
    WHERE w.task_id = a.task_id AND w.annotator_id = %(annotator)s AND w.kind = 'withdrawn'
      AND NOT EXISTS (SELECT 1 FROM labeling_annotation n WHERE n.supersedes_id = w.id))
  UNION ALL SELECT k.task_id FROM labeling_skip k WHERE k.annotator_id = %(annotator)s
  UNION ALL SELECT r.task_id FROM labeling_reveal r WHERE r.adjudicator_id = %(annotator)s
  UNION ALL SELECT o.task_id FROM labeling_slot o
  WHERE o.annotator_id = %(annotator)s AND o.annotation_id IS NULL)
SELECT min(s.place)"""  # noqa: S608
    + FREE
    + """ NOT s.early AND s.place >= %(cursor)s
  AND NOT EXISTS (SELECT 1 FROM done WHERE done.task_id = s.task_id)
  AND EXISTS (
    SELECT 1 FROM labeling_task t JOIN labeling_item i ON i.id = t.item_id
    WHERE t.id = s.task_id AND t.state = 'open' AND i.erased_at IS NULL)"""
)

# A loose index scan: one probe for each lane instead of one row for each slot.
LANES = """
WITH RECURSIVE lanes(lane) AS (
  SELECT min(lane) FROM labeling_slot WHERE queue_id = %(queue)s AND annotation_id IS NULL
  UNION ALL
  SELECT (SELECT min(s.lane) FROM labeling_slot s
          WHERE s.queue_id = %(queue)s AND s.annotation_id IS NULL AND s.lane > lanes.lane)
  FROM lanes WHERE lanes.lane IS NOT NULL)
SELECT lane FROM lanes WHERE lane IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A slot that has just been lent."""

    task: int
    token: UUID
    leased_until: datetime


def take_next(
    seat: Seat, queue: Queue, lanes: list[str], lent: timedelta, *, held: bool = False
) -> Taken | None:
    """Lend the person what they have already, else a free slot; held: only to be shown next.

    What was touched before comes first, of which the first 200 are read without asking what each
    is to this person; only when nothing at all is found are more of them looked through, and the
    untouched ones beyond those that are near. The caller holds the seat.
    """
    values = {**_values(seat, queue, lanes), "held": held, "seconds": lent.total_seconds()}
    far = False
    for _ in range(TRIES):
        steps = Steps(_steps(connection.vendor, len(lanes), _at_random(queue), far))
        at = connection.ops.adapt_datetimefield_value(timezone.now())
        steps.values = {**values, "token": uuid4().hex, "at": at}
        found, *slot = steps.run()[0]
        if slot[0] is not None:
            return Taken(slot[0], as_uuid(slot[1]), as_moment(slot[2]))
        if not found and far:
            return None
        if not found:
            far, values = True, {**values, "cursor": _farther(values, lanes)}
    return None


def has_candidates(seat: Seat, queue: Queue, lanes: list[str]) -> bool:
    """Whether there is something free for this person, without taking it."""
    values = {**_values(seat, queue, lanes), "held": False}
    if not lanes:
        return False
    near = fetch(_count(len(lanes), _at_random(queue), far=False), values)
    if near[0][0]:
        return True
    values["cursor"] = _farther(values, lanes)
    return bool(fetch(_count(len(lanes), _at_random(queue), far=True), values)[0][0])


def lanes_in(queue: Queue) -> list[str]:
    """The lanes that still have slots to fill."""
    return [lane for (lane,) in fetch(LANES, {"queue": queue.pk})]


def _at_random(queue: Queue) -> bool:
    return queue.order == Queue.Order.RANDOM


def _values(seat: Seat, queue: Queue, lanes: list[str]) -> dict[str, Any]:
    return {
        "queue": queue.pk,
        "annotator": seat.annotator_id,
        "seat": seat.pk,
        "cursor": seat.cursor or 0,
        "lanes": seat.lanes,
        "yes": True,
    } | {f"lane_{number}": lane for number, lane in enumerate(lanes)}


@lru_cache(maxsize=256)
def _steps(_vendor: str, lanes: int, at_random: bool, far: bool) -> dict[str, str]:
    """The statements of a claim; `_vendor` only keeps those of one database from the other's."""
    own = "SELECT id, place, 0 AS band FROM own_slots"
    order = "random()" if at_random else "c.place"
    steps = {
        "own_slots": OWN,
        "candidates": " UNION ALL ".join([own, *_bands(lanes, at_random, far, NOT_OWNED)]),
        "picked": PICKED.format(now=now(), order=order) + locked("s", skip=True),
        "taken": TAKEN.format(later=later()),
        "offered": OFFERED,
        "moved": MOVED,
        "found": FOUND,
    }
    return {name: " ".join(sql.split()) for name, sql in steps.items()}


def _bands(lanes: int, at_random: bool, far: bool, owned: str = "") -> list[str]:
    texts = {
        "now": now(),
        "owned": owned,
        "one": "OFFSET 0" if connection.vendor == "postgresql" else "",
        "early": EARLY_READ_AT_LAST if far else EARLY_READ,
        "window": WINDOW,
        "untouched": UNTOUCHED_READ_AT_RANDOM if at_random else UNTOUCHED_READ,
    }
    return [
        band.format(lane=f"lane_{number}", **texts)
        for number in range(lanes)
        for band in (EARLY, UNTOUCHED)
    ]


def _count(lanes: int, at_random: bool, *, far: bool) -> str:
    bands = " UNION ALL ".join(_bands(lanes, at_random, far))
    return f"SELECT count(*) FROM ({bands}) c"  # noqa: S608


def _farther(values: dict[str, Any], lanes: list[str]) -> int:
    """The first place beyond those that are near."""
    places = []
    if values["cursor"] != NOTHING_LEFT:
        for number in range(len(lanes)):
            sql = FARTHER.format(lane=f"lane_{number}", now=now())
            places += [place for (place,) in fetch(sql, values) if place is not None]
    return min(places, default=NOTHING_LEFT)
