from __future__ import annotations

import json

import pytest

from labeling.services import audit
from tests.factories import make_item, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
RECORD = "/api/v1/projects/x/record/"


@pytest.fixture
def viewer():
    member = make_member(make_project("x"), "viewer")
    item = make_item(member.project)
    audit.record(member, "erased_item", item, why="one")
    audit.record(member, "named_team", member, name="A")
    audit.seal()
    return member


def test_a_program_reads_the_record_page_by_page(viewer, call):
    client = call(viewer, "read")
    first = client.get(RECORD, {"page_size": 1}).json()
    assert [row["verb"] for row in first["results"]] == ["named_team"]
    second = client.get(first["next"]).json()
    assert [row["verb"] for row in second["results"]] == ["erased_item"]
    assert first["results"][0]["previous_digest"] == second["results"][0]["digest"]


def test_a_program_searches_as_people_do(viewer, call):
    client = call(viewer, "read")
    item = viewer.project.items.get()
    for asked in ({"verb": "erased_item"}, {"kind": "item"}, {"subject": item.uid}):
        found = client.get(RECORD, asked).json()["results"]
        assert [row["subject_uid"] for row in found] == [str(item.uid)]
    assert len(client.get(RECORD, {"who": viewer.uid}).json()["results"]) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("subject", "x"), ("since", "yesterday"), ("who", "5f0c2d3e-8a41-4b7e-9c66-2f1d0e9b7a58")],
)
def test_a_filter_that_makes_no_sense_is_refused_by_its_name(viewer, call, name, value):
    answer = call(viewer, "read").get(RECORD, {name: value})
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {name})


def test_a_filter_that_nobody_knows_is_refused(viewer, call):
    assert call(viewer, "read").get(RECORD, {"before": 1}).status_code == 400


def test_a_program_takes_the_same_lines_out_as_a_file(viewer, call):
    client = call(viewer, "read")
    answer = client.get(f"{RECORD}export/", {"verb": "named_team"})
    lines = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert lines == client.get(RECORD, {"verb": "named_team"}).json()["results"]
    assert answer["Fettle-Chain-Head"].startswith("2 ")
    assert client.get(f"{RECORD}export/", {"file_format": "xml"}).status_code == 400


def test_a_program_asks_whether_the_record_is_whole(viewer, call):
    client = call(viewer, "read")
    chain = client.get(f"{RECORD}chain/").json()
    assert (chain["sealed"], chain["unsealed"], chain["checked_at"]) == (2, 0, None)
    assert client.post(f"{RECORD}chain/").status_code == 202
    run_jobs()
    chain = client.get(f"{RECORD}chain/").json()
    assert (chain["checked"], chain["broken"]) == (2, None)
    assert len(chain["head"]) == 64


def test_a_token_for_items_does_not_open_the_record(viewer, call):
    lead = make_member(viewer.project, "lead")
    assert call(lead, "items").get(RECORD).status_code == 404
