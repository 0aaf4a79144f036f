"""How many people judge each item of a queue, and in which order they are given the items."""

from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.models import Queue, Slice
from labeling.policy.overlap import judgments_wanted, places_each
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.queues import build_queue, create_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_rubric_version,
    make_sample,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


def built(lead, items, **settings) -> Queue:
    """An open queue over these items."""
    given = {
        "name": "Intents",
        "rubric_version": make_rubric_version(lead.project),
        "sample": make_sample(lead.project, items, seed=settings.pop("seed", 1)),
        "overlap": 2,
    }
    queue = create_queue(lead.project, by=lead, **{**given, **settings})
    build_queue(queue)
    return queue


def served(queue, person) -> list[str]:
    """The items as this person is given them, one after another."""
    found = []
    while lease := claim(queue, person):
        found.append(lease.task.item.external_id)
        submit(person, lease.token, Payload({"topic": "refund"}), at=timezone.now())
    return found


@pytest.mark.parametrize(
    ("size", "percent", "several"), [(10, 30, 3), (10, 100, 10), (10, 1, 1), (3, 50, 2)]
)
def test_a_share_of_the_items_is_judged_by_several_and_the_others_by_one(size, percent, several):
    people = places_each(size, 3, percent, seed=4)
    assert sorted(people, reverse=True) == [3] * several + [1] * (size - several)
    assert sum(people) == judgments_wanted(size, 3, percent)


def test_a_larger_share_holds_the_smaller_one():
    few, many = (places_each(100, 2, percent, seed=9) for percent in (20, 60))
    assert all(there == 2 for here, there in zip(few, many, strict=True) if here == 2)


def test_a_queue_has_places_by_the_share_that_it_says(lead):
    queue = built(lead, make_items(lead.project, 10), overlap=3, overlap_percent=40)
    assert queue.slots.count() == 4 * 3 + 6
    again = built(lead, [row.item for row in queue.tasks.order_by("pk")], overlap_percent=40)
    one, other = (
        set(row.tasks.filter(slots__number=1).values_list("item", flat=True))
        for row in (queue, again)
    )
    assert one == other


def test_a_task_with_one_place_settles_on_one_judgment(lead):
    queue = built(lead, make_items(lead.project, 1), overlap=1)
    served(queue, make_annotator(lead.project))
    assert queue.tasks.get().state == "settled"


def test_the_least_confident_comes_first_and_what_nothing_is_known_of_last(lead):
    said = [0.9, None, 0.2, None, 0.5]
    items = [make_items(lead.project, 1, confidence=share)[0] for share in said]
    queue = built(lead, items, order="uncertain")
    wanted = [items[number].external_id for number in (2, 4, 0)]
    assert served(queue, make_annotator(lead.project))[:3] == wanted


def test_items_of_the_heaviest_slice_come_first(lead):
    regions = ["de", "", "fr", "de", "", "fr"]
    items = [make_items(lead.project, 1, attributes={"region": one})[0] for one in regions]
    for region, weight in (("fr", "8"), ("de", "2.5")):
        condition = {"field": "attributes.region", "operator": "is", "value": region}
        Slice.objects.create(
            project=lead.project, name=region, weight=weight, conditions=[condition]
        )
    queue = built(lead, items, order="weight")
    order = served(queue, make_annotator(lead.project))
    region_of = {item.external_id: item.attributes["region"] for item in items}
    assert [region_of[name] for name in order] == ["fr", "fr", "de", "de", "", ""]


@pytest.mark.parametrize("order", ["uncertain", "weight"])
def test_ties_are_in_an_order_of_the_seed(lead, order):
    items = make_items(lead.project, 12)
    orders = [
        list(
            built(lead, items, order=order, seed=seed)
            .slots.filter(number=0)
            .order_by("place")
            .values_list("task__item", flat=True)
        )
        for seed in (1, 1, 2)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != [item.pk for item in items]


def test_at_random_each_person_has_an_order_of_their_own(lead):
    queue = built(lead, make_items(lead.project, 30), overlap=4, order="random")
    orders = [served(queue, make_annotator(lead.project)) for _ in range(4)]
    assert len({tuple(order) for order in orders}) == 4
    assert len({order[0] for order in orders}) > 1
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
