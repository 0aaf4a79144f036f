"""Changing a queue while it is judged: how many people judge an item, and everything else."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Adjudication, AuditEvent, Job, Slot, Task
from labeling.services import dependents, overlap
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.queue_settings import change_queue
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_team,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    return make_queue(lead.project, make_items(lead.project, 3), overlap=2)


def judge(lease, answer="refund"):
    return submit(lease.annotator, lease.token, Payload({"topic": answer}), at=timezone.now())


def settle(queue, *answers):
    """The first task, judged by as many people as there are answers."""
    leases = [claim(queue, make_annotator(queue.project)) for _ in answers]
    for lease, answer in zip(leases, answers, strict=True):
        judge(lease, answer)
    return Task.objects.get(pk=leases[0].task.pk)


def numbers(task):
    return list(task.slots.order_by("number").values_list("number", flat=True))


def test_more_people_get_places_on_what_is_open_and_nothing_else(lead, queue):
    settled = settle(queue, "refund", "refund")
    change_queue(queue, by=lead, overlap=4)
    assert numbers(settled) == [0, 1]
    assert [numbers(task) for task in queue.tasks.exclude(pk=settled.pk)] == [[0, 1, 2, 3]] * 2
    counts = AuditEvent.objects.get(verb="changed_places").detail
    assert counts == {"added": 4}


@pytest.mark.parametrize(("state", "answers"), [("settled", "rr"), ("disputed", "rd")])
def test_what_is_decided_is_asked_again_where_somebody_says_so(lead, queue, state, answers):
    words = {"r": "refund", "d": "delivery"}
    task = settle(queue, *(words[letter] for letter in answers))
    assert task.state == state
    change_queue(queue, by=lead, overlap=3, again=[state])
    task.refresh_from_db()
    assert (task.state, numbers(task)) == ("open", [0, 1, 2])
    assert not Adjudication.objects.current().filter(task=task).exists()
    judge(claim(queue, make_annotator(lead.project)))
    task.refresh_from_db()
    assert task.state == state


def test_what_something_rests_on_is_not_asked_again(lead, queue, monkeypatch):
    task = settle(queue, "refund", "refund")
    monkeypatch.setattr(dependents, "_on_tasks", [lambda _task: "A set holds it."])
    change_queue(queue, by=lead, overlap=3, again=["settled"])
    task.refresh_from_db()
    assert (task.state, numbers(task)) == ("settled", [0, 1])


def test_fewer_people_leave_taken_places_alone_and_settle_what_is_complete(lead, queue):
    ann, bob = make_annotator(lead.project), make_annotator(lead.project)
    judge(claim(queue, ann))
    shown = claim(queue, ann)
    change_queue(queue, by=lead, overlap=1)
    first, second, third = queue.tasks.order_by("slots__place", "pk").distinct()
    assert (first.state, len(numbers(first))) == ("settled", 1)
    assert (second, len(numbers(second)), len(numbers(third))) == (shown.task, 1, 1)
    judge(shown)
    judge(claim(queue, bob))
    assert set(queue.tasks.values_list("state", flat=True)) == {"settled"}


def test_two_people_on_a_task_both_finish_when_one_would_do(lead, queue):
    leases = [claim(queue, make_annotator(lead.project)) for _ in range(2)]
    change_queue(queue, by=lead, overlap=1)
    assert len(numbers(leases[0].task)) == 2
    for lease in leases:
        judge(lease)
    assert Slot.objects.exclude(annotation=None).count() == 2


def test_a_share_takes_the_other_places_away(lead, queue):
    change_queue(queue, by=lead, overlap_percent=34)
    assert sorted(len(numbers(task)) for task in queue.tasks.all()) == [1, 1, 2]
    change_queue(queue, by=lead, overlap_percent=100, overlap=3)
    assert [len(numbers(task)) for task in queue.tasks.all()] == [3, 3, 3]


def test_who_has_judged_everything_is_given_what_becomes_open_for_them(lead):
    queue = make_queue(lead.project, make_items(lead.project, 2), overlap=1)
    ann, bob = make_annotator(lead.project), make_annotator(lead.project)
    judge(claim(queue, ann))
    shown = claim(queue, ann)
    assert claim(queue, bob) is None
    change_queue(queue, by=lead, overlap=2)
    assert claim(queue, bob).task == shown.task


def test_large_queues_change_by_a_job(lead, queue, monkeypatch):
    monkeypatch.setattr(overlap, "SOON", 2)
    monkeypatch.setattr(overlap, "AT_ONCE", 2)
    change_queue(queue, by=lead, overlap=5)
    assert queue.slots.count() == 6
    run_jobs()
    assert queue.slots.count() == 15
    assert Job.objects.get().result == {"added": 9}


def test_everything_that_changed_is_recorded_as_it_was_and_is(lead, queue):
    team = make_team(lead.project)
    change_queue(queue, by=lead, name="Anew", cap_each=10, lease_minutes=15, teams=[team])
    queue.refresh_from_db()
    assert (queue.name, queue.cap_each, list(queue.teams.all())) == ("Anew", 10, [team])
    changes = AuditEvent.objects.get(verb="changed_queue").detail["changes"]
    assert changes["cap_each"] == [None, 10]
    assert changes["teams"] == [[], [str(team.uid)]]
    assert "lease_minutes" not in changes


def test_what_stays_the_same_is_no_event(lead, queue):
    change_queue(queue, by=lead, name=queue.name, overlap=2)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("changes", [{"overlap": 0}, {"languages": ["de"]}, {"cap_daily": 0}])
def test_settings_out_of_range_are_refused(lead, queue, changes):
    with pytest.raises(ValidationError):
        change_queue(queue, by=lead, **changes)
    queue.refresh_from_db()
    assert (queue.overlap, queue.languages) == (2, [])


def test_a_team_of_another_project_is_refused(lead, queue):
    with pytest.raises(ValidationError):
        change_queue(queue, by=lead, teams=[make_team(make_project())])


def test_a_queue_in_preparation_cannot_be_changed_yet(lead):
    queue = make_queue(lead.project, state="preparing")
    with pytest.raises(Conflict):
        change_queue(queue, by=lead, overlap=3)


def test_the_lead_changes_it_on_the_settings_tab(lead, queue, browse):
    client, path = browse(lead), f"{queue.get_absolute_url()}settings/"
    assert 'value="2"' in client.get(path).text
    form = {"name": "Anew", "overlap": 3, "settling": "majority", "lease_minutes": 20}
    page = client.post(path, form, follow=True).text
    assert "Saved." in page
    queue.refresh_from_db()
    assert (queue.name, queue.overlap, queue.settling) == ("Anew", 3, "majority")
    bad = client.post(path, {**form, "overlap": 99})
    assert (bad.status_code, "99" in bad.text) == (400, True)


def test_people_are_qualified_on_the_settings_tab_and_on_their_page(lead, queue, browse):
    client, path = browse(lead), queue.get_absolute_url()
    ann = make_annotator(lead.project)
    said = {"people": [str(ann.uid)], "act": "qualify"}
    page = client.post(f"{path}qualify/", said, follow=True).text
    assert "1 person is qualified now." in page
    person = client.get(ann.get_absolute_url()).text
    assert "Qualified for" in person
    ending = {"rubric_version": str(queue.rubric_version.uid), "act": "end"}
    page = client.post(f"{ann.get_absolute_url()}qualify/", ending, follow=True).text
    assert "1 qualification ended." in page
    nobody = client.post(f"{path}qualify/", {"act": "end"}, follow=True).text
    assert "Choose at least one person." in nobody


def test_a_program_changes_a_queue_and_qualifies_people(lead, queue, call):
    make_annotation(queue.tasks.first())
    client, path = call(lead, "read", "manage"), f"/api/v1/queues/{queue.uid}/"
    answer = client.patch(path, {"overlap": 3, "cap_daily": 5}, format="json").json()
    assert (answer["overlap"], answer["cap_daily"], answer["lease_minutes"]) == (3, 5, 15)
    assert client.patch(path, {"order": "random"}, format="json").status_code == 400
    ann = make_annotator(lead.project)
    said = {"people": [str(ann.uid)]}
    assert client.post(f"{path}qualifications/", said, format="json").json() == {"changed": 1}
    (row,) = client.get(f"{path}qualifications/").json()["results"]
    assert row["person"] == str(ann.uid)
    ended = client.post(f"{path}qualifications/", {**said, "end": True}, format="json").json()
    assert ended == {"changed": 1}
