from __future__ import annotations

from uuid import uuid4

import pytest

from labeling.models import Queue
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
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def client(lead, call):
    return call(lead, "read", "manage")


@pytest.fixture
def collection(lead):
    return f"/api/v1/projects/{lead.project.slug}/queues/"


@pytest.fixture
def body(lead):
    """What makes a queue over three items."""
    sample = make_sample(lead.project)
    version = make_rubric_version(lead.project)
    return {"name": "Intents", "sample": str(sample.uid), "rubric_version": str(version.uid)}


def test_a_queue_is_made_from_uids_and_opens_by_itself(lead, client, collection, body):
    team = make_team(lead.project)
    more = {"overlap": 3, "teams": [str(team.uid)], "blinding": {"show": {"prediction": True}}}
    made = client.post(collection, body | more, format="json")
    assert made.status_code == 202, made.json()
    run_jobs()
    queue = client.get(f"/api/v1/queues/{made.json()['uid']}/").json()
    assert (made.json()["state"], queue["state"]) == ("preparing", "open")
    assert (queue["sample"], queue["teams"]) == (body["sample"], [str(team.uid)])
    assert queue["blinding"]["show"] == {"prediction": True, "attributes": []}
    assert (queue["progress"]["tasks"], queue["progress"]["wanted"]) == (3, 9)


def test_what_is_not_said_is_hidden(client, collection, body):
    made = client.post(collection, body | {"blinding": {}}, format="json").json()
    hidden = {"prediction": False, "attributes": []}
    assert made["blinding"] == {"show": hidden, "shuffle_options": False}


def test_progress_is_told_as_a_whole_and_by_lane(lead, client):
    items = make_items(lead.project, 2, attributes={"language": "de"})
    items += make_items(lead.project, 1, attributes={"language": "en"})
    queue = make_queue(lead.project, items, lane_attribute="language")
    task = queue.tasks.filter(lane="de").first()
    assert task is not None
    make_annotation(task, answers={"topic": "refund"})
    told = client.get(f"/api/v1/queues/{queue.uid}/").json()
    lanes = {row["lane"]: (row["judged"], row["wanted"]) for row in told["lanes"]}
    assert lanes == {"de": (1, 4), "en": (0, 2)}
    assert (told["progress"]["judged"], told["progress"]["left"]) == (1, 5)


@pytest.mark.parametrize("name", ["sample", "rubric_version", "teams"])
def test_a_row_of_another_project_is_as_unknown_as_a_random_one(client, collection, body, name):
    elsewhere = make_project()
    foreign = {
        "sample": make_sample(elsewhere),
        "rubric_version": make_rubric_version(elsewhere),
        "teams": make_team(elsewhere),
    }
    answers = []
    for uid in (foreign[name].uid, uuid4()):
        value = [str(uid)] if name == "teams" else str(uid)
        answer = client.post(collection, body | {name: value}, format="json")
        answers.append((answer.status_code, {**answer.json(), "request_id": ""}))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"]) == (400, "invalid_reference")
    assert not Queue.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"overlap": 0},
        {"overlap": 10**20},
        {"lease_minutes": -1},
        {"order": "fastest"},
        {"settling": "never"},
        {"sample": 3},
        {"teams": "all"},
        {"languages": ["de"]},
        {"blinding": {"show": {"answers": True}}},
        {"blinding": []},
        {"name": ""},
    ],
)
def test_settings_that_make_no_sense_are_refused(client, collection, body, change):
    assert client.post(collection, body | change, format="json").status_code == 400
    assert not Queue.objects.exists()


def test_fields_that_a_queue_does_not_take_are_refused(client, collection, body):
    for name in ("id", "uid", "state", "project", "created_by", "error", "closed_at"):
        answer = client.post(collection, body | {name: "1"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert not Queue.objects.exists()


def test_a_draft_is_not_asked(lead, client, collection, body):
    draft = make_rubric_version(lead.project, state="draft")
    answer = client.post(collection, body | {"rubric_version": str(draft.uid)}, format="json")
    assert answer.status_code == 400


def test_a_queue_is_paused_reopened_and_closed(lead, client):
    url = f"/api/v1/queues/{make_queue(lead.project).uid}/"
    for action, state in (("pause", "paused"), ("reopen", "open"), ("close", "closed")):
        assert client.post(f"{url}{action}/").json()["state"] == state
    again = client.post(f"{url}pause/")
    assert (again.status_code, again.json()["code"]) == (409, "queue_state")


def test_queues_of_other_projects_do_not_exist(client):
    elsewhere = make_queue(make_project())
    for uid in (elsewhere.uid, uuid4()):
        assert client.get(f"/api/v1/queues/{uid}/").status_code == 404
        for action in ("pause", "reopen", "close"):
            assert client.post(f"/api/v1/queues/{uid}/{action}/").status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.state == "open"


@pytest.mark.parametrize(
    ("role", "reads", "moves"),
    [("lead", 200, 200), ("engineer", 200, 403), ("viewer", 200, 403), ("annotator", 404, 404)],
)
def test_who_may_see_and_run_queues(call, role, reads, moves):
    member = make_member(None, role)
    queue = make_queue(member.project)
    client = call(member, "read", "manage")
    assert client.get(f"/api/v1/projects/{member.project.slug}/queues/").status_code == reads
    assert client.get(f"/api/v1/queues/{queue.uid}/").status_code == reads
    assert client.post(f"/api/v1/queues/{queue.uid}/pause/").status_code == moves


def test_a_vendor_s_lead_learns_nothing_of_the_house_s_queues(call):
    project = make_project()
    vendor = make_member(project, "lead", team=make_team(project, "vendor"))
    queue = make_queue(project)
    client = call(vendor, "read", "manage")
    assert client.get(f"/api/v1/projects/{project.slug}/queues/").status_code == 404
    for uid in (queue.uid, uuid4()):
        assert client.get(f"/api/v1/queues/{uid}/").status_code == 404
        assert client.post(f"/api/v1/queues/{uid}/pause/").status_code == 404


def test_listing_queues_takes_few_queries(lead, client, collection, django_assert_max_num_queries):
    for _ in range(10):
        make_queue(lead.project)
    client.get(collection)
    with django_assert_max_num_queries(6):
        assert len(client.get(collection).json()["results"]) == 10


def test_a_vendors_lead_sees_what_the_own_team_has_judged_and_no_more(call):
    project = make_project("shop")
    ours, others = make_team(project, "vendor"), make_team(project, "vendor")
    mine, shared, foreign = (make_queue(project, make_items(project, 2)) for _ in range(3))
    mine.teams.add(ours)
    foreign.teams.add(others)
    make_annotation(mine.tasks.first(), make_annotator(project, team=ours))
    make_annotation(shared.tasks.first(), make_annotator(project, team=others))
    client = call(make_member(project, "lead", team=ours), "read")
    rows = client.get("/api/v1/projects/shop/queues/of-team/").json()["results"]
    assert {row["uid"]: row["judged"] for row in rows} == {str(mine.uid): 1, str(shared.uid): 0}
    assert set(rows[0]) == {"uid", "name", "state", "judged"}
    assert client.get("/api/v1/projects/shop/queues/").status_code in (403, 404)
