from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Annotation, AuditEvent, Job, Queue, Slot
from labeling.reports.integrity import versions_do_not_mix
from labeling.reports.moving import move_plan
from labeling.services import moving
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim, hold
from labeling.services.draining import run_drain_queues
from labeling.services.following import follow, trails
from labeling.services.queue_settings import change_queue
from labeling.services.queues import reopen_queue
from tests.factories import make_annotator, make_items, make_member, make_queue, make_rubric_version
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def queue(lead):
    return make_queue(lead.project, make_items(lead.project, 6), name="October")


@pytest.fixture
def later(queue):
    return make_rubric_version(queue.project, rubric=queue.rubric_version.rubric)


def test_the_page_shows_the_numbers_and_moves_just_them(lead, queue, later, browse):
    client, url = browse(lead), f"{queue.get_absolute_url()}successor/"
    assert "Move to version 2" in client.get(queue.get_absolute_url()).content.decode()
    page = client.get(url)
    plan = page.context["plan"]
    assert plan.counts.untouched == 6
    typed = {"version": "2", "expected": plan.expected, "votes": "finish"}
    answer = client.post(url, typed)
    successor = Queue.objects.get(succeeds=queue)
    assert answer.url == successor.get_absolute_url()
    assert "October" in client.get(answer.url).content.decode()
    old = client.get(queue.get_absolute_url()).content.decode()
    assert successor.get_absolute_url() in old
    assert "has moved to version 2" in old
    assert client.get(url).status_code == 200
    assert client.post(url, typed).status_code == 409


def test_agreement_names_its_version_and_where_the_other_one_is_compared(
    lead, queue, later, browse
):
    plan = move_plan(queue, later)
    moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)
    successor = Queue.objects.get(succeeds=queue)
    for one, other, number in ((queue, successor, 2), (successor, queue, 1)):
        page = browse(lead).get(f"{one.get_absolute_url()}agreement/").text
        assert f"rubric version {3 - number}" in page
        assert f"Answers under version {number} are compared in “October” alone." in page
        assert f"{other.get_absolute_url()}agreement/" in page


def test_the_page_shows_the_new_numbers_where_somebody_was_faster(lead, queue, later, browse):
    client, url = browse(lead), f"{queue.get_absolute_url()}successor/"
    shown = client.get(url).context["plan"]
    claim(queue, make_annotator(lead.project))
    typed = {"version": "2", "expected": shown.expected, "votes": "restart"}
    answer = client.post(url, typed)
    assert answer.status_code == 409
    assert answer.context["plan"].counts.at_work == 1
    assert answer.context["restart"]
    assert (
        client.post(url, {**typed, "expected": answer.context["plan"].expected}).status_code == 302
    )


def test_programs_see_the_plan_and_move_the_queue(lead, queue, later, call):
    client, url = call(lead, "manage"), f"/api/v1/queues/{queue.uid}/successor/"
    plan = client.get(url).json()
    assert (plan["version"], plan["untouched"], plan["suggests_restart"]) == (2, 6, False)
    wrong = client.post(url, {"version": 2, "expected": "x"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "plan_changed")
    assert wrong.json()["plan"] == plan
    body = {"version": 2, "expected": plan["expected"], "restart": True}
    made = client.post(url, body, format="json")
    assert made.status_code == 201
    assert made.json()["succeeds"] == str(queue.uid)
    again = client.post(url, body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "queue_moved")


@pytest.mark.parametrize("said", ["x", "99999999"])
def test_an_odd_number_of_a_version_is_refused(lead, queue, later, call, browse, said):
    url = f"/api/v1/queues/{queue.uid}/successor/?version={said}"
    assert call(lead, "manage").get(url).status_code == 400
    page = f"{queue.get_absolute_url()}successor/?version={said}"
    assert browse(lead).get(page).status_code == 404


def test_a_large_queue_is_moved_by_a_job_and_nobody_is_given_anything_meanwhile(
    lead, queue, later, monkeypatch
):
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    person = make_annotator(lead.project)
    lease = claim(queue, person)
    plan = move_plan(queue, later)
    successor = moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)
    queue.refresh_from_db()
    assert (queue.state, successor.state) == (Queue.State.PAUSED, Queue.State.PREPARING)
    Slot.objects.filter(token=lease.token).update(leased_until=timezone.now())
    (job,) = [job for job in run_jobs() if job.kind == "move_queue"]
    queue.refresh_from_db()
    successor.refresh_from_db()
    assert job.result == {"tasks": 5, "stayed": 0}
    assert successor.tasks.count() == plan.counts.leaving(restart=False)
    assert (queue.state, successor.state) == (Queue.State.OPEN, Queue.State.OPEN)
    assert queue.drained_at is not None


def test_an_answer_between_the_click_and_the_job_keeps_its_task_and_the_result_says_so(
    lead, queue, later, monkeypatch, browse
):
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    person = make_annotator(lead.project)
    claim(queue, person)
    held = hold(queue, person)
    plan = move_plan(queue, later)
    successor = moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)

    submit(person, held.token, Payload({"topic": "refund"}), at=timezone.now())
    (job,) = [job for job in run_jobs() if job.kind == "move_queue"]

    assert job.result == {"tasks": 4, "stayed": 1}
    assert plan.counts.leaving(restart=False) == 5
    assert successor.tasks.count() == 4
    assert Annotation.objects.get().task.queue == queue
    event = AuditEvent.objects.get(verb="opened_queue", subject_uid=successor.uid)
    assert (event.detail["tasks"], event.detail["stayed"], event.member) == (4, 1, lead)
    page = browse(lead).get(successor.get_absolute_url()).text
    assert "1 task fewer than announced" in page


def test_a_queue_that_a_job_is_moving_is_neither_reopened_nor_changed(
    lead, queue, later, monkeypatch, browse
):
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    plan = move_plan(queue, later)
    moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)
    queue.refresh_from_db()

    for act in (lambda: reopen_queue(queue, by=lead), lambda: change_queue(queue, by=lead)):
        with pytest.raises(Conflict) as raised:
            act()
        assert raised.value.code == "queue_moving"
    assert "Reopen" not in browse(lead).get(queue.get_absolute_url()).text


def test_a_worker_killed_in_the_middle_of_a_move_leaves_work_that_the_next_one_finishes(
    lead, queue, later, monkeypatch
):
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    plan = move_plan(queue, later)
    successor = moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)
    parts = moving._move_part

    def killed(move, part):
        parts(move, part)
        raise SystemExit

    monkeypatch.setattr(moving, "_move_part", killed)
    with pytest.raises(SystemExit):
        run_jobs()
    assert successor.tasks.count() == 2
    monkeypatch.setattr(moving, "_move_part", parts)
    Job.objects.update(state="queued", leased_until=None)
    (job,) = [job for job in run_jobs() if job.kind == "move_queue"]

    assert job.result == {"tasks": 6, "stayed": 0}
    assert successor.slots.count() == 12
    assert not list(versions_do_not_mix(queue.project))


def test_what_is_given_back_unjudged_after_the_move_is_asked_under_the_later_version(
    lead, queue, later
):
    lease = claim(queue, make_annotator(lead.project))
    plan = move_plan(queue, later)
    successor = moving.move_queue(queue, later, expected=plan.expected, restart=False, by=lead)
    (trail,) = trails()
    assert not trail.left_behind().exists()
    past = timezone.now() - timedelta(hours=1)
    Slot.objects.filter(token=lease.token).update(leased_until=past)
    run_jobs_of_drain()
    assert follow(trail) == 1
    assert follow(trail) == 0
    assert successor.tasks.count() == 6
    assert successor.tasks.get(item=lease.task.item_id).slots.count() == 2


def run_jobs_of_drain():
    """One pass of what closes queues that have finished."""

    class Running:
        def check_cancelled(self):
            pass

    run_drain_queues(Running())
