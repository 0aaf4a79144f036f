from __future__ import annotations

import pytest

from labeling.errors import Conflict
from labeling.models import AuditEvent, Queue, RubricVersion
from labeling.reports.places import people_of
from labeling.reports.relabeling import again_by_queue, to_judge_again
from labeling.services.relabeling import judge_again
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubrics import create_rubric, publish, retire, save_draft, start_draft
from tests.factories import make_annotation, make_items, make_member, make_queue, make_team
from tests.labeling.test_rubric_changes import choice
from tests.labeling.test_rubric_decisions import REMOVED, adjudicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def first(lead):
    document = {"name": "Topics", "criteria": [choice()]}
    return publish(create_rubric(lead.project, document, by=lead), by=lead)


@pytest.fixture
def queue(lead, first):
    """Tasks settled as refund and as other, one with a vote for other, one untouched."""
    items = make_items(lead.project, 4)
    queue = make_queue(lead.project, items, version=first, lease_minutes=7)
    refund, other, open_one, _untouched = queue.tasks.order_by("pk")
    adjudicate(refund, "refund")
    adjudicate(other, "other")
    make_annotation(open_one, None, {"topic": "other"})
    return queue


def publish_next(lead, first, criterion, **said: str) -> RubricVersion:
    document = {"name": "Topics", "criteria": [criterion]}
    draft = save_draft(start_draft(first.rubric, by=lead), document, revision=1, by=lead)
    decide_changes(draft, {ident: {"decision": what} for ident, what in said.items()}, by=lead)
    return publish(draft, by=lead, reason="So.")


@pytest.fixture
def second(lead, first, queue):
    """There is no other any more, and what was other is to be judged again."""
    return publish_next(lead, first, choice("refund", "delivery"), **{REMOVED: "relabel"})


def test_the_queue_has_just_the_tasks_that_were_announced(lead, queue, second):
    (announced,) = again_by_queue(second)
    again = judge_again(queue, second, by=lead)
    assert announced.queue == queue
    assert announced.tasks == again.tasks.count() == 2
    wanted = {task.item_id for task in queue.tasks.order_by("pk")[1:3]}
    assert {task.item_id for task in again.tasks.all()} == wanted
    assert again.tasks.first().sampled_item is not None


def test_the_queue_is_like_the_earlier_one_and_open_under_the_new_version(lead, queue, second):
    queue.teams.add(make_team(lead.project))
    again = judge_again(queue, second, by=lead)
    assert (again.state, again.rubric_version) == (Queue.State.OPEN, second)
    assert (again.overlap, again.lease_minutes, again.sample) == (2, 7, queue.sample)
    assert list(again.teams.all()) == list(queue.teams.all())
    assert again.slots.count() == 4
    event = AuditEvent.objects.order_by("-pk").first()
    assert (event.verb, event.detail["tasks"]) == ("created_queue", 2)
    queue.refresh_from_db()
    assert queue.tasks.count() == 4


def test_each_task_has_as_many_places_as_the_share_of_items_says(lead, queue, second):
    Queue.objects.filter(pk=queue.pk).update(overlap=3, overlap_percent=25)
    queue.refresh_from_db()
    again = judge_again(queue, second, by=lead)
    wanted = people_of(queue)
    assert {task.sampled_item_id: task.slots.count() for task in again.tasks.all()} == {
        task.sampled_item_id: wanted[task.sampled_item_id] for task in again.tasks.all()
    }
    assert sorted(wanted.values()) == [1, 1, 1, 3]


def test_all_of_them_come_in_the_order_of_the_queue_and_a_sample_as_it_was_drawn(
    lead, queue, second
):
    for item, confidence in zip(lead.project.items.order_by("pk"), (0, 0.9, 0.1, 0), strict=True):
        type(item).objects.filter(pk=item.pk).update(confidence=confidence)
    Queue.objects.filter(pk=queue.pk).update(order=Queue.Order.UNCERTAIN)
    queue.refresh_from_db()
    trial = judge_again(queue, second, first=1, seed=3, by=lead)
    assert set(trial.slots.values_list("place", flat=True)) == {0}
    Queue.objects.filter(pk=trial.pk).update(rubric_version=queue.rubric_version)
    again = judge_again(queue, second, by=lead)
    by_place = again.slots.order_by("place").values_list("task__item__confidence", flat=True)
    assert list(by_place) == [0.1, 0.1, 0.9, 0.9]


def test_what_is_asked_again_already_is_not_asked_twice(lead, queue, second):
    judge_again(queue, second, by=lead)
    assert again_by_queue(second) == []
    with pytest.raises(Conflict):
        judge_again(queue, second, by=lead)
    assert Queue.objects.count() == 2


def test_other_decisions_ask_for_nothing_again(lead, first, queue):
    fewer = choice("refund", "delivery")
    version = publish_next(lead, first, fewer, **{REMOVED: "invalidate"})
    assert not to_judge_again(version).exists()


def test_words_that_are_to_be_judged_again_ask_for_all_that_was_judged(lead, first, queue):
    said = {"topic.criterion.wording.prompt": "relabel"}
    version = publish_next(lead, first, choice(prompt="Why?"), **said)
    assert to_judge_again(version).count() == 3


def test_a_retired_version_is_not_asked(lead, queue, second):
    retire(second, by=lead)
    with pytest.raises(Conflict):
        judge_again(queue, second, by=lead)


def test_the_page_of_a_version_makes_the_queue(lead, queue, second, browse):
    client, url = browse(lead), f"{second.rubric.get_absolute_url()}versions/2/"
    assert "2 tasks" in client.get(url).content.decode()
    assert "2 tasks are left" in client.get(f"{url}relabel/").content.decode()
    answer = client.post(f"{url}relabel/", {"queue": str(queue.uid)})
    assert answer.url == Queue.objects.latest("pk").get_absolute_url()
    assert client.post(f"{url}relabel/", {"queue": str(queue.uid)}).status_code == 409
    assert client.post(f"{url}relabel/", {"queue": "x"}).status_code == 404


def test_programs_make_the_queue(lead, queue, second, call):
    client, url = call(lead, "manage"), f"/api/v1/rubric-versions/{second.uid}/relabelings/"
    assert client.get(url).json()["queues"] == [
        {"queue": str(queue.uid), "name": queue.name, "tasks": 2, "trial": None, "kept": None}
    ]
    made = client.post(url, {"queue": str(queue.uid)}, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert client.post(url, {"queue": str(queue.uid)}, format="json").status_code == 409
