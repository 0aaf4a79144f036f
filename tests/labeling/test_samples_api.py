from __future__ import annotations

from uuid import uuid4

import pytest

from labeling.models import Sample
from tests.factories import make_items, make_member, make_project, make_sample
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(None, "lead")


@pytest.fixture
def client(lead, call):
    return call(lead, "manage")


@pytest.fixture
def collection(lead):
    return f"/api/v1/projects/{lead.project.slug}/samples/"


def test_a_sample_is_asked_for_drawn_and_read(lead, client, collection):
    make_items(lead.project, 20)
    asked = client.post(collection, {"name": "Week 1", "size": 8, "seed": 3}, format="json")
    run_jobs()
    url = f"/api/v1/samples/{asked.json()['uid']}/"
    sample = client.get(url).json()
    assert (asked.status_code, asked.json()["state"]) == (202, "drawing")
    assert (sample["state"], sample["size"], sample["seed"]) == ("drawn", 8, 3)
    assert client.get(collection).json()["results"][0]["uid"] == sample["uid"]


def test_members_come_in_pages_with_what_they_stand_for(lead, client):
    sample = make_sample(lead.project, make_items(lead.project, 5))
    sample.members.filter(position=1).update(inclusion_probability=0.25, copies=2, stratum="de")
    first = client.get(f"/api/v1/samples/{sample.uid}/members/", {"page_size": 2}).json()
    rows = first["results"]
    while first["next"]:
        first = client.get(first["next"]).json()
        rows += first["results"]
    assert [row["position"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[1]["weight"] == 8
    assert set(rows[1]) == {
        "item",
        "external_id",
        "position",
        "stratum",
        "inclusion_probability",
        "copies",
        "weight",
    }


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"name": "A"},
        {"name": "A", "size": 0},
        {"name": "A", "size": "many"},
        {"name": "A", "size": 5, "rate": 0.5},
        {"name": "A", "rate": 0},
        {"name": "A", "size": 5, "slices": ["Gone"]},
        {"name": "A", "size": 5, "since": "soon"},
        {"name": "A", "size": 5, "seed": 2**63},
        {"name": "A\x00", "size": 5},
        [],
    ],
)
def test_a_plan_that_says_nonsense_is_refused(client, collection, plan):
    assert client.post(collection, plan, format="json").status_code == 400
    assert not Sample.objects.exists()


def test_fields_that_a_plan_does_not_have_are_refused(client, collection):
    for name in ("id", "uid", "state", "digest", "project", "created_by", "imported_until"):
        answer = client.post(collection, {"name": "A", "size": 5, name: "1"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert not Sample.objects.exists()


def test_a_slice_that_is_not_there_is_an_invalid_reference(client, collection):
    answer = client.post(collection, {"name": "A", "size": 5, "slices": ["Gone"]}, format="json")
    assert answer.json()["code"] == "invalid_reference"


def test_samples_of_other_projects_do_not_exist(client):
    elsewhere = make_sample(make_project())
    answers = set()
    for uid in (elsewhere.uid, uuid4()):
        for url in (f"/api/v1/samples/{uid}/", f"/api/v1/samples/{uid}/members/"):
            answer = client.get(url)
            answers.add((answer.status_code, answer.json()["message"]))
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_a_filter_that_is_not_known_is_refused(lead, client, collection):
    sample = make_sample(lead.project)
    for url in (collection, f"/api/v1/samples/{sample.uid}/members/"):
        answer = client.get(url, {"project": "other"})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_filter")


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("lead", 200, 202), ("engineer", 200, 403), ("viewer", 200, 403), ("annotator", 404, 404)],
)
def test_who_may_see_and_draw_samples(call, role, reads, writes):
    member = make_member(None, role)
    client = call(member, "read", "manage")
    url = f"/api/v1/projects/{member.project.slug}/samples/"
    assert client.get(url).status_code == reads
    assert client.post(url, {"name": "A", "size": 5}, format="json").status_code == writes


def test_a_page_of_members_takes_few_queries(lead, client, django_assert_max_num_queries):
    sample = make_sample(lead.project, make_items(lead.project, 60))
    url = f"/api/v1/samples/{sample.uid}/members/"
    client.get(url)
    with django_assert_max_num_queries(5):
        assert len(client.get(url).json()["results"]) == 50
