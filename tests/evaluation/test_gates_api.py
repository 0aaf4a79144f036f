"""Gates and verdicts for programs."""

from __future__ import annotations

from uuid import uuid4

import pytest

from evaluation.models import Verdict
from labeling.models import Project
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
GATES = "/api/v1/projects/support/gates/"
OVERALL = {"scope": "overall", "margin": 0.1}


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def frozen(project):
    return make_set_version(project, ["a"] * 60)


@pytest.fixture
def program(project, call):
    return call(make_member(project, "engineer"), "evaluate", "manage")


def register(program, frozen, **fields):
    asked = {"name": "Live", "set_version": str(frozen.uid), "criteria": [OVERALL], **fields}
    return program.post(GATES, asked, format="json")


def make_candidate(project, frozen, name="v2", given="a", **fields):
    version = make_version(project, name, **fields)
    make_predictions(version, frozen, [given] * 60)
    return version


def test_a_gate_is_registered_listed_and_read(program, frozen):
    made = register(program, frozen)
    assert made.status_code == 201, made.json()
    (version,) = made.json()["versions"]
    assert version["criteria"][0]["margin"] == 0.1
    assert program.get(GATES).json()["results"] == [made.json()]
    assert program.get(f"/api/v1/gates/{made.json()['uid']}/").json() == made.json()


def test_without_criteria_a_gate_has_the_default_ones(program, frozen):
    made = program.post(GATES, {"name": "x", "set_version": str(frozen.uid)}, format="json")
    assert [row["scope"] for row in made.json()["versions"][0]["criteria"]] == ["overall"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"criteria": [{"scope": "overall"}]},
        {"criteria": [{"scope": "overall", "margin": 0.1, "status": "pass"}]},
        {"criteria": [{"scope": "slice", "margin": 0.1, "conditions": [{"a": 1}], "name": "x"}]},
        {"error_rate": 0.9},
        {"outcome": "pass"},
    ],
)
def test_what_is_not_well_formed_is_refused(program, frozen, wrong):
    assert register(program, frozen, **wrong).status_code == 400


def test_a_foreign_set_version_is_refused_like_a_random_one(program):
    foreign = make_set_version(make_project(), ["a"])
    answers = [
        program.post(GATES, {"name": "x", "set_version": str(uid)}, format="json")
        for uid in (foreign.uid, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    said = [{**answer.json(), "request_id": ""} for answer in answers]
    assert said[0] == said[1]


def test_a_verdict_is_asked_for_waited_for_and_read(program, project, frozen):
    gate = register(program, frozen).json()["uid"]
    make_candidate(project, frozen, "v1", state="live")
    candidate = make_candidate(project, frozen)
    body = {"candidate": str(candidate.uid)}
    asked = program.post(f"/api/v1/gates/{gate}/verdicts/", body, format="json")
    assert (asked.status_code, asked.json()["outcome"]) == (202, "pending")
    junit = f"/api/v1/verdicts/{asked.json()['uid']}/junit/"
    assert program.get(junit).status_code == 409
    run_jobs()
    verdict = program.get(f"/api/v1/verdicts/{asked.json()['uid']}/").json()
    assert (verdict["outcome"], len(verdict["findings"])) == ("pass", 1)
    assert program.get(junit)["Content-Type"] == "application/xml"
    assert b'failures="0"' in program.get(junit).content
    assert program.get(f"{junit}?inconclusive=maybe").status_code == 400
    again = program.post(f"/api/v1/gates/{gate}/verdicts/", body, format="json")
    assert again.json()["uid"] == verdict["uid"]
    listed = program.get(f"/api/v1/gates/{gate}/verdicts/").json()["results"]
    assert [row["uid"] for row in listed] == [verdict["uid"]]


def test_the_status_is_that_of_exactly_this_candidate_and_unknown_for_anything_else(
    program, project, frozen
):
    gate = register(program, frozen).json()["uid"]
    make_candidate(project, frozen, "v1", state="live")
    candidate = make_candidate(project, frozen, digest="sha256:1234")
    other = make_candidate(project, frozen, "v3")
    body = {"candidate": str(candidate.uid)}
    program.post(f"/api/v1/gates/{gate}/verdicts/", body, format="json")
    run_jobs()
    address = f"/api/v1/gates/{gate}/status/?candidate="
    for name in ("v2", "sha256:1234", candidate.uid):
        assert program.get(f"{address}{name}").json()["status"] == "pass"
    for name in ("", "v3", other.uid, uuid4(), "sha256:9999"):
        assert program.get(f"{address}{name}").json() == {"status": "unknown", "verdict": None}
    register(program, frozen, criteria=[{**OVERALL, "margin": 0.01}])
    assert program.get(f"{address}v2").json()["status"] == "unknown"


def test_a_verdict_cannot_be_written(program, project, frozen):
    gate = register(program, frozen).json()["uid"]
    candidate = make_candidate(project, frozen)
    wish = {"candidate": str(candidate.uid), "outcome": "pass"}
    assert program.post(f"/api/v1/gates/{gate}/verdicts/", wish, format="json").status_code == 400
    assert not Verdict.objects.exists()


def test_a_token_that_reads_asks_for_nothing(project, frozen, call, program):
    gate = register(program, frozen).json()["uid"]
    reader = call(make_member(project, "engineer"), "read")
    assert reader.get(f"/api/v1/gates/{gate}/").status_code == 200
    assert reader.post(f"/api/v1/gates/{gate}/verdicts/", {}, format="json").status_code == 403
    assert reader.post(GATES, {}, format="json").status_code == 403
