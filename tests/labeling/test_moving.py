from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Annotation, AuditEvent, Draft, Queue, Slot, Task
from labeling.reports.agreement import agreement_of
from labeling.reports.exports import Wording, answers
from labeling.reports.integrity import versions_do_not_mix
from labeling.reports.moving import move_plan
from labeling.reports.places import people_of
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, hold, release, skip
from labeling.services.drafts import keep_draft, save_draft
from labeling.services.moving import PlanChanged, move_queue
from labeling.services.queue_settings import change_queue
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_queue,
    make_rubric_version,
    make_team,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def queue(lead):
    """Six tasks in order of arrival; nobody has begun any of them."""
    return make_queue(lead.project, make_items(lead.project, 6), lease_minutes=7, cap_each=50)


@pytest.fixture
def later(queue):
    return make_rubric_version(queue.project, rubric=queue.rubric_version.rubric)


def move(queue, version, by=None, *, restart=False, expected=None):
    expected = expected or move_plan(queue, version).expected
    return move_queue(queue, version, expected=expected, restart=restart, by=by)


def judge(lease, answer="refund"):
    return submit(lease.annotator, lease.token, Payload({"topic": answer}), at=timezone.now())


def work_on(queue):
    """One task judged by one person, one on a screen, one given back, one refused by somebody."""
    judged, shown, given_back, refused = queue.tasks.order_by("pk")[:4]
    judge(claim_of(judged))
    busy = claim_of(shown)
    lease = claim_of(given_back)
    release(lease.annotator, lease.token)
    lease = claim_of(refused)
    make_annotator(queue.project)
    skip(lease.annotator, lease.token, "unclear_rubric", at=timezone.now())
    return busy


def claim_of(task):
    """Somebody's claim of just this task."""
    elsewhere = Slot.objects.filter(queue=task.queue, annotation=None, annotator=None)
    parked = list(elsewhere.exclude(task=task).values_list("pk", flat=True))
    Slot.objects.filter(pk__in=parked).update(lane="parked")
    lease = claim(task.queue, make_annotator(task.queue.project))
    Slot.objects.filter(pk__in=parked).update(lane="")
    assert lease.task.pk == task.pk
    return lease


def states(queue):
    return sorted(queue.tasks.values_list("state", flat=True))


def test_untouched_tasks_go_over_as_they_are(lead, queue, later):
    queue.teams.add(make_team(lead.project))
    before = set(queue.tasks.values_list("pk", flat=True))
    successor = move(queue, later, lead)
    assert set(successor.tasks.values_list("pk", flat=True)) == before
    assert successor.slots.count() == 12
    assert (successor.rubric_version, successor.succeeds) == (later, queue)
    same = ("name", "overlap", "lease_minutes", "cap_each", "sample", "state", "blinding")
    assert [getattr(successor, name) for name in same] == [getattr(queue, name) for name in same]
    assert list(successor.teams.all()) == list(queue.teams.all())


def test_a_queue_with_nothing_left_is_closed(lead, queue, later):
    move(queue, later, lead)
    queue.refresh_from_db()
    assert queue.state == Queue.State.CLOSED
    assert queue.closed_at is not None
    assert not queue.tasks.exists()


def test_what_was_shown_before_is_what_happens(lead, queue, later):
    work_on(queue)
    counts = move_plan(queue, later).counts
    assert (counts.untouched, counts.seen, counts.votes, counts.at_work) == (2, 2, 1, 1)
    successor = move(queue, later, lead)
    assert successor.tasks.count() == counts.leaving(restart=False) == 4
    assert states(queue) == ["open", "open", "set_aside", "set_aside"]
    event = AuditEvent.objects.get(verb="moved_queue")
    assert (event.detail["untouched"], event.detail["votes"]) == (2, 1)
    queue.refresh_from_db()
    assert (queue.state, queue.drained_at is not None) == (Queue.State.OPEN, True)


def test_tasks_with_votes_begin_anew_if_that_is_decided(lead, queue, later):
    work_on(queue)
    vote = Annotation.objects.get()
    successor = move(queue, later, lead, restart=True)
    assert successor.tasks.count() == 5
    vote.refresh_from_db()
    assert (vote.task.queue, vote.task.state) == (queue, Task.State.SET_ASIDE)
    assert vote.task.slots.get().annotation == vote
    anew = successor.tasks.get(item=vote.task.item)
    assert anew.slots.count() == 2
    assert anew.sampled_item == vote.task.sampled_item
    assert not list(versions_do_not_mix(queue.project))


def test_what_begins_anew_has_as_many_places_as_the_share_says_now(lead):
    queue = make_queue(lead.project, make_items(lead.project, 4), overlap=3)
    later = make_rubric_version(lead.project, rubric=queue.rubric_version.rubric)
    for task in queue.tasks.all():
        make_annotation(task, None, {"topic": "refund"})
        make_annotation(task, None, {"topic": "delivery"})
    change_queue(queue, by=lead, overlap_percent=50)
    assert sorted(task.slots.count() for task in queue.tasks.all()) == [2, 2, 3, 3]
    successor = move(queue, later, lead, restart=True)
    places = {task.sampled_item_id: task.slots.count() for task in successor.tasks.all()}
    assert places == people_of(successor)
    assert sorted(places.values()) == [1, 1, 3, 3]


def test_who_has_a_task_on_the_screen_finishes_it_under_the_old_version(lead, queue, later):
    busy = work_on(queue)
    move(queue, later, lead, restart=True)
    judge(busy)
    annotation = Annotation.objects.latest("pk")
    assert (annotation.rubric_version, annotation.task.queue) == (queue.rubric_version, queue)
    undo(busy.annotator, annotation, at=timezone.now())


def test_who_comes_back_to_a_task_that_has_moved_is_told_and_cannot_answer_it(lead, queue, later):
    person = make_annotator(lead.project)
    lease = claim(queue, person)
    release(person, lease.token)
    successor = move(queue, later, lead)
    with pytest.raises(Conflict) as raised:
        judge(lease)
    assert raised.value.code == "queue_moved"
    assert f"version {later.number}" in raised.value.message
    again = claim(successor, person)
    assert again.task.item_id == Task.objects.get(pk=lease.task.pk).item_id
    judge(again)
    assert Annotation.objects.get().rubric_version == later


def test_who_has_judged_a_task_that_begins_anew_can_neither_undo_nor_lose_the_vote(
    lead, queue, later
):
    lease = claim(queue, make_annotator(lead.project))
    judge(lease)
    move(queue, later, lead, restart=True)
    with pytest.raises(Conflict) as raised:
        undo(lease.annotator, Annotation.objects.get(), at=timezone.now())
    assert raised.value.code == "queue_moved"
    assert judge(lease).annotation == Annotation.objects.get().uid


def test_what_is_only_held_is_given_back(lead, queue, later):
    person = make_annotator(lead.project)
    claim(queue, person)
    held = hold(queue, person)
    counts = move_plan(queue, later).counts
    assert (counts.at_work, counts.seen) == (1, 1)
    move(queue, later, lead)
    with pytest.raises(Conflict) as raised:
        judge(held)
    assert raised.value.code == "queue_moved"


def test_other_numbers_than_those_shown_move_nothing(lead, queue, later):
    shown = move_plan(queue, later).expected
    claim(queue, make_annotator(lead.project))
    with pytest.raises(PlanChanged) as raised:
        move(queue, later, lead, expected=shown)
    assert raised.value.plan.counts.at_work == 1
    assert not Queue.objects.exclude(pk=queue.pk).exists()
    move(queue, later, lead, expected=raised.value.plan.expected)


def test_disputes_nobody_decides_begin_anew_and_decided_tasks_stay(lead, queue, later):
    disputed, settled, claimed, *_rest = queue.tasks.order_by("pk")
    for task in (disputed, settled, claimed):
        make_annotation(task, None, {"topic": "refund"})
        make_annotation(task, None, {"topic": "refund"})
    Task.objects.filter(pk__in=(disputed.pk, claimed.pk)).update(state="disputed")
    Task.objects.filter(pk=settled.pk).update(state="adjudicated")
    until = timezone.now() + timedelta(minutes=5)
    Task.objects.filter(pk=claimed.pk).update(claimed_until=until)
    successor = move(queue, later, lead, restart=True)
    assert successor.tasks.count() == 4
    assert states(queue) == ["adjudicated", "disputed", "set_aside"]


def test_tasks_that_everybody_refused_are_asked_anew(lead, queue, later):
    person = make_annotator(lead.project)
    skip(person, claim(queue, person).token, "unclear_rubric", at=timezone.now())
    assert queue.tasks.filter(state="attention").count() == 1
    successor = move(queue, later, lead)
    assert successor.tasks.filter(state="open").count() == 6


@pytest.mark.parametrize("state", ["closed", "preparing", "failed"])
def test_only_a_queue_at_work_moves(lead, queue, later, state):
    Queue.objects.filter(pk=queue.pk).update(state=state)
    with pytest.raises(Conflict) as raised:
        move(queue, later, lead)
    assert raised.value.code == "queue_state"


def test_a_queue_moves_once_and_to_a_later_published_version_only(lead, queue, later):
    draft = make_rubric_version(lead.project, rubric=later.rubric, state="draft", published_at=None)
    other = make_rubric_version(lead.project, number=9)
    refused = [(queue.rubric_version, "not_later"), (other, "not_later"), (draft, "not_published")]
    for version, code in refused:
        with pytest.raises(Conflict) as raised:
            move(queue, version, lead)
        assert raised.value.code == code
    move(queue, later, lead)
    with pytest.raises(Conflict) as raised:
        move(queue, later, lead)
    assert raised.value.code == "queue_moved"


def test_judgments_of_tasks_that_begin_anew_are_on_record_and_count_nowhere(lead, queue, later):
    for task in queue.tasks.order_by("pk")[:2]:
        make_annotation(task, None, {"topic": "refund"})
    kept = queue.tasks.order_by("pk")[2]
    for _ in range(2):
        make_annotation(kept, None, {"topic": "refund"})
    Task.objects.filter(pk=kept.pk).update(state="settled")
    move(queue, later, lead, restart=True)
    report = agreement_of(queue)
    assert (report.tasks, [row.whole.items for row in report.criteria]) == (1, [1])
    wording = Wording(queue.project, [queue])
    statuses = [row["status"] for row in wording.annotation_rows(list(answers([queue])))]
    assert sorted(statuses) == ["active", "active", "set_aside", "set_aside"]


def test_a_comment_that_was_begun_is_there_where_the_item_is_asked_now(lead, queue, later):
    typed, late = make_annotator(lead.project), make_annotator(lead.project)
    for person in (typed, late):
        lease = claim(queue, person)
        release(person, lease.token)
    first = claim(queue, typed)
    save_draft(typed, first.token, Payload({"topic": "refund"}, "Before."), 1, at=timezone.now())
    release(typed, first.token)
    successor = move(queue, later, lead)
    anew = successor.tasks.get(item=first.task.item_id)
    begun = Draft.objects.get(task=anew, annotator=typed)
    assert (begun.answers, begun.comment) == ({}, "Before.")
    keep_draft(late, lease.token, Payload({"topic": "refund"}, "After."), at=timezone.now())
    anew = successor.tasks.get(item=Task.objects.get(pk=lease.task.pk).item_id)
    assert Draft.objects.get(task=anew, annotator=late).comment == "After."
