"""What moving a queue to a later version of its rubric would do, counted before it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from labeling.formats.canonical import canonical_json
from labeling.models import Annotation, Offer, Queue, RubricChange, RubricVersion, Skip, Slot, Task
from labeling.models.queues import TaskQuerySet
from labeling.models.rubrics import RubricVersionQuerySet
from labeling.policy.moving import Counts, counted

UNDECIDED = (Task.State.OPEN, Task.State.ATTENTION, Task.State.DISPUTED)
DECIDED = (Task.State.SETTLED, Task.State.ADJUDICATED)
MOVABLE = (Queue.State.OPEN, Queue.State.PAUSED)


@dataclass(frozen=True)
class MovePlan:
    """What a move would do; suggests_restart: earlier answers are asked again or do not stand."""

    queue: Queue
    version: RubricVersion
    counts: Counts
    suggests_restart: bool

    @property
    def expected(self) -> str:
        """A name for these numbers: a move that names other ones is not the one that was shown."""
        said = {**asdict(self.counts), "version": str(self.version.uid)}
        return sha256(canonical_json(said)).hexdigest()[:16]


@dataclass(frozen=True)
class Kin:
    """Where a queue goes on: the queue that took over, or else the newest version it could ask."""

    successor: Queue | None
    version: RubricVersion | None


def kin_of(queue: Queue) -> Kin:
    """Two queries; a queue that has moved, is closed or drains, cannot move."""
    successor = successor_of(queue)
    if successor or queue.state not in MOVABLE or queue.drained_at:
        return Kin(successor, None)
    return Kin(None, later_versions(queue).first())


def later_versions(queue: Queue) -> RubricVersionQuerySet:
    """The published versions that a queue can go on under, the newest first."""
    asked = queue.rubric_version
    rows = RubricVersion.objects.published().filter(rubric=asked.rubric_id)
    return rows.filter(number__gt=asked.number).select_related("rubric__project")


def move_plan(queue: Queue, version: RubricVersion) -> MovePlan:
    """The plan as things stand now."""
    return MovePlan(queue, version, counts_of(queue), _suggests_restart(queue, version))


def successor_of(queue: Queue) -> Queue | None:
    """The queue under a later version that took over from this one."""
    return queue.successors.select_related("project", "rubric_version__rubric").first()


def under_other_versions(queue: Queue) -> list[Queue]:
    """Queues with answers to these items under other versions, compared there alone."""
    known = [queue.succeeds, queue.relabels, successor_of(queue)]
    return [other for other in known if other is not None]


def counts_of(queue: Queue) -> Counts:
    """How many of the queue's tasks would meet which fate: two queries."""
    groups = with_fates(queue).order_by().values_list("at_work", "votes", "seen")
    decided = Task.objects.filter(queue=queue, state__in=DECIDED).count()
    return counted(list(groups.annotate(count=Count("pk"))), decided)


def with_fates(queue: Queue) -> QuerySet[Any]:
    """The undecided tasks with what their fate depends on."""
    task = OuterRef("pk")
    leased = Slot.objects.pending().filter(task=task, held=False, leased_until__gte=Now())
    claimed = Q(claimed_until__isnull=False, claimed_until__gte=Now())
    judged = Annotation.objects.filter(task=task)
    shown = Offer.objects.filter(task=task)
    refused = Skip.objects.filter(task=task)
    return undecided_in(queue).annotate(
        at_work=Exists(leased) | claimed,
        votes=Exists(judged),
        seen=Exists(shown) | Exists(refused),
    )


def undecided_in(queue: Queue) -> TaskQuerySet:
    """The tasks that wait for answers or a decision; nobody judges what has been erased."""
    return Task.objects.filter(queue=queue, state__in=UNDECIDED, item__erased_at=None)


def _suggests_restart(queue: Queue, version: RubricVersion) -> bool:
    asked = queue.rubric_version
    hard = (RubricChange.Decision.RELABEL, RubricChange.Decision.INVALIDATE)
    steps = RubricChange.objects.filter(version__rubric=asked.rubric_id, decision__in=hard)
    between = steps.filter(version__number__gt=asked.number, version__number__lte=version.number)
    return between.exists()
