"""What goes with an item that is erased, and what stays."""

from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Annotation, Answer, Draft, Question, Ruling, Skip, Task
from labeling.reports.board import board
from labeling.reports.integrity import chains_are_whole, counted_once, states_agree
from labeling.reports.moving import move_plan
from labeling.services import questions
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim, skip
from labeling.services.drafts import keep_draft, save_draft
from labeling.services.draining import aside_in, drain_queue, resume_queue
from labeling.services.items import erase
from labeling.services.queues import build_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
    topic,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now
WHOLE = (states_agree, chains_are_whole, counted_once)
SECRET = "Ms Novak of 12 Elm Street"
TEXTS = [
    topic("refund", "delivery"),
    {"key": "why", "kind": "free_text", "prompt": "Why?", "required": False},
]


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    version = make_rubric_version(lead.project, criteria=TEXTS)
    return make_queue(lead.project, make_items(lead.project, 2), version=version)


def judge(lease, **said):
    payload = Payload({"topic": "refund", **said}, comment=SECRET)
    return submit(lease.annotator, lease.token, payload, at=NOW())


def test_nothing_that_people_wrote_about_it_is_left_and_every_row_is(lead, queue):
    judged, other = queue.tasks.order_by("pk")
    first, second, third = (make_annotator(lead.project) for _ in range(3))
    lease = claim(queue, first)
    asked = questions.ask(first, lease.token, SECRET, at=NOW())
    questions.answer(asked, SECRET, by=lead, at=NOW())
    judge(lease, why=SECRET)
    skip(third, claim(queue, third).token, "broken_item", SECRET, at=NOW())
    lease = claim(queue, second)
    save_draft(second, lease.token, Payload({"why": SECRET}, SECRET), 1, at=NOW())
    judge(lease, why=SECRET)
    assert Ruling.objects.filter(value=SECRET).exists()
    Draft.objects.create(task=judged, annotator=third, comment=SECRET)

    erase(judged.item, "asked for", by=lead)

    rows = [Annotation, Answer, Ruling, Skip, Question, Draft]
    said = [str(list(kind.objects.values())) for kind in rows]
    assert not [text for text in said if SECRET in text]
    assert [kind.objects.count() for kind in rows] == [2, 4, 2, 1, 1, 0]
    judged.refresh_from_db()
    assert judged.state == Task.State.SETTLED
    assert Answer.objects.filter(value="refund").count() == 2
    found = [row for check in WHOLE for row in check(lead.project)]
    assert not found, found
    assert other.slots.count() == 2


def test_who_asked_is_told_and_no_question_waits_for_an_answer(lead, queue, browse):
    person = make_annotator(lead.project)
    lease = claim(queue, person)
    asked = questions.ask(person, lease.token, SECRET, at=NOW())
    erase(lease.task.item, "asked for", by=lead)

    assert not Question.objects.open().exists()
    assert "0 questions wait" in browse(lead).get("/p/shop/questions/").text
    assert "erased with its item" in browse(lead).get("/p/shop/questions/?answered").text
    for member, path in ((lead, f"{asked.uid}/"), (person, "own/")):
        assert "The item has been erased" in browse(member).get(f"/p/shop/questions/{path}").text
    with pytest.raises(Conflict):
        questions.answer(asked, "Late.", by=lead, at=NOW())


def test_nobody_is_asked_about_it_any_more_and_the_queue_can_end(lead, queue):
    person = make_annotator(lead.project)
    lease = claim(queue, person)
    judge(lease)
    erase(lease.task.item, "asked for", by=lead)

    task = Task.objects.get(pk=lease.task.pk)
    assert (task.state, task.slots.count()) == (Task.State.SET_ASIDE, 1)
    assert [lane.left for lane in board(lead.project, [queue])] == [2]
    drain_queue(queue, by=lead)
    assert not queue.tasks.filter(state=Task.State.OPEN).exists()
    assert aside_in(queue).count() == 1
    resume_queue(queue, by=lead)
    task.refresh_from_db()
    assert task.state == Task.State.SET_ASIDE


def test_who_has_it_on_the_screen_is_told_and_nothing_of_it_is_kept(lead, queue):
    person = make_annotator(lead.project)
    lease = claim(queue, person)
    erase(lease.task.item, "asked for", by=lead)

    for late in (
        lambda: judge(lease),
        lambda: save_draft(person, lease.token, Payload({}, SECRET), 1, at=NOW()),
    ):
        with pytest.raises(Conflict) as raised:
            late()
        assert raised.value.code == "item_erased"
    keep_draft(person, lease.token, Payload({}, SECRET), at=NOW())
    skip(person, lease.token, "other", SECRET, at=NOW())
    assert not Draft.objects.exists()
    assert Skip.objects.get().note == ""
    assert claim(queue, person).task.pk != lease.task.pk


def test_a_queue_that_moves_leaves_it_behind(lead, queue):
    for task in queue.tasks.all():
        Task.objects.filter(pk=task.pk).update(state=Task.State.DISPUTED)
    erase(queue.tasks.first().item, "asked for", by=lead)
    later = make_rubric_version(lead.project, rubric=queue.rubric_version.rubric)
    assert move_plan(queue, later).counts.undecided == 1


def test_a_queue_made_of_a_sample_that_holds_it_asks_only_the_others(lead):
    items = make_items(lead.project, 3)
    queue = make_queue(lead.project, [], state="preparing")
    queue.sample = make_sample(lead.project, items)
    queue.save()
    erase(items[1], "asked for", by=lead)
    assert build_queue(queue) == 3
    assert sorted(queue.tasks.values_list("state", flat=True)) == ["open", "open", "set_aside"]
    assert queue.slots.count() == 4
