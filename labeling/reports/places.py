"""Where the items of a queue's sample come in its order, and how many places each has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from django.db.models import Case, F, FloatField, QuerySet, Value, When
from django.db.models.functions import Greatest

from labeling.models import Item, Queue, SampledItem, Slice
from labeling.models.conditions import as_filter
from labeling.policy.overlap import places_each

CHUNK = 2_000
MOST_SLICES = 50


@dataclass(frozen=True, slots=True)
class Placed:
    """One item of the sample: what it comes after in the queue, and for how many people."""

    member: int
    place: int
    people: int


def placed(queue: Queue) -> list[Placed]:
    """All items in the order of the sample; the same whenever the queue's settings are.

    Ties are in an order of the sample's seed, which is that of a queue at random.
    """
    members = list(_members(queue).values_list("pk", flat=True).iterator(CHUNK))
    people = places_each(len(members), queue.overlap, queue.overlap_percent, seed=queue.sample.seed)
    return [Placed(*row) for row in zip(members, _places(queue, len(members)), people, strict=True)]


def people_of(queue: Queue) -> dict[int, int]:
    """How many people judge each item, by the primary key of its row in the sample."""
    return {row.member: row.people for row in placed(queue)}


def members_of(queue: Queue, first: int) -> Iterator[SampledItem]:
    """The sampled items with their items, in the same order, from the one of this number on."""
    return _members(queue).select_related("item")[first:].iterator(CHUNK)


def _members(queue: Queue) -> QuerySet[SampledItem]:
    return queue.sample.members.order_by("position", "pk")


def _places(queue: Queue, size: int) -> list[int]:
    shuffled = list(range(size))
    Random(queue.sample.seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    if queue.order == Queue.Order.RANDOM:
        return shuffled
    keys = list(zip(KEYS[queue.order](queue), shuffled, strict=True))
    places = [0] * size
    for place, number in enumerate(sorted(range(size), key=keys.__getitem__)):
        places[number] = place
    return places


def _by_arrival(queue: Queue) -> list[tuple[Any, ...]]:
    found = _members(queue).values_list("item__occurred_at", "item_id").iterator(CHUNK)
    return [(at is None, at or 0, item) for at, item in found]


def _by_confidence(queue: Queue) -> list[tuple[Any, ...]]:
    """The least confident first; where the model said nothing of it, last."""
    found = _members(queue).values_list("item__confidence", flat=True).iterator(CHUNK)
    return [(confidence is None, confidence or 0) for confidence in found]


def _by_weight(queue: Queue) -> list[float]:
    """What the heaviest slice of an item weighs; one that is in none comes last."""
    weights = [_weight_in(part) for part in queue.project.slices.all()[:MOST_SLICES]]
    heaviest = Greatest(Value(0.0), Value(0.0), *weights, output_field=FloatField())
    # From the items' side, where a slice's conditions hold.
    rows = Item.objects.filter(samplings__sample=queue.sample).annotate(
        heaviest=heaviest, position=F("samplings__position"), member=F("samplings__pk")
    )
    found = rows.order_by("position", "member").values_list("heaviest", flat=True)
    return [-weight for weight in found.iterator(CHUNK)]


def _weight_in(part: Slice) -> Case | Value:
    """The slice's weight for an item that is in it; a slice without conditions holds all."""
    weight = Value(float(part.weight), output_field=FloatField())
    conditions = as_filter(part.parsed())
    return Case(When(conditions, then=weight), default=Value(0.0)) if conditions else weight


KEYS: dict[str, Callable[[Queue], list[Any]]] = {
    Queue.Order.ARRIVAL: _by_arrival,
    Queue.Order.UNCERTAIN: _by_confidence,
    Queue.Order.WEIGHT: _by_weight,
}
