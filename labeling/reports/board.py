"""The lead's board: what is left in each queue and language, who may do it and when it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import ceil

from django.db.models import Count, Min
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Membership, Offer, Project, Queue, Skip, Slot
from labeling.policy.roles import Verb
from labeling.reports.qualified import done_with, qualified_for
from labeling.reports.questions import open_by_queue

DAYS = 3
SATURDAY = 5
Cell = tuple[int, str]


@dataclass(frozen=True)
class Lane:
    """The work left in one language of one queue."""

    queue: Queue
    lane: str
    left: int
    people: int
    pace: float
    finish: date | None
    skips: dict[str, int] = field(default_factory=dict)
    oldest_lease: datetime | None = None
    questions: int = 0

    @property
    def nobody(self) -> bool:
        """Work that nobody here may do."""
        return bool(self.left) and not self.people

    @property
    def too_few(self) -> bool:
        """Fewer people than an item needs, so that its last places stay empty for ever."""
        return bool(self.left) and 0 < self.people < self.queue.overlap

    @property
    def warning(self) -> str:
        """What the lead has to do something about, else nothing."""
        if self.nobody:
            return _("Nobody here may judge this. Invite somebody who can.")
        if self.too_few:
            return ngettext(
                "Each item needs %(overlap)s people and only %(people)s may judge it.",
                "Each item needs %(overlap)s people and only %(people)s may judge it.",
                self.people,
            ) % {"overlap": self.queue.overlap, "people": self.people}
        return ""

    @property
    def skipped(self) -> list[tuple[str, int]]:
        """Reasons in words with how often each was given, the most frequent first."""
        named = [(str(Skip.Reason(key).label), count) for key, count in self.skips.items()]
        return sorted(named, key=lambda row: (-row[1], row[0]))


def board(project: Project, queues: Iterable[Queue], *, at: datetime | None = None) -> list[Lane]:
    """Every language of these queues that has work left: nine queries for all, or ten with caps.

    The queues bring their teams along (`prefetch_related("teams")`). Pace is in judgments a working
    day; what is finished, or not open for work, is left out.
    """
    now = at or timezone.now()
    rows = {row.pk: row for row in queues if row.state in (Queue.State.OPEN, Queue.State.PAUSED)}
    left, given = _left(rows), _given(rows, now)
    skips, leases, asked = _skips(rows), _oldest_leases(rows), open_by_queue(rows.values())
    qualified, done = qualified_for(rows.values()), done_with(rows.values())
    people = list(
        Membership.objects.active().people().filter(project=project).select_related("team", "user")
    )
    lanes = []
    for pk, lane in sorted(left, key=lambda cell: (-cell[0], cell[1])):
        pace = _pace(given[pk, lane], rows[pk].created_at, now)
        lanes.append(
            Lane(
                queue=rows[pk],
                lane=lane,
                left=left[pk, lane],
                people=sum(
                    person.pk not in done[pk] and _may_work(person, rows[pk], lane, qualified[pk])
                    for person in people
                ),
                pace=pace,
                finish=_finish(left[pk, lane], pace, now),
                skips=skips[pk, lane],
                oldest_lease=leases.get((pk, lane)),
                questions=asked.get((pk, lane), 0),
            )
        )
    return lanes


def working_days_before(day: date, count: int) -> date:
    """The first of the `count` working days, Monday to Friday, that end before this day."""
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def _may_work(
    person: Membership, queue: Queue, lane: str, qualified: Collection[int] | None
) -> bool:
    teams = {team.pk for team in queue.teams.all()}
    return person.may(Verb.ANNOTATE) and queue.takes(person, lane, teams, qualified)


def _left(rows: dict[int, Queue]) -> dict[Cell, int]:
    """Judgments still to be given."""
    found = Slot.objects.pending().filter(queue__in=rows).values("queue_id", "lane").order_by()
    return {(row["queue_id"], row["lane"]): row["n"] for row in found.annotate(n=Count("pk"))}


def _given(rows: dict[int, Queue], now: datetime) -> dict[Cell, dict[date, int]]:
    """Judgments of the last working days and today, by day."""
    first = working_days_before(timezone.localdate(now), DAYS)
    since = timezone.make_aware(datetime.combine(first, time.min))
    found = Slot.objects.filter(
        queue__in=rows, annotation__submitted_at__gte=since, annotation__submitted_at__lte=now
    )
    days = found.values("queue_id", "lane", day=TruncDate("annotation__submitted_at")).order_by()
    given: dict[Cell, dict[date, int]] = defaultdict(dict)
    for row in days.annotate(n=Count("pk")):
        given[row["queue_id"], row["lane"]][row["day"]] = row["n"]
    return given


def _skips(rows: dict[int, Queue]) -> dict[Cell, dict[str, int]]:
    """By reason; what is not somebody's kind of item is counted against nobody."""
    found = Skip.objects.filter(task__queue__in=rows).order_by()
    found = found.exclude(reason=Skip.Reason.NOT_THIS_KIND)
    skips: dict[Cell, dict[str, int]] = defaultdict(dict)
    for queue, lane, reason, count in found.values_list(
        "task__queue_id", "task__lane", "reason"
    ).annotate(n=Count("pk")):
        skips[queue, lane][reason] = count
    return skips


def _oldest_leases(rows: dict[int, Queue]) -> dict[Cell, datetime]:
    """Since when the place that somebody has on the screen longest is theirs."""
    running = Slot.objects.pending().exclude(pk__in=Slot.objects.free().values("pk"))
    tokens = running.filter(queue__in=rows, token__isnull=False, held=False).values("token")
    found = Offer.objects.filter(token__in=tokens).values("task__queue_id", "task__lane")
    return {
        (row["task__queue_id"], row["task__lane"]): row["since"]
        for row in found.order_by().annotate(since=Min("at"))
    }


def _pace(given: dict[date, int], opened: datetime, now: datetime) -> float:
    """Judgments a working day, over whole days; on a queue's first day, what there is of it."""
    today = timezone.localdate(now)
    first = max(working_days_before(today, DAYS), timezone.localdate(opened))
    days = sum(
        (first + timedelta(days=step)).weekday() < SATURDAY for step in range((today - first).days)
    )
    if not days:
        return float(sum(given.values()))
    return sum(count for day, count in given.items() if day < today) / days


def _finish(left: int, pace: float, now: datetime) -> date | None:
    """The working day on which the last judgment is given if people go on like this."""
    if not pace or left / pace > 2_000:
        return None
    day, needed = timezone.localdate(now), ceil(left / pace)
    while needed:
        day += timedelta(days=1)
        needed -= day.weekday() < SATURDAY
    return day
