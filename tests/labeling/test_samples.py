from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from labeling.models import AuditEvent, Item, Sample, SampledItem, Slice
from labeling.policy.sampling import plan_problems
from labeling.services.samples import digest_of, draw, draw_sample, frame_of, perform_draw
from tests.factories import make_items, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


def drawn(lead, **plan) -> Sample:
    """A sample by this plan, drawn."""
    sample = draw_sample(lead.project, {"name": "A sample", "seed": 7, **plan}, by=lead)
    perform_draw(sample)
    sample.refresh_from_db()
    return sample


def keys(sample: Sample) -> list[str]:
    return list(sample.members.values_list("item__external_id", flat=True))


def test_a_job_draws_what_was_written_down(lead):
    make_items(lead.project, 30)
    sample = draw_sample(lead.project, {"name": "A sample", "size": 10}, by=lead)
    assert (sample.state, sample.members.count()) == ("drawing", 0)
    run_jobs()
    sample.refresh_from_db()
    assert (sample.state, sample.size, sample.frame_size) == ("drawn", 10, 30)
    verbs = AuditEvent.objects.filter(subject_uid=sample.uid).values_list("verb", flat=True)
    assert sorted(verbs) == ["asked_for_sample", "drew_sample"]


def test_the_same_seed_draws_the_same_items_in_the_same_order(lead):
    make_items(lead.project, 50)
    first, second, other = (drawn(lead, size=20, seed=seed) for seed in (1, 1, 2))
    assert keys(first) == keys(second) != keys(other)
    assert first.digest == second.digest != other.digest


def test_a_draw_can_be_repeated_after_more_items_came(lead):
    make_items(lead.project, 40)
    sample = drawn(lead, size=15)
    make_items(lead.project, 40)
    frame = frame_of(sample)
    assert digest_of(frame, draw(sample, frame)) == sample.digest


def test_drawing_twice_changes_nothing(lead):
    make_items(lead.project, 10)
    sample = drawn(lead, size=5)
    before = keys(sample)
    assert perform_draw(sample) == 5
    assert keys(sample) == before


def test_twins_are_drawn_once_and_weigh_what_they_stand_for(lead):
    make_items(lead.project, 4)
    twins = make_items(lead.project, 3)
    Item.objects.filter(pk__in=[twin.pk for twin in twins]).update(twin_key="same")
    sample = drawn(lead, size=5)
    copies = sorted(sample.members.values_list("copies", flat=True))
    assert copies == [1, 1, 1, 1, 3]
    assert sample.frame_size == 7
    assert sum(member.weight for member in sample.members.all()) == pytest.approx(7)


def test_a_simple_draw_gives_each_item_the_same_probability(lead):
    make_items(lead.project, 40)
    sample = drawn(lead, rate=0.25)
    assert set(sample.members.values_list("inclusion_probability", flat=True)) == {0.25}
    assert sum(member.weight for member in sample.members.all()) == pytest.approx(40)


def test_each_stratum_has_a_probability_of_its_own(lead):
    make_items(lead.project, 40, attributes={"language": "en"})
    make_items(lead.project, 10, attributes={"language": "de"})
    sample = drawn(lead, size=20, by_attribute="language", allocation="equal")
    probabilities = dict(sample.members.values_list("stratum", "inclusion_probability").distinct())
    assert probabilities == {"en": 0.25, "de": 1.0}
    assert {row["stratum"]: row["drawn"] for row in sample.strata} == {"de": 10, "en": 10}
    assert sum(member.weight for member in sample.members.all()) == pytest.approx(50)


def test_slices_make_strata_and_what_is_in_none_is_the_rest(lead):
    condition = [{"field": "attributes.language", "operator": "is", "value": "de"}]
    Slice.objects.create(project=lead.project, name="German", conditions=condition)
    make_items(lead.project, 6, attributes={"language": "de"})
    make_items(lead.project, 12)
    sample = drawn(lead, slices=["German"], sizes={"German": 3, "rest": 3})
    held = {row["stratum"]: (row["population"], row["drawn"]) for row in sample.strata}
    assert held == {"German": (6, 3), "rest": (12, 3)}


def test_a_window_and_a_project_bound_what_can_be_drawn(lead):
    start = datetime(2026, 9, 7, tzinfo=UTC)
    early = make_items(lead.project, 3, occurred_at=start)
    make_items(lead.project, 3, occurred_at=start + timedelta(days=9))
    make_items(make_project(), 5, occurred_at=start)
    sample = drawn(lead, size=100, since="2026-09-06T00:00:00Z", until="2026-09-08T00:00:00Z")
    assert sorted(keys(sample)) == sorted(item.external_id for item in early)


def test_erased_items_are_not_drawn(lead):
    items = make_items(lead.project, 3)
    Item.objects.filter(pk=items[0].pk).update(erased_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert items[0].external_id not in keys(drawn(lead, size=3))


def test_nothing_to_draw_from_is_an_empty_sample(lead):
    sample = drawn(lead, size=3)
    assert (sample.state, sample.size) == ("drawn", 0)


def test_a_slice_that_is_not_there_is_refused(lead):
    with pytest.raises(ValidationError):
        draw_sample(lead.project, {"name": "A", "size": 3, "slices": ["Gone"]}, by=lead)
    assert not SampledItem.objects.exists()


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 1.5}, "size"),
        ({"size": True}, "size"),
        ({"size": 5, "rate": 0.5}, "size"),
        ({}, "size"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": 1.1}, "rate"),
        ({"size": 5, "name": ""}, "name"),
        ({"size": 5, "seed": -1}, "seed"),
        ({"size": 5, "since": "yesterday"}, "since"),
        ({"size": 5, "until": "2026-09-07T00:00:00"}, "until"),
        ({"size": 5, "slices": ["a"], "by_attribute": "b"}, "by_attribute"),
        ({"sizes": {"a": 3}}, "sizes"),
        ({"size": 5, "allocation": "fair"}, "allocation"),
        ({"size": 5, "weights": [1]}, "weights"),
    ],
)
def test_a_plan_that_says_nonsense_is_refused_by_field(plan, field):
    assert field in plan_problems({"name": "A sample", **plan})
