"""What a queue would cost and show before it is made: judgments, people, days, alpha's interval."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil
from statistics import median

import numpy as np
from django.db.models import Count, Exists, OuterRef, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Substr

from labeling.models import Annotation, Criterion, Membership, Queue, Slot
from labeling.policy.overlap import judgments_wanted
from labeling.policy.roles import Verb
from labeling.reports.agreement import CriterionAgreement, seen_agreement
from labeling.reports.figures import scale_of
from labeling.reports.qualified import qualified_for
from labeling.stats.distances import Matrix, nominal
from labeling.stats.estimate import Estimate, undefined
from labeling.stats.planning import expected_alpha, item_variance, variance_seen

#: Where nothing was measured: seconds for a judgment, hours that a person judges a day, and the
#: alpha from which conclusions can tentatively be drawn (Krippendorff, Content Analysis, 12.4).
SECONDS, HOURS, ALPHA = 30, 4, 0.667
FEW, LATELY = 20, 1_000
LANE_CHARACTERS = 40
MOST_VALUES = 200
NEARLY_ALL = 0.95  # beyond this alpha the model leaves nothing that could be compared


@dataclass(frozen=True)
class Effort:
    """How much people get done: seconds for a judgment, measured or assumed, and hours a day."""

    seconds: float
    hours: float = HOURS
    measured: bool = False


@dataclass(frozen=True)
class LanePrice:
    """What one language costs; days is None where too few people may judge it."""

    lane: str
    items: int
    several: int
    judgments: int
    needed: int
    people: int
    days: int | None


@dataclass(frozen=True)
class Expected:
    """The interval of alpha to expect for one criterion in one language; empty for all."""

    prompt: str
    lane: str
    alpha: Estimate
    measured: bool


@dataclass(frozen=True)
class Price:
    """What a queue costs and what its overlap buys."""

    judgments: int
    items: int
    needed: int
    people: int
    days: int | None
    effort: Effort
    lanes: list[LanePrice]
    expected: list[Expected]
    measured_in: Queue | None


def price_of(queue: Queue, teams: Collection[int], effort: Effort) -> Price:
    """Of a queue that is not made yet, with the teams that it would be for."""
    people, qualified = _annotators(queue), qualified_for([queue])[queue.pk]
    able: set[int] = set()
    lanes = []
    for lane, items in sorted(_items_by_lane(queue).items()):
        here = {person.pk for person in people if queue.takes(person, lane, teams, qualified)}
        lanes.append(_lane(queue, lane, items, len(here), effort))
        able |= here
    judgments = sum(lane.judgments for lane in lanes)
    before = earlier_queue(queue)
    return Price(
        judgments=judgments,
        items=sum(lane.items for lane in lanes),
        needed=max((lane.needed for lane in lanes), default=0),
        people=len(able),
        days=_days_of_all(lanes, _days(queue, judgments, len(able), effort)),
        effort=effort,
        lanes=lanes,
        expected=_expected(queue, lanes, before),
        measured_in=before,
    )


def measured_effort(queue: Queue, hours: float) -> Effort:
    """The median active time of judgments of this rubric, else of the project, else assumed."""
    rows = Annotation.objects.filter(active_ms__gt=0).order_by("-pk")
    rubric = rows.filter(rubric_version__rubric=queue.rubric_version.rubric_id)
    for found in (rubric, rows.filter(task__queue__project=queue.project_id)):
        spent = [took or 0 for took in found.values_list("active_ms", flat=True)[:LATELY]]
        if len(spent) >= FEW:
            return Effort(median(spent) / 1000, hours, measured=True)
    return Effort(SECONDS, hours)


def earlier_queue(queue: Queue) -> Queue | None:
    """The latest queue of the same rubric in which several people judged the same items."""
    second = Slot.objects.filter(queue=OuterRef("pk"), number=1, annotation__isnull=False)
    rows = Queue.objects.filter(
        Exists(second),
        project=queue.project_id,
        rubric_version__rubric=queue.rubric_version.rubric_id,
        overlap__gte=2,
    )
    return rows.order_by("-created_at", "-pk").first()


def _annotators(queue: Queue) -> list[Membership]:
    people = Membership.objects.active().people().filter(project=queue.project_id)
    return [row for row in people.select_related("team", "user") if row.may(Verb.ANNOTATE)]


def _items_by_lane(queue: Queue) -> dict[str, int]:
    members = queue.sample.members.filter(item__erased_at=None).order_by()
    if not queue.lane_attribute:
        return {"": members.count()}
    said = Coalesce(KeyTextTransform(queue.lane_attribute, "item__attributes"), Value(""))
    lanes = members.annotate(lane=Substr(said, 1, LANE_CHARACTERS)).values("lane")
    return {row["lane"]: row["n"] for row in lanes.annotate(n=Count("pk"))}


def _lane(queue: Queue, lane: str, items: int, people: int, effort: Effort) -> LanePrice:
    judgments = judgments_wanted(items, queue.overlap, queue.overlap_percent)
    several = round(items * queue.overlap_percent / 100) if queue.overlap > 1 else 0
    needed = max(queue.overlap, ceil(judgments / queue.cap_each) if queue.cap_each else 1)
    days = _days(queue, judgments, people, effort) if people >= needed else None
    return LanePrice(lane, items, several, judgments, needed, people, days)


def _days(queue: Queue, judgments: int, people: int, effort: Effort) -> int | None:
    """Working days for so many judgments when all these people judge every day."""
    each = effort.hours * 3600 / effort.seconds
    if queue.cap_daily:
        each = min(each, queue.cap_daily)
    return ceil(judgments / (people * each)) if people else None


def _days_of_all(lanes: list[LanePrice], together: int | None) -> int | None:
    """People of several languages share their days among them: as long as the slowest at least."""
    days = [together, *(lane.days for lane in lanes)]
    known = [count for count in days if count is not None]
    return max(known) if len(known) == len(days) else None


def _expected(queue: Queue, lanes: list[LanePrice], before: Queue | None) -> list[Expected]:
    report = seen_agreement(before).report if before else None
    known = {one.key: one for one in report.criteria} if report else {}
    rows = []
    for criterion in _compared(queue):
        seen = known.get(criterion.key)
        seen = seen if seen and seen.kind == criterion.kind and seen.distance else None
        rows += [
            _interval(queue, criterion, lane, _alpha_in(seen, lane.lane), before)
            for lane in (lanes if len(lanes) > 1 else [_whole(lanes)])
        ]
    return rows


def _compared(queue: Queue) -> QuerySet[Criterion]:
    """Criteria whose answers count in agreement."""
    texts = (Criterion.Kind.FREE_TEXT, Criterion.Kind.CORRECTED_OUTPUT)
    rows = queue.rubric_version.criteria.filter(counts=True).exclude(kind__in=texts)
    return rows.select_related("taxonomy")


def _whole(lanes: list[LanePrice]) -> LanePrice:
    return lanes[0] if lanes else LanePrice("", 0, 0, 0, 0, 0, None)


def _alpha_in(seen: CriterionAgreement | None, lane: str) -> Estimate:
    """What was measured in a language where enough items were judged, else in all together."""
    if seen is None:
        return undefined("nothing was measured")
    for part in seen.by_lane:
        if part.name == lane and part.figures.alpha.bounded and part.figures.alpha.n >= FEW:
            return part.figures.alpha
    return seen.whole.alpha


def _interval(
    queue: Queue, criterion: Criterion, lane: LanePrice, seen: Estimate, before: Queue | None
) -> Expected:
    """From what was measured, brought to this overlap by the model; else from the model alone."""
    if queue.overlap < 2:
        none = undefined("one person an item", lane.items)
        return Expected(criterion.prompt, lane.lane, none, measured=False)
    apart, shares = _model(criterion)
    if not (before and seen.bounded and seen.n >= FEW and seen.value > 0):
        variance = item_variance(ALPHA, queue.overlap, apart, shares)
        assumed = expected_alpha(ALPHA, variance, lane.several)
        return Expected(criterion.prompt, lane.lane, assumed, measured=False)
    model = min(seen.value, NEARLY_ALL)
    now, then = (item_variance(model, row.overlap, apart, shares) for row in (queue, before))
    expected = expected_alpha(seen.value, variance_seen(seen) * now / then, lane.several)
    return Expected(criterion.prompt, lane.lane, expected, measured=True)


def _model(criterion: Criterion) -> tuple[Matrix, Matrix]:
    """Distances of a criterion's answers, each given equally often.

    Of kinds whose answers are not known beforehand two, which makes the widest interval.
    """
    scale = scale_of(criterion)
    size = len(scale.keys)
    if not 2 <= size <= MOST_VALUES:
        size = 2 if size < 2 else MOST_VALUES
        return nominal(np.ones(size)), np.full(size, 1 / size)
    return scale.distance(np.ones(size)), np.full(size, 1 / size)
