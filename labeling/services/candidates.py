"""Which slots of a queue a person may be given next, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import SystemRandom
from typing import Any

from django.db import connection

from labeling.models import Queue, Seat

UNTOUCHED_READ = 20
UNTOUCHED_READ_AT_RANDOM = 50
EARLY_READ = 200
EARLY_READ_AT_LAST = 5_000  # a tenth of a second; only for who would otherwise have nothing
NOTHING_LEFT = 2**63 - 1

NOW = {
    "postgresql": "statement_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
}

FREE = """
  FROM labeling_slot s
  WHERE s.queue_id = %(queue)s AND s.lane = %(lane_{number})s AND s.annotation_id IS NULL
    AND (s.leased_until IS NULL OR s.leased_until < {now}) AND """

# Whoever withdrew their only annotation may judge the task again. `supersedes_id IS NULL` is
# repeated in the probe because the partial index is not used without it.
FOR_THIS_PERSON = """
  EXISTS (
    SELECT 1 FROM labeling_task t JOIN labeling_item i ON i.id = t.item_id
    WHERE t.id = s.task_id AND t.state = 'open' AND i.erased_at IS NULL)
  AND NOT EXISTS (
    SELECT 1 FROM labeling_slot own
    WHERE own.task_id = s.task_id AND own.annotator_id = %(annotator)s
      AND own.annotation_id IS NULL AND own.id <> s.id)
  AND NOT EXISTS (
    SELECT 1 FROM labeling_skip k
    WHERE k.task_id = s.task_id AND k.annotator_id = %(annotator)s)
  AND NOT EXISTS (
    SELECT 1 FROM labeling_reveal r
    WHERE r.task_id = s.task_id AND r.adjudicator_id = %(annotator)s)
  AND NOT EXISTS (
    SELECT 1 FROM labeling_annotation a
    WHERE a.task_id = s.task_id AND a.annotator_id = %(annotator)s AND a.supersedes_id IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM labeling_annotation w
        WHERE w.task_id = s.task_id AND w.annotator_id = %(annotator)s AND w.kind = 'withdrawn'
          AND NOT EXISTS (SELECT 1 FROM labeling_annotation n WHERE n.supersedes_id = w.id)))"""

# Only our own constants are put together here; every value is a parameter.
EARLY = (
    "SELECT s.id, s.place, 1 FROM (SELECT s.id, s.place, s.task_id"  # noqa: S608
    + FREE
    + "s.early ORDER BY s.place, s.id LIMIT %(early)s) s WHERE "
    + FOR_THIS_PERSON
)
UNTOUCHED = (
    "SELECT s.id, s.place, 0 FROM (SELECT s.id, s.place"  # noqa: S608
    + FREE
    + "NOT s.early AND s.place >= %(cursor)s AND "
    + FOR_THIS_PERSON
    + " ORDER BY s.place, s.id LIMIT %(untouched)s) s"
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
class Candidates:
    """Slots in the order in which they are tried, and where the person's reading begins next."""

    slots: list[int]
    cursor: int


def read_candidates(seat: Seat, queue: Queue, lanes: list[str]) -> Candidates:
    """What is free for this person: slots that were touched before, then untouched ones.

    The first 200 touched ones are read without asking what each is to this person; only when
    nothing at all is found are more of them looked through.
    """
    rows = _read(seat, queue, lanes, early=EARLY_READ) or _read(
        seat, queue, lanes, early=EARLY_READ_AT_LAST
    )
    early = sorted((place, slot) for slot, place, is_early in rows if is_early)
    untouched = sorted((place, slot) for slot, place, is_early in rows if not is_early)
    cursor = untouched[0][0] if untouched else NOTHING_LEFT
    untouched = untouched[: _untouched_limit(queue)]
    if queue.order == Queue.Order.RANDOM:
        SystemRandom().shuffle(untouched)
    return Candidates([slot for _, slot in early + untouched], cursor)


def lanes_in(queue: Queue) -> list[str]:
    """The lanes that still have slots to fill."""
    with connection.cursor() as cursor:
        cursor.execute(LANES, {"queue": queue.pk})
        return [lane for (lane,) in cursor.fetchall()]


def _read(seat: Seat, queue: Queue, lanes: list[str], *, early: int) -> list[tuple[int, int, int]]:
    now = NOW[connection.vendor]
    bands = [
        band.format(number=n, now=now) for n in range(len(lanes)) for band in (EARLY, UNTOUCHED)
    ]
    values: dict[str, Any] = {f"lane_{number}": lane for number, lane in enumerate(lanes)}
    values |= {"queue": queue.pk, "annotator": seat.annotator_id, "early": early}
    values |= {"cursor": seat.cursor or 0, "untouched": _untouched_limit(queue)}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(bands), values)
        return [(slot, place, is_early) for slot, place, is_early in cursor.fetchall()]


def _untouched_limit(queue: Queue) -> int:
    at_random = queue.order == Queue.Order.RANDOM
    return UNTOUCHED_READ_AT_RANDOM if at_random else UNTOUCHED_READ
