from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, Offer, Reveal, Seat, Skip, Slot, Task
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import (
    claim,
    claim_next,
    heartbeat,
    release,
    release_all,
    skip,
)
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_task,
    make_team,
)

pytestmark = pytest.mark.django_db


def expire(**fields):
    """Move leases into the past: tests move rows, not clocks."""
    Slot.objects.filter(**fields).update(leased_until=timezone.now() - timedelta(minutes=1))


def judge(lease, answer="refund"):
    payload = Payload({"topic": answer})
    return submit(lease.annotator, lease.token, payload, at=timezone.now())


def test_a_claim_lends_one_slot_of_the_first_task():
    queue = make_queue()
    ann = make_annotator(queue.project)

    lease = claim(queue, ann)

    assert lease is not None
    assert lease.task == queue.tasks.order_by("pk").first()
    slot = Slot.objects.get(annotator=ann)
    assert (slot.token, slot.task) == (lease.token, lease.task)
    assert slot.leased_until > timezone.now() + timedelta(minutes=14)
    assert Offer.objects.get().token == lease.token


def test_a_reload_or_a_second_tab_gets_the_same_item():
    queue = make_queue()
    ann = make_annotator(queue.project)

    first, second = claim(queue, ann), claim_next(ann)

    assert (first.token, first.task) == (second.token, second.task)


def test_nobody_gets_a_task_twice_even_when_it_has_a_free_slot():
    task = make_task(overlap=2)
    ann = make_annotator(task.queue.project)
    judge(claim(task.queue, ann))

    assert claim(task.queue, ann) is None


def test_a_full_task_is_offered_to_nobody():
    task = make_task(overlap=1)
    claim(task.queue, make_annotator(task.queue.project))

    assert claim(task.queue, make_annotator(task.queue.project)) is None


def test_an_expired_lease_goes_to_somebody_else():
    task = make_task(overlap=1)
    ann, bob = (make_annotator(task.queue.project) for _ in range(2))
    claim(task.queue, ann)
    expire(annotator=ann)

    lease = claim(task.queue, bob)

    assert lease.task == task
    assert task.slots.get().annotator == bob


def test_whoever_comes_back_after_their_time_goes_on_with_the_same_item():
    queue = make_queue()
    ann = make_annotator(queue.project)
    before = claim(queue, ann)
    expire(annotator=ann)

    after = claim(queue, ann)

    assert after.token == before.token
    assert after.leased_until > timezone.now()


def test_what_was_given_back_is_handed_out_before_untouched_items():
    queue = make_queue(overlap=1)
    ann, bob = (make_annotator(queue.project) for _ in range(2))
    first = claim(queue, ann)
    judge(claim(queue, bob))
    release(ann, first.token)
    release(ann, first.token)

    assert claim(queue, bob).task == first.task


def test_a_person_can_have_again_what_they_gave_back_although_their_place_moved_on():
    queue = make_queue(overlap=2)
    ann, bob = (make_annotator(queue.project) for _ in range(2))
    given_back = claim(queue, ann)
    release(ann, given_back.token)
    Seat.objects.filter(annotator=ann).update(cursor=99)
    release(ann, claim(queue, ann).token)
    assert claim(queue, bob).task == given_back.task

    assert claim(queue, ann).task == given_back.task


def test_a_person_goes_through_a_queue_once_from_the_first_to_the_last_item():
    project = make_project()
    items = make_items(project, 30)
    queue = make_queue(project, items, overlap=3)
    ann = make_annotator(project)

    seen = []
    while lease := claim(queue, ann):
        seen.append(lease.task.item)
        judge(lease)

    assert seen == items


def test_in_random_order_everybody_still_gets_every_item_once():
    project = make_project()
    queue = make_queue(project, make_items(project, 60), overlap=2, order="random")
    ann = make_annotator(project)

    seen = set()
    while lease := claim(queue, ann):
        assert lease.task not in seen
        seen.add(lease.task)
        judge(lease)

    assert len(seen) == 60


def test_only_open_queues_of_the_own_team_and_language_hand_out_work():
    project = make_project()
    team, other = make_team(project), make_team(project)
    ann = make_annotator(project, team=team, languages={"de": "native"})
    make_queue(project, state="paused")
    make_queue(project).teams.add(other)
    make_queue(project, lane_attribute="language", languages=["fr"])
    assert claim_next(ann) is None

    own = make_queue(project)
    own.teams.add(team)

    assert claim_next(ann).queue == own


def test_lanes_keep_to_the_languages_of_a_person():
    project = make_project()
    german = make_items(project, 2, attributes={"language": "de"})
    french = make_items(project, 2, attributes={"language": "fr"})
    plain = make_items(project, 1)
    queue = make_queue(project, french + german + plain, lane_attribute="language")
    speaks_german = make_annotator(project, languages={"de": "native"})
    anybody = make_annotator(project)

    assert everything(queue, speaks_german) == {*german, *plain}
    assert everything(queue, anybody) == {*german, *french, *plain}


def test_somebody_who_learns_a_language_is_given_the_items_before_their_place():
    project = make_project()
    french = make_items(project, 1, attributes={"language": "fr"})
    german = make_items(project, 1, attributes={"language": "de"})
    queue = make_queue(project, french + german, lane_attribute="language")
    ann = make_annotator(project, languages={"de": "native"})
    assert everything(queue, ann) == set(german)

    ann.languages = {"de": "native", "fr": "fluent"}
    ann.save()

    assert everything(queue, ann) == set(french)


def everything(queue, member):
    seen = set()
    while lease := claim(queue, member):
        seen.add(lease.task.item)
        judge(lease)
    return seen


def test_machines_and_people_without_the_role_are_handed_nothing():
    project = make_project()
    make_queue(project)

    assert claim_next(make_annotator(project, kind="machine")) is None
    assert claim_next(make_member(project, "lead")) is None


def test_an_erased_item_is_not_handed_out():
    task = make_task()
    task.item.erased_at = timezone.now()
    task.item.save()

    assert claim(task.queue, make_annotator(task.queue.project)) is None


def test_a_heartbeat_lengthens_the_lease():
    task = make_task()
    ann = make_annotator(task.queue.project)
    lease = claim(task.queue, ann)
    Slot.objects.filter(annotator=ann).update(leased_until=timezone.now() + timedelta(seconds=5))

    assert heartbeat(ann, lease.token).leased_until > timezone.now() + timedelta(minutes=14)


def test_a_heartbeat_after_the_slot_went_away_takes_a_free_one():
    task = make_task(overlap=2)
    ann, bob = (make_annotator(task.queue.project) for _ in range(2))
    lease = claim(task.queue, ann)
    expire(annotator=ann)
    claim(task.queue, bob)

    assert heartbeat(ann, lease.token).task == task
    assert {slot.annotator for slot in task.slots.all()} == {ann, bob}


def test_a_heartbeat_without_a_slot_left_says_that_the_time_has_ended():
    task = make_task(overlap=1)
    ann, bob = (make_annotator(task.queue.project) for _ in range(2))
    lease = claim(task.queue, ann)
    expire(annotator=ann)
    claim(task.queue, bob)

    with pytest.raises(Conflict) as refusal:
        heartbeat(ann, lease.token)

    assert refusal.value.code == "lease_ended"


def test_a_token_is_of_no_use_to_anybody_else():
    task = make_task()
    ann, bob = (make_annotator(task.queue.project) for _ in range(2))
    lease = claim(task.queue, ann)

    for act in (heartbeat, release):
        with pytest.raises(Conflict) as refusal:
            act(bob, lease.token)
        assert refusal.value.code == "lease_unknown"
    assert task.slots.filter(annotator=ann).exists()


def test_a_skipped_task_is_never_offered_again():
    queue = make_queue(overlap=2)
    ann = make_annotator(queue.project)
    skipped = claim(queue, ann)

    skip(ann, skipped.token, "broken_item", "no text", at=timezone.now())
    skip(ann, skipped.token, "other", at=timezone.now())

    assert Skip.objects.get().reason == "broken_item"
    assert skipped.task.item not in everything(queue, ann)
    assert AuditEvent.objects.filter(verb="skipped").count() == 1


def test_a_task_that_everybody_skipped_asks_for_attention():
    task = make_task(overlap=2)
    people = [make_annotator(task.queue.project) for _ in range(2)]
    make_annotator(task.queue.project, deactivated_at=timezone.now())
    make_member(task.queue.project, "lead")

    for person in people:
        assert Task.objects.get().state == "open"
        skip(person, claim(task.queue, person).token, "unclear_rubric", at=timezone.now())

    assert Task.objects.get().state == "attention"


def test_a_deactivated_person_holds_nothing():
    task = make_task(overlap=1)
    ann, bob = (make_annotator(task.queue.project) for _ in range(2))
    claim(task.queue, ann)

    assert release_all(ann) == 1
    assert claim(task.queue, bob).task == task


def test_whoever_has_seen_the_answers_is_not_asked_any_more():
    task = make_task(overlap=2)
    seer = make_member(task.queue.project, "annotator", "adjudicator")
    Reveal.objects.create(task=task, adjudicator=seer, token=uuid4())

    assert claim(task.queue, seer) is None
    assert claim(task.queue, make_annotator(task.queue.project)) is not None


def test_a_claim_takes_few_statements():
    project = make_project()
    queue = make_queue(project, make_items(project, 40))
    ann = make_annotator(project)
    judge(claim(queue, ann))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert claim_next(ann) is not None

    assert len(queries) <= 12
