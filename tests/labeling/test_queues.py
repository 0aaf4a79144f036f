from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.models import AuditEvent, Queue, Slot
from labeling.services import queues
from labeling.services.queues import build_queue, close_queue, create_queue, pause_queue
from labeling.services.queues import reopen_queue as reopen
from tests.factories import (
    make_items,
    make_member,
    make_project,
    make_rubric_version,
    make_sample,
    make_team,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


def make(lead, items: int = 5, **settings) -> Queue:
    """A queue in preparation over so many items."""
    project = lead.project
    given = {
        "name": "German intents",
        "rubric_version": make_rubric_version(project),
        "sample": make_sample(project, make_items(project, items)),
        "overlap": 3,
    }
    return create_queue(project, by=lead, **{**given, **settings})


def test_a_job_makes_each_task_with_its_slots_and_opens_the_queue(lead):
    queue = make(lead, items=7)
    assert (queue.state, queue.tasks.count()) == ("preparing", 0)
    run_jobs()
    queue.refresh_from_db()
    assert (queue.state, queue.tasks.count(), queue.slots.count()) == ("open", 7, 21)
    assert set(queue.tasks.values_list("slots__number", flat=True)) == {0, 1, 2}
    verbs = AuditEvent.objects.filter(subject_uid=queue.uid).values_list("verb", flat=True)
    assert sorted(verbs) == ["created_queue", "opened_queue"]


def test_building_goes_on_where_it_stopped(lead, monkeypatch):
    monkeypatch.setattr(queues, "CHUNK", 2)
    queue = make(lead, items=7)

    def stop(done, total, message):
        if done >= 4:
            raise RuntimeError("the worker was killed")

    with pytest.raises(RuntimeError):
        build_queue(queue, progress=stop)
    assert queue.tasks.count() == 4
    assert build_queue(queue) == 7
    assert build_queue(queue) == 7
    assert (queue.tasks.count(), queue.slots.count()) == (7, 21)
    places = list(queue.slots.filter(number=0).values_list("place", flat=True))
    assert sorted(places) == list(range(7))


@pytest.mark.parametrize(("order", "by_arrival"), [("arrival", True), ("random", False)])
def test_the_order_is_that_of_arrival_or_one_of_the_sample_s_seed(lead, order, by_arrival):
    queue = make(lead, items=20, order=order)
    build_queue(queue)
    slots = Slot.objects.filter(queue=queue, number=0).order_by("place")
    served = list(slots.values_list("task__item__external_id", flat=True))
    arrived = list(
        queue.sample.members.order_by("item__occurred_at").values_list(
            "item__external_id", flat=True
        )
    )
    assert (served == arrived) is by_arrival
    assert sorted(served) == sorted(arrived)


def test_an_item_s_language_is_the_lane_of_its_slots(lead):
    items = make_items(lead.project, 2, attributes={"language": "de"})
    items += make_items(lead.project, 1)
    queue = make(lead, sample=make_sample(lead.project, items), lane_attribute="language")
    build_queue(queue)
    assert sorted(queue.slots.values_list("lane", flat=True)) == [""] * 3 + ["de"] * 6


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_only_a_published_version_is_asked(lead, state):
    version = make_rubric_version(lead.project, state=state)
    with pytest.raises(ValidationError) as refusal:
        make(lead, rubric_version=version)
    assert "rubric_version" in refusal.value.error_dict
    assert not Queue.objects.exists()


def test_nothing_of_another_project_is_taken(lead):
    elsewhere = make_project()
    for settings in (
        {"rubric_version": make_rubric_version(elsewhere)},
        {"sample": make_sample(elsewhere)},
    ):
        with pytest.raises(ValidationError):
            make(lead, **settings)
    assert not Queue.objects.exists()


@pytest.mark.parametrize("sample", [{"state": "drawing"}, {"state": "failed"}, {"items": []}])
def test_a_sample_that_is_not_there_yet_makes_no_queue(lead, sample):
    with pytest.raises(ValidationError):
        make(lead, sample=make_sample(lead.project, **sample))


@pytest.mark.parametrize(
    "settings", [{"overlap": 0}, {"overlap": 51}, {"lease_minutes": 0}, {"languages": ["de"]}]
)
def test_settings_out_of_range_are_refused(lead, settings):
    with pytest.raises(ValidationError):
        make(lead, **settings)


def test_a_queue_is_for_the_teams_it_names(lead):
    team = make_team(lead.project)
    queue = make(lead, teams=[team])
    assert list(queue.teams.all()) == [team]


def test_a_queue_is_paused_reopened_and_closed_once_each(lead):
    queue = make(lead)
    with pytest.raises(Conflict):
        pause_queue(queue, by=lead)
    build_queue(queue)
    pause_queue(queue, by=lead)
    with pytest.raises(Conflict):
        pause_queue(queue, by=lead)
    reopen(queue, by=lead)
    close_queue(queue, by=lead)
    with pytest.raises(Conflict):
        close_queue(queue, by=lead)
    queue.refresh_from_db()
    assert (queue.state, queue.closed_at is None) == ("closed", False)
    reopen(queue, by=lead)
    assert Queue.objects.open().get() == queue
