"""A queue that is drained hands out only what somebody has begun, and then closes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Annotation, AuditEvent, Job, Queue, Slot
from labeling.services import draining
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim, hold, release
from labeling.services.draining import drain_queue, resume_queue
from labeling.services.jobs import enqueue
from labeling.services.queues import build_queue, create_queue, pause_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    return make_queue(lead.project, make_items(lead.project, 4))


def judge(lease, answer="refund"):
    return submit(lease.annotator, lease.token, Payload({"topic": answer}), at=timezone.now())


def states(queue):
    return sorted(queue.tasks.values_list("state", flat=True))


def tidy():
    """What the clock asks for, after the ten seconds in which something can be taken back."""
    long_ago = timezone.now() - timedelta(minutes=1)
    Annotation.objects.update(submitted_at=long_ago)
    enqueue("drain_queues")
    run_jobs()


def test_what_nobody_has_begun_is_set_aside_and_the_rest_is_finished(lead, queue):
    ann, bob = make_annotator(lead.project), make_annotator(lead.project)
    judge(claim(queue, ann))
    shown = claim(queue, ann)
    drain_queue(queue, by=lead)
    assert states(queue) == ["open", "open", "set_aside", "set_aside"]
    assert queue.slots.count() == 4
    judge(shown)
    assert claim(queue, ann) is None
    while lease := claim(queue, bob):
        judge(lease)
    assert states(queue) == ["set_aside", "set_aside", "settled", "settled"]


def test_what_is_held_to_be_shown_next_has_been_begun(lead, queue):
    ann = make_annotator(lead.project)
    shown, held = claim(queue, ann), hold(queue, ann)
    drain_queue(queue, by=lead)
    assert set(queue.tasks.filter(state="open")) == {shown.task, held.task}


def test_it_closes_by_itself_when_nothing_is_open_any_more(lead, queue):
    ann, bob = make_annotator(lead.project), make_annotator(lead.project)
    first = claim(queue, ann)
    drain_queue(queue, by=lead)
    tidy()
    judge(first)
    judge(claim(queue, bob))
    assert Queue.objects.get().state == "open"
    tidy()
    queue.refresh_from_db()
    assert (queue.state, queue.closed_at is None) == ("closed", False)
    assert AuditEvent.objects.get(verb="closed_queue").detail == {"drained": True}


def test_it_stays_open_while_the_last_judgment_can_be_taken_back(lead, queue):
    people = [make_annotator(lead.project) for _ in range(2)]
    leases = [claim(queue, person) for person in people]
    drain_queue(queue, by=lead)
    for lease in leases:
        judge(lease)
    enqueue("drain_queues")
    run_jobs()
    assert Queue.objects.get().state == "open"


def test_what_is_given_back_unjudged_is_set_aside_by_the_next_pass(lead, queue):
    ann = make_annotator(lead.project)
    lease = claim(queue, ann)
    drain_queue(queue, by=lead)
    release(ann, lease.token)
    tidy()
    assert states(queue) == ["set_aside"] * 4
    assert Queue.objects.get().state == "closed"


@pytest.mark.parametrize("most", [1, 2_000])
def test_resuming_puts_everything_back_in_its_place(lead, monkeypatch, most):
    monkeypatch.setattr(draining, "AT_ONCE", 2)
    project = lead.project
    queue = create_queue(
        project,
        name="Intents",
        rubric_version=make_rubric_version(project),
        sample=make_sample(project, make_items(project, 7)),
        by=lead,
        overlap=3,
        overlap_percent=40,
    )
    build_queue(queue)
    before = set(queue.slots.values_list("task", "number", "place", "lane"))
    drain_queue(queue, by=lead)
    assert (states(queue), queue.slots.count()) == (["set_aside"] * 7, 0)
    monkeypatch.setattr(draining, "SOON", most)
    resume_queue(queue, by=lead)
    run_jobs()
    assert Job.objects.filter(kind="resume_queue").count() == (most == 1)
    assert set(queue.slots.values_list("task", "number", "place", "lane")) == before
    assert states(queue) == ["open"] * 7


def test_a_person_past_what_comes_back_is_given_it(lead, queue):
    ann, bob = make_annotator(lead.project), make_annotator(lead.project)
    begun = [claim(queue, bob)]
    judge(begun[0])
    drain_queue(queue, by=lead)
    judge(claim(queue, ann))
    assert claim(queue, ann) is None
    resume_queue(queue, by=lead)
    assert claim(queue, ann) is not None


def test_a_queue_that_closed_is_resumed_too(lead, queue):
    drain_queue(queue, by=lead)
    tidy()
    assert Queue.objects.get().state == "closed"
    resume_queue(queue, by=lead)
    queue = Queue.objects.get()
    assert (queue.state, queue.drained_at, queue.closed_at) == ("open", None, None)
    assert states(queue) == ["open"] * 4


def test_a_paused_queue_can_be_drained_but_nothing_is_drained_or_resumed_twice(lead, queue):
    with pytest.raises(Conflict):
        resume_queue(queue, by=lead)
    pause_queue(queue, by=lead)
    drain_queue(queue, by=lead)
    with pytest.raises(Conflict):
        drain_queue(queue, by=lead)
    resume_queue(queue, by=lead)
    assert [event.verb for event in AuditEvent.objects.order_by("pk")] == [
        "paused_queue",
        "drained_queue",
        "resumed_queue",
    ]


def test_a_task_with_a_judgment_is_never_set_aside(lead, queue):
    ann = make_annotator(lead.project)
    lease = claim(queue, ann)
    judge(lease)
    Slot.objects.filter(annotation=None).update(leased_until=None)
    drain_queue(queue, by=lead)
    tidy()
    assert list(queue.tasks.filter(state="open")) == [lease.task]
    assert lease.task.slots.count() == 2


def test_a_queue_that_moved_is_not_resumed(lead, queue):
    make_queue(lead.project, make_items(lead.project, 1), succeeds=queue)
    drain_queue(queue, by=lead)
    with pytest.raises(Conflict) as refusal:
        resume_queue(queue, by=lead)
    assert refusal.value.code == "queue_moved"


def test_the_lead_drains_and_resumes_on_the_queues_page(lead, queue, browse):
    make_annotator(lead.project)
    client, path = browse(lead), queue.get_absolute_url()
    page = client.post(f"{path}move/", {"move": "drain"}, follow=True).text
    assert "The queue is draining now." in page
    assert "Stop draining" in page
    page = client.post(f"{path}move/", {"move": "resume"}, follow=True).text
    assert "The queue is open now." in page
    assert "Drain" in page


def test_a_program_drains_and_resumes(lead, queue, call):
    client, path = call(lead, "read", "manage"), f"/api/v1/queues/{queue.uid}/"
    assert client.post(f"{path}drain/").json()["drained_at"]
    assert client.post(f"{path}drain/").status_code == 409
    assert client.get(path).json()["progress"]["set_aside"] == 4
    assert client.post(f"{path}resume/").json()["drained_at"] is None
