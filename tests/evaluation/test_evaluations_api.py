from __future__ import annotations

import json
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from labeling.models import Membership
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
NDJSON = "application/x-ndjson"


@pytest.fixture
def engineer() -> Membership:
    return make_member(None, "engineer")


@pytest.fixture
def api(call, engineer) -> APIClient:
    return call(engineer, "evaluate")


def project_url(member: Membership, noun: str) -> str:
    return f"/api/v1/projects/{member.project.slug}/{noun}/"


def test_a_version_is_registered_listed_and_made_live(api, engineer):
    url = project_url(engineer, "versions")
    parent = api.post(url, {"name": "v1", "state": "live"}, format="json").json()
    made = api.post(url, {"name": "v2", "commit": "9f2c", "parent": parent["uid"]}, format="json")
    assert (made.status_code, made.json()["parent"]) == (201, parent["uid"])
    assert [row["name"] for row in api.get(url).json()["results"]] == ["v2", "v1"]
    uid = made.json()["uid"]
    moved = api.post(f"/api/v1/versions/{uid}/states/", {"state": "live"}, format="json")
    assert moved.json()["state"] == "live"
    again = api.post(f"/api/v1/versions/{uid}/states/", {"state": "live"}, format="json")
    assert again.status_code == 409
    assert api.get(f"/api/v1/versions/{parent['uid']}/").json()["state"] == "retired"
    assert api.post(url, {"name": "v2"}, format="json").status_code == 409
    assert api.post(url, {"name": "v3", "colour": 1}, format="json").status_code == 400


def test_a_parent_elsewhere_is_refused_like_a_random_one(api, engineer):
    url = project_url(engineer, "versions")
    foreign = make_version(make_project()).uid
    said = [
        api.post(url, {"name": "v1", "parent": str(uid)}, format="json").json()
        for uid in (foreign, uuid4())
    ]
    assert said[0]["code"] == said[1]["code"] == "invalid_reference"
    assert said[0]["fields"] == said[1]["fields"]


def test_predictions_are_sent_as_lines_or_as_an_array(api, engineer):
    version = make_version(engineer.project)
    first, second = make_items(engineer.project, 2)
    url = f"/api/v1/versions/{version.uid}/predictions/"
    rows = [
        {"external_id": first.external_id, "prediction": "a", "confidence": 0.5},
        {"external_id": "nobody", "prediction": "a"},
    ]
    sent = api.post(url, "\n".join(map(json.dumps, rows)), content_type=NDJSON)
    assert sent.status_code == 200, sent.json()
    assert (sent.json()["accepted"], sent.json()["refused"]) == (1, 1)
    assert [row["line"] for row in sent.json()["refused_rows"]] == [2]
    one = [{"external_id": second.external_id, "prediction": "b"}]
    assert api.post(url, one, format="json").json()["accepted"] == 1
    none = api.post(url, [{"external_id": "nobody", "prediction": "a"}], format="json")
    assert (none.status_code, list(none.json()["fields"])) == (400, ["line 1"])
    uploads = api.get(f"/api/v1/versions/{version.uid}/uploads/").json()["results"]
    assert [row["state"] for row in uploads] == ["failed", "done", "done"]
    got = api.get(f"/api/v1/uploads/{sent.json()['uid']}/").json()
    assert got["refused_rows"] == sent.json()["refused_rows"]
    assert api.post(url, "", content_type=NDJSON).status_code == 400


def test_completeness_says_how_many_examples_are_answered(api, engineer):
    version = make_version(engineer.project)
    frozen = make_set_version(engineer.project, "ab")
    make_predictions(version, frozen, ["a", None])
    url = f"/api/v1/versions/{version.uid}/completeness/"
    found = api.get(url, {"set_version": str(frozen.uid)})
    assert found.json() == {"predicted": 1, "size": 2, "missing": 1}
    foreign = make_set_version(make_project(), "a")
    for uid in (foreign.uid, uuid4(), "x", ""):
        assert api.get(url, {"set_version": str(uid)}).status_code == 400
    assert api.get(url, {"sets": "x"}).json()["code"] == "unknown_filter"


def test_an_evaluation_is_asked_for_and_read(api, engineer):
    version = make_version(engineer.project)
    frozen = make_set_version(engineer.project, "abb")
    make_predictions(version, frozen, "aba", [0.9, 0.8, 0.7])
    url = project_url(engineer, "evaluations")
    asked = {"version": str(version.uid), "set_version": str(frozen.uid)}
    made = api.post(url, asked, format="json")
    assert (made.status_code, made.json()["state"], made.json()["result"]) == (202, "running", None)
    run_jobs()
    got = api.get(f"/api/v1/evaluations/{made.json()['uid']}/").json()
    assert (got["state"], got["missing"]) == ("done", 0)
    assert got["result"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert [row["label"] for row in got["result"]["labels"]] == ["a", "b"]
    listed = api.get(url, {"version": str(version.uid)}).json()["results"]
    assert [row["uid"] for row in listed] == [got["uid"]]
    assert "result" not in listed[0]
    assert api.get(url, {"version": str(uuid4())}).status_code == 400


def test_an_evaluation_of_foreign_rows_is_refused(api, engineer):
    version, frozen = make_version(engineer.project), make_set_version(engineer.project, "a")
    other = make_project()
    url = project_url(engineer, "evaluations")
    for asked in (
        {"version": str(make_version(other).uid), "set_version": str(frozen.uid)},
        {"version": str(version.uid), "set_version": str(make_set_version(other, "a").uid)},
        {"version": str(version.uid)},
    ):
        assert api.post(url, asked, format="json").status_code == 400


def test_a_viewer_reads_but_does_not_ask(call, engineer):
    viewer = make_member(engineer.project, "viewer")
    api = call(viewer, "read", "evaluate")
    version = make_version(engineer.project)
    assert api.get(f"/api/v1/versions/{version.uid}/").status_code == 200
    url = f"/api/v1/versions/{version.uid}/states/"
    assert api.post(url, {"state": "live"}, format="json").status_code == 403
    url = project_url(engineer, "evaluations")
    assert api.get(url).status_code == 200
    assert api.post(url, {}, format="json").status_code == 403


def test_fixed_and_broken_examples_are_listed_page_by_page(api, engineer):
    frozen = make_set_version(engineer.project, "aaaaaa")
    old, new = make_version(engineer.project), make_version(engineer.project)
    make_predictions(old, frozen, "baaabb")
    make_predictions(new, frozen, "abbbbc")
    url = f"/api/v1/versions/{new.uid}/differences/"
    asked = {"set_version": str(frozen.uid), "against": str(old.uid)}
    found = api.get(url, {**asked, "change": "broken", "page_size": "2"}).json()
    assert [found[name] for name in ("fixed", "broken", "both_wrong")] == [1, 3, 2]
    assert [(row["answer"], row["before"]) for row in found["results"]] == [("b", "a")] * 2
    rest = api.get(found["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
    fixed = api.get(url, {**asked, "change": "fixed"}).json()["results"]
    assert fixed[0]["external_id"] == frozen.examples.first().item.external_id
    wrong = {"change": "odd", "part": "none", "cursor": "x", "against": str(uuid4())}
    for name, value in wrong.items():
        assert api.get(url, {**asked, name: value}).status_code == 400
