"""What a queue costs and what its overlap buys, before it is made."""

from __future__ import annotations

import pytest

from labeling.models import Annotation, Queue
from labeling.reports.price import Effort, measured_effort, price_of
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
    make_team,
    topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


def asked(lead, *languages, items=40, **settings) -> Queue:
    """A queue that is not made yet; so many items in each language."""
    rows = [
        item
        for language in languages or ("",)
        for item in make_items(lead.project, items, attributes={"language": language})
    ]
    given = {"rubric_version": make_rubric_version(lead.project), "overlap": 2, **settings}
    if languages:
        given["lane_attribute"] = "language"
    return Queue(project=lead.project, sample=make_sample(lead.project, rows), **given)


def price(queue, teams=(), seconds=36, hours=1):
    return price_of(queue, set(teams), Effort(seconds, hours))


def judged_before(lead, version, count=30, disagreeing=3):
    """An earlier queue of the rubric in which two people judged so many items."""
    before = make_queue(lead.project, make_items(lead.project, count), version=version)
    people = [make_annotator(lead.project) for _ in range(2)]
    for number, task in enumerate(before.tasks.order_by("pk")):
        first = ("refund", "delivery", "other")[number % 3]
        second = "other" if number < disagreeing else first
        make_annotation(task, people[0], {"topic": first})
        make_annotation(task, people[1], {"topic": second})
    return before


def test_a_price_is_judgments_people_and_days(lead):
    for _ in range(3):
        make_annotator(lead.project)
    found = price(asked(lead))
    assert (found.judgments, found.items, found.needed, found.people) == (80, 40, 2, 3)
    assert found.days == 1
    assert price(asked(lead, items=400)).days == 3


def test_a_share_judged_by_several_costs_less(lead):
    assert price(asked(lead, overlap=3, overlap_percent=25)).judgments == 10 * 3 + 30


def test_caps_need_more_people_and_more_days(lead):
    for _ in range(2):
        make_annotator(lead.project)
    assert price(asked(lead, cap_each=20)).needed == 4
    assert price(asked(lead, cap_each=20)).days is None
    assert price(asked(lead, cap_daily=10)).days == 4


def test_each_language_has_its_own_people(lead):
    make_annotator(lead.project, languages={"de": "native", "en": "fluent"})
    make_annotator(lead.project, languages={"de": "native"})
    found = price(asked(lead, "de", "en"))
    german, english = found.lanes
    assert (german.people, german.days) == (2, 1)
    assert (english.people, english.needed, english.days) == (1, 2, None)
    assert (found.days, found.people) == (None, 2)


def test_only_people_of_the_teams_and_the_qualified_count(lead):
    team = make_team(lead.project)
    make_annotator(lead.project, team=team)
    make_annotator(lead.project)
    assert price(asked(lead)).people == 2
    assert price(asked(lead), teams=[team.pk]).people == 1
    assert price(asked(lead, qualified_only=True)).people == 0


def test_before_anything_was_judged_alpha_is_assumed_at_its_least(lead):
    (row,) = price(asked(lead)).expected
    assert (row.measured, row.alpha.value, row.alpha.n) == (False, 0.667, 40)
    (wider,) = price(asked(lead, overlap_percent=50)).expected
    (narrower,) = price(asked(lead, overlap=4)).expected
    assert narrower.alpha.width < row.alpha.width < wider.alpha.width


def test_one_person_an_item_shows_no_agreement(lead):
    found = price(asked(lead, overlap=1))
    assert not found.expected[0].alpha.defined
    assert found.needed == 1


def test_what_was_measured_on_the_rubric_stands_for_what_comes(lead):
    version = make_rubric_version(lead.project)
    before = judged_before(lead, version)
    found = price(asked(lead, items=30, rubric_version=version))
    (row,) = found.expected
    assert (found.measured_in, row.measured) == (before, True)
    assert row.alpha.value == pytest.approx(0.901, abs=0.001)
    (twice,) = price(asked(lead, items=120, rubric_version=version)).expected
    assert twice.alpha.width < 0.6 * row.alpha.width


def test_perfect_agreement_before_still_has_an_interval(lead):
    version = make_rubric_version(lead.project)
    judged_before(lead, version, disagreeing=0)
    (row,) = price(asked(lead, rubric_version=version)).expected
    assert row.alpha.value == 1
    assert row.alpha.low < 1


def test_texts_and_kinds_without_known_answers_have_no_or_the_widest_interval(lead):
    criteria = [
        topic(),
        {"key": "why", "kind": "free_text", "prompt": "Why?"},
        {"key": "minutes", "kind": "number", "prompt": "How long?"},
    ]
    version = make_rubric_version(lead.project, criteria)
    chosen, number = price(asked(lead, rubric_version=version)).expected
    assert (chosen.prompt, number.prompt) == ("What is it about?", "How long?")
    assert number.alpha.width > chosen.alpha.width


def test_the_pace_is_the_median_of_the_rubric_then_of_the_project_then_assumed(lead):
    queue = asked(lead)
    assert (measured_effort(queue, 4).seconds, measured_effort(queue, 4).measured) == (30, False)
    before = judged_before(lead, make_rubric_version(lead.project), count=10)
    Annotation.objects.update(active_ms=8_000)
    assert (measured_effort(queue, 4).seconds, measured_effort(queue, 4).measured) == (8, True)
    queue.rubric_version = before.rubric_version
    judged_before(lead, make_rubric_version(lead.project), count=20)
    assert measured_effort(queue, 4).seconds == 8


def test_the_form_shows_the_price_as_it_is_filled_in(lead, browse):
    queue = asked(lead)
    said = {
        "rubric_version": queue.rubric_version.uid,
        "sample": queue.sample.uid,
        "overlap": 3,
        "settling": "majority",
        "lease_minutes": 15,
        "order": "random",
    }
    client = browse(lead)
    page = client.get("/p/shop/queues/new/price/", said).text
    assert "120" in page
    assert "3 people are needed, and 0 may judge it here." in page
    assert "0.667</span>" in page
    missing = client.get("/p/shop/queues/new/price/", {**said, "overlap": ""}).text
    assert "What is missing above has to be said first." in missing
    plain = client.post("/p/shop/queues/new/", {**said, "act": "price"}).text
    assert "3 people are needed" in plain
    assert not Queue.objects.exists()


def test_a_program_asks_for_the_price(lead, call):
    queue = asked(lead)
    said = {"rubric_version": str(queue.rubric_version.uid), "sample": str(queue.sample.uid)}
    path = "/api/v1/projects/shop/queues/price/"
    got = call(lead, "manage").post(path, {**said, "overlap": 2}, format="json").json()
    assert (got["judgments"], got["days"], got["measured_in"]) == (80, None, None)
    assert got["expected"][0]["alpha"]["n"] == 40
    assert got["effort"] == {"seconds": 30, "hours": 4, "measured": False}
