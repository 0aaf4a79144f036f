"""The item after the one on the screen: held for a minute, shown at once, or given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Slot
from labeling.services.annotations import submit_and_go_on, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, claim_next, current, heartbeat, hold, release
from labeling.services.standing import standing_of
from tests.factories import make_annotator, make_items, make_project, make_queue, make_task

pytestmark = pytest.mark.django_db
PAGE = "/p/shop/judge/"
SCRIPT = {"HTTP_X_REQUESTED_WITH": "judge"}


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


@pytest.fixture
def queue(ann):
    return make_queue(ann.project, make_items(ann.project, 4), overlap=1)


def go_on(lease, **how):
    payload = Payload({"topic": "refund"})
    return submit_and_go_on(lease.annotator, lease.token, payload, at=timezone.now(), **how)


def run_out():
    Slot.objects.filter(held=True).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_hold_is_another_item_kept_for_a_minute_and_not_shown(ann, queue):
    shown = claim(queue, ann)

    held = hold(queue, ann)

    assert held.held
    assert held.task != shown.task
    assert held.leased_until < timezone.now() + timedelta(seconds=61)
    assert current(ann).token == shown.token
    assert claim(queue, ann).token == shown.token


def test_asking_twice_holds_one_item(ann, queue):
    claim(queue, ann)

    assert hold(queue, ann).token == hold(queue, ann).token
    assert Slot.objects.filter(held=True).count() == 1


def test_after_a_submission_the_held_item_is_shown_and_one_more_is_held(ann, queue):
    lease, held = claim(queue, ann), hold(queue, ann)

    done = go_on(lease, ahead=True)

    assert (done.lease.token, done.lease.held) == (held.token, False)
    assert done.lease.leased_until > timezone.now() + timedelta(minutes=14)
    assert done.held.held
    assert done.held.task not in {lease.task, held.task}


def test_a_hold_that_nobody_uses_goes_to_others_after_its_minute(ann):
    queue = make_queue(ann.project, make_items(ann.project, 2), overlap=1)
    bob = make_annotator(ann.project)
    claim(queue, ann)
    held = hold(queue, ann)
    assert claim(queue, bob) is None
    assert standing_of(bob).state == "more_may_come"

    run_out()

    assert claim(queue, bob).task == held.task


def test_whoever_lost_their_hold_is_shown_something_else(ann, queue):
    bob = make_annotator(ann.project)
    lease, held = claim(queue, ann), hold(queue, ann)
    run_out()
    assert claim(queue, bob).task == held.task

    done = go_on(lease, ahead=True)

    assert done.lease.task not in {lease.task, held.task}


def test_a_heartbeat_keeps_a_hold_a_hold(ann, queue):
    claim(queue, ann)
    held = hold(queue, ann)

    kept = heartbeat(ann, held.token)

    assert kept.held
    assert kept.leased_until < timezone.now() + timedelta(seconds=61)


def test_a_hold_can_be_given_back_and_undo_gives_it_back(ann, queue):
    lease = claim(queue, ann)
    release(ann, hold(queue, ann).token)
    assert not Slot.objects.filter(held=True).exists()
    done = go_on(lease, ahead=True)

    back = undo(ann, ann.annotations.get(), at=timezone.now())

    assert back.task == lease.task
    assert not Slot.objects.filter(held=True).exists()
    assert claim_next(ann).token == back.token
    assert done.held.task != lease.task


def test_the_end_of_one_queue_leads_to_the_next_one(ann):
    first = make_task(ann.project, overlap=1).queue
    second = make_task(ann.project, overlap=1).queue

    assert go_on(claim(first, ann), ahead=True).lease.queue == second


def test_programs_may_ask_for_the_item_after_the_next(ann, queue, call):
    client = call(ann, "annotate")

    begun = client.post("/api/v1/projects/shop/claims/", {"ahead": True}).json()
    url = f"/api/v1/leases/{begun['lease']['token']}/submit/"
    body = {"answers": {"topic": "refund"}, "next": True, "ahead": True}
    answer = client.post(url, body).json()

    assert answer["next"]["lease"]["token"] == begun["held"]["lease"]["token"]
    assert answer["held"]["item"] != answer["next"]["item"]


def test_the_page_gives_its_script_the_item_to_show_next(ann, queue, browse):
    client = browse(ann)
    client.post(PAGE)
    shown = current(ann).token

    ahead = client.post(PAGE, {"ahead": "1"}, **SCRIPT)

    held = Slot.objects.get(held=True).token
    assert str(held) in ahead.text
    assert "data-held" in ahead.text
    sent = {"member": str(ann.uid), "answer-topic": "=refund", "showing": str(held)}
    answer = client.post(f"{PAGE}{shown}/submit/", sent, **SCRIPT)
    assert str(Slot.objects.get(held=True).token) in answer.text
    assert "/undo/" in answer.text
    assert str(held) not in answer.text


def test_with_nothing_after_it_there_is_nothing_to_hold(ann, browse):
    make_task(ann.project, overlap=1)
    client = browse(ann)
    client.post(PAGE)

    assert client.post(PAGE, {"ahead": "1"}, **SCRIPT).status_code == 204
