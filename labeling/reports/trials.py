"""How often judging again changes an answer, estimated from a sample of the touched tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from labeling.policy.relabeling import KEPT, Values, Way, counterpart, criteria_asked_again
from labeling.reports.relabeling import Chain, again_by_queue, to_judge_again, values_of_versions
from labeling.stats.estimate import Estimate, share

DECIDED = (Task.State.SETTLED, Task.State.ADJUDICATED)
#: The settled answers of a task by criterion; None stands for "cannot tell".
Answers = Mapping[str, str | None]


@dataclass(frozen=True)
class Flips:
    """How many of the answers compared are others now, for one criterion or any asked again.

    rate: with Wilson's interval, as of a simple random sample; that only so many tasks are touched
    is not made use of, so it is rather too wide than too narrow.
    """

    criterion: str
    question: str
    compared: int
    changed: int
    asked_again: bool = True

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
    lost = lost_in(version, chain) if left else {}
    return [
        Relabeling(
            queue,
            left[queue.pk].tasks if queue.pk in left else 0,
            trial_of(trials[queue.pk], version, chain) if queue.pk in trials else None,
            kept.get(queue.uid),
            lost.get(queue.pk, []),
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
    way = _way(chain, earlier.rubric_version_id)
    values = values_of_versions([version.pk])[version.pk]
    pairs = [_pair(old[item], new[item], way, values) for item in decided if item in old]
    asked = list(Criterion.objects.filter(version=version).only("key", "prompt"))
    again = criteria_asked_again([row.key for row in asked], way)
    flips = [_flips(row, pairs, again) for row in asked]
    told = [[pair[key] for key in again if key in pair] for pair in pairs]
    overall = Flips("", "", sum(map(bool, told)), sum(map(any, told)))
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


def lost_in(version: RubricVersion, chain: Chain) -> dict[int, list[tuple[str, str]]]:
    """Earlier answers of touched tasks that nothing stands for, by their queue's primary key."""
    standing = Adjudication.objects.current().filter(task__in=to_judge_again(version))
    rulings = Ruling.objects.filter(adjudication__in=standing, cannot_tell=False).order_by()
    queue, asked = "adjudication__task__queue", "adjudication__task__queue__rubric_version"
    given = rulings.values_list(queue, asked, "criterion__key", "value").distinct()
    values, lost = values_of_versions([version.pk])[version.pk], defaultdict(list)
    for pk, earlier, key, value in given:
        way = _way(chain, earlier)
        if key in values and counterpart(key, value, way, values) is None:
            lost[pk].append((key, value))
    return {pk: sorted(pairs) for pk, pairs in lost.items()}


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


def _way(chain: Chain, earlier: int) -> Way:
    """The steps from an earlier version to the last of the chain."""
    places = {row.pk: place for place, row in enumerate(chain.versions)}
    return chain.way(places[earlier], len(chain.versions) - 1) or []


def _pair(old: Answers, new: Answers, way: Way, values: Values) -> dict[str, bool]:
    """For each criterion answered before and now: whether the answer is another one."""
    changed = {}
    for key in old.keys() & new.keys():
        found = counterpart(key, old[key], way, values)
        changed[key] = found is None or found.value != new[key]
    return changed


def _flips(row: Criterion, pairs: Sequence[Mapping[str, bool]], again: Collection[str]) -> Flips:
    told = [pair[row.key] for pair in pairs if row.key in pair]
    return Flips(row.key, row.prompt, len(told), sum(told), row.key in again)
