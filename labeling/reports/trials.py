"""How often judging again changes an answer, estimated from a sample of the touched tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from labeling.models import (
    Adjudication,
    Criterion,
    Queue,
    RubricChange,
    RubricVersion,
    Ruling,
    Task,
)
from labeling.policy.relabeling import KEPT, Values, Way, counterpart
from labeling.reports.relabeling import Chain, again_by_queue, to_judge_again, values_of_versions
from labeling.stats.estimate import Estimate, share

DECIDED = (Task.State.SETTLED, Task.State.ADJUDICATED)
#: The settled answers of a task by criterion; None stands for "cannot tell".
Answers = Mapping[str, str | None]


@dataclass(frozen=True)
class Flips:
    """How many of the answers compared are others now, for one criterion or in any of them.

    rate: with Wilson's interval, as of a simple random sample; that only so many tasks are touched
    is not made use of, so it is rather too wide than too narrow.
    """

    criterion: str
    question: str
    compared: int
    changed: int

    @property
    def rate(self) -> Estimate:
        return share(self.changed, self.compared)


@dataclass(frozen=True)
class Trial:
    """A queue that judges a sample of another one's touched tasks again, and what that showed."""

    queue: Queue
    tasks: int
    decided: int
    overall: Flips
    flips: list[Flips]

    @property
    def is_over(self) -> bool:
        return self.decided == self.tasks


@dataclass(frozen=True)
class Kept:
    """That the earlier answers of a queue stand after all: who decided so, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Relabeling:
    """A queue under an earlier version: how many tasks are left to judge again, and what is known.

    lost: earlier answers, each with its criterion, that nothing stands for under the version.
    """

    queue: Queue
    tasks: int
    trial: Trial | None
    kept: Kept | None
    lost: list[tuple[str, str]]


def relabelings(version: RubricVersion) -> list[Relabeling]:
    """The queues that a version touches: with tasks left, a sample judged, or answers kept."""
    left = {row.queue.pk: row for row in again_by_queue(version)}
    trials = _trials(version)
    kept = _kept(version)
    named = Queue.objects.filter(project=version.rubric.project_id, uid__in=kept)
    wanted = {*left, *trials, *named.values_list("pk", flat=True)}
    rows = Queue.objects.filter(pk__in=wanted).select_related("project", "rubric_version")
    chain = Chain(version)
    return [
        Relabeling(
            queue,
            left[queue.pk].tasks if queue.pk in left else 0,
            trial_of(trials[queue.pk], version, chain) if queue.pk in trials else None,
            kept.get(queue.uid),
            lost_in(queue, version, chain) if queue.pk in left else [],
        )
        for queue in rows.order_by("pk")
    ]


def trial_of(queue: Queue, version: RubricVersion, chain: Chain) -> Trial:
    """What a sample has shown so far: each decided task beside the decision before it."""
    earlier = queue.relabels
    assert earlier is not None
    states = list(queue.tasks.exclude(state=Task.State.SET_ASIDE).values_list("item", "state"))
    decided = [item for item, state in states if state in DECIDED]
    old, new = settled_answers(earlier, decided), settled_answers(queue, decided)
    way = _way(chain, earlier)
    values = values_of_versions([version.pk])[version.pk]
    pairs = [_pair(old[item], new[item], way, values) for item in decided if item in old]
    asked = list(Criterion.objects.filter(version=version).only("key", "prompt"))
    flips = [_flips(row.key, row.prompt, pairs) for row in asked]
    changed = sum(any(pair.values()) for pair in pairs if pair)
    overall = Flips("", "", sum(bool(pair) for pair in pairs), changed)
    return Trial(queue, len(states), len(decided), overall, [one for one in flips if one.compared])


def settled_answers(queue: Queue, items: Sequence[int]) -> dict[int, dict[str, str | None]]:
    """The standing decisions of a queue about these items, by item and criterion."""
    found: dict[int, dict[str, str | None]] = defaultdict(dict)
    standing = Adjudication.objects.current().filter(task__queue=queue, task__item__in=items)
    rows = Ruling.objects.filter(adjudication__in=standing.filter(task__state__in=DECIDED))
    names = ("adjudication__task__item", "criterion__key", "value", "cannot_tell")
    for item, key, value, cannot_tell in rows.values_list(*names):
        found[item][key] = None if cannot_tell else value
    return dict(found)


def lost_in(queue: Queue, version: RubricVersion, chain: Chain) -> list[tuple[str, str]]:
    """Earlier answers of the queue's touched tasks that nothing stands for under the version."""
    tasks = to_judge_again(version).filter(queue=queue)
    standing = Adjudication.objects.current().filter(task__in=tasks)
    rulings = Ruling.objects.filter(adjudication__in=standing, cannot_tell=False)
    given = rulings.order_by().values_list("criterion__key", "value").distinct()
    way, values = _way(chain, queue), values_of_versions([version.pk])[version.pk]
    return sorted(
        (key, value)
        for key, value in given
        if key in values and counterpart(key, value, way, values) is None
    )


def _trials(version: RubricVersion) -> dict[int, Queue]:
    """The samples under a version, by the primary key of the queue they are drawn from."""
    rows = Queue.objects.filter(rubric_version=version, on_trial=True, relabels__isnull=False)
    found = rows.select_related("project", "relabels").order_by("pk")
    return {row.relabels_id: row for row in found if row.relabels_id is not None}


def _kept(version: RubricVersion) -> dict[UUID, Kept]:
    rows = RubricChange.objects.filter(version=version, kind=KEPT)
    return {
        UUID(row.what): Kept(str(row.decided_by or ""), row.at, row.edits[0]["new"])
        for row in rows.select_related("decided_by__user")
    }


def _way(chain: Chain, queue: Queue) -> Way:
    places = {row.pk: place for place, row in enumerate(chain.versions)}
    return chain.way(places[queue.rubric_version_id], len(chain.versions) - 1) or []


def _pair(old: Answers, new: Answers, way: Way, values: Values) -> dict[str, bool]:
    """For each criterion answered before and now: whether the answer is another one."""
    changed = {}
    for key in old.keys() & new.keys():
        found = counterpart(key, old[key], way, values)
        changed[key] = found is None or found.value != new[key]
    return changed


def _flips(key: str, question: str, pairs: Sequence[Mapping[str, Any]]) -> Flips:
    told = [pair[key] for pair in pairs if key in pair]
    return Flips(key, question, len(told), sum(told))
