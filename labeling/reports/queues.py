"""How far queues are: tasks by state and judgments given, per queue and per language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from labeling.models import Queue, Skip, Slot, Task, Team
from labeling.models.queues import SlotQuerySet


@dataclass(frozen=True)
class Progress:
    """Tasks by state, and judgments given of those wanted, in one lane or a whole queue."""

    lane: str
    open: int
    settled: int
    disputed: int
    adjudicated: int
    attention: int
    set_aside: int
    judged: int
    wanted: int

    @property
    def tasks(self) -> int:
        """Tasks that are to be judged; what is set aside is not."""
        return self.open + self.settled + self.disputed + self.adjudicated + self.attention

    @property
    def done(self) -> int:
        """Tasks with an answer that stands."""
        return self.settled + self.adjudicated

    @property
    def left(self) -> int:
        """Judgments still to be given."""
        return self.wanted - self.judged


@dataclass(frozen=True)
class TeamProgress:
    """How many judgments the people of one team have given in a queue."""

    queue: Queue
    judged: int


@dataclass(frozen=True)
class Said:
    """What people who skipped one task said against its item or the rubric, for one reason."""

    task: Task
    reason: str
    skips: list[Skip]

    @property
    def notes(self) -> list[str]:
        return [skip.note for skip in self.skips if skip.note]

    @property
    def since(self) -> datetime:
        return self.skips[0].at


def inbox(queue: Queue, most: int = 50) -> dict[str, list[Said]]:
    """Tasks with skips that somebody has to look into, by reason, the oldest first: one query."""
    skips = Skip.objects.unsettled().filter(task__queue=queue).order_by("at", "pk")
    said = said_by(skips.select_related("task__item__project")[: 4 * most])
    return {
        reason: [row for row in said if row.reason == reason][:most] for reason in Skip.FOR_THE_LEAD
    }


def said_by(skips: Iterable[Skip]) -> list[Said]:
    """Skips gathered by what they are about: one task for one reason."""
    grouped: dict[tuple[str, int], list[Skip]] = {}
    for skip in skips:
        grouped.setdefault((skip.reason, skip.task_id), []).append(skip)
    return [Said(rows[0].task, reason, rows) for (reason, _task), rows in grouped.items()]


def by_queue(queues: Iterable[Queue]) -> dict[int, Progress]:
    """Progress of each of these queues, by primary key: two queries for all."""
    return _progress(list(queues), "queue_id")


def by_lane(queue: Queue) -> list[Progress]:
    """Progress of one queue in each of its lanes."""
    rows = _progress([queue], "lane")
    return [rows[lane] for lane in sorted(rows)]


def whole(queue: Queue, lanes: list[Progress]) -> Progress:
    """The lanes of a queue added up."""
    names = (*Task.State.values, "judged", "wanted")
    return Progress("", **{name: sum(getattr(lane, name) for lane in lanes) for name in names})


def judged_by_team(queues: Iterable[Queue], team: Team | None) -> dict[int, int]:
    """How many counted judgments the people of one team have given, by the queue's primary key."""
    rows = Slot.objects.filter(
        queue__in=list(queues), annotation__isnull=False, annotator__team=team
    ).values("queue_id")
    return {row["queue_id"]: row["judged"] for row in rows.annotate(judged=Count("pk"))}


def _progress(queues: list[Queue], group: str) -> dict[Any, Progress]:
    """Progress grouped by queue or by lane: one query of tasks, one of slots.

    What was said to tasks that began anew elsewhere is not counted here; that is rare, and asked
    apart only where there are any.
    """
    states = {f"in_{state}": Count("pk", filter=Q(state=state)) for state in Task.State.values}
    rows_of_tasks = Task.objects.filter(queue__in=queues).values(group).annotate(**states)
    tasks = list(rows_of_tasks.order_by())
    slots = Slot.objects.filter(queue__in=queues)
    aside = Task.objects.filter(queue__in=queues, state=Task.State.SET_ASIDE)
    any_aside = any(row[f"in_{Task.State.SET_ASIDE}"] for row in tasks)
    given = _given(slots, group)
    left = _given(slots.filter(task__in=aside), group) if any_aside else {}
    rows = {}
    for row in tasks:
        judged, wanted = given.get(row[group], (0, 0))
        judged_aside, wanted_aside = left.get(row[group], (0, 0))
        judged, wanted = judged - judged_aside, wanted - wanted_aside
        counts = {state: row[f"in_{state}"] for state in Task.State.values}
        lane = row[group] if group == "lane" else ""
        rows[row[group]] = Progress(lane=lane, judged=judged, wanted=wanted, **counts)
    return rows


def _given(slots: SlotQuerySet, group: str) -> dict[Any, tuple[int, int]]:
    """Judgments given and wanted, by queue or by lane."""
    rows = slots.values(group).order_by()
    counted = rows.annotate(wanted=Count("pk"), judged=Count("annotation_id"))
    return {row[group]: (row["judged"], row["wanted"]) for row in counted}
