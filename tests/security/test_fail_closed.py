"""What cannot be judged never passes, and what has passed cannot be carried over (A66, A67)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from evaluation.models import ModelVersion, Prediction, SetVersion, Verdict
from evaluation.policy.gates import MINIMUM
from labeling.models import Project
from maintenance.models import Stage
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

EXAMPLES = 40
OVERALL = {"scope": "overall", "margin": 0.9}


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def program(project, call) -> APIClient:
    return call(make_member(project, "engineer"), "evaluate", "manage", "release", "read")


@pytest.fixture
def frozen(project) -> SetVersion:
    return make_set_version(project, ["a"] * EXAMPLES)


class Loop:
    """A candidate on its way out, by the API alone: predictions, a gate, a release."""

    def __init__(self, program: APIClient, project: Project, frozen: SetVersion) -> None:
        self.program, self.project, self.frozen = program, project, frozen
        live = make_version(project, "v1", state="live")
        make_predictions(live, frozen, ["a"] * frozen.examples.count())
        self.candidate = make_version(project, "v2")
        self.gate = self.register(criteria=[OVERALL]).json()["uid"]

    def post(self, address: str, body: Any):
        return self.program.post(f"/api/v1/{address}", body, format="json")

    def register(self, **fields: Any):
        asked = {"name": "Live", "set_version": str(self.frozen.uid), **fields}
        return self.post("projects/support/gates/", asked)

    def push(self, rows: list[dict[str, Any]]):
        """Predictions as any program can write them: also with what is no JSON."""
        address = f"/api/v1/versions/{self.candidate.uid}/predictions/"
        return self.program.generic("POST", address, json.dumps(rows), "application/json")

    def rows(self, **fields: Any) -> list[dict[str, Any]]:
        items = self.frozen.examples.order_by("position").values_list("item__external_id")
        return [{"external_id": name, "prediction": "a", **fields} for (name,) in items]

    def judged(self) -> dict[str, Any]:
        """The gate's verdict on the candidate, asked for and waited for."""
        body = {"candidate": str(self.candidate.uid)}
        asked = self.post(f"gates/{self.gate}/verdicts/", body)
        assert asked.status_code == 202, asked.json()
        run_jobs()
        answer: dict[str, Any] = self.program.get(f"/api/v1/verdicts/{asked.json()['uid']}/").json()
        return answer

    def released(self) -> str:
        body = {
            "candidate": str(self.candidate.uid),
            "gate": self.gate,
            "rollback_plan": "Set the router back.",
        }
        made = self.post("projects/support/releases/", body)
        assert made.status_code == 201, made.json()
        uid: str = made.json()["uid"]
        return uid

    def refused(self, release: str) -> list[tuple[int, str]]:
        """What whoever would go on is told: by the question, by the act, by the status."""
        stage = str(Stage.objects.filter(release__uid=release, entered_at=None)[0].uid)
        asked = self.program.get(f"/api/v1/releases/{release}/may-enter/")
        entered = self.post(f"releases/{release}/stages/", {"stage": stage})
        return [(one.status_code, one.json().get("code", "")) for one in (asked, entered)]


NO_WAY_IN = [(409, "may_not_enter"), (409, "may_not_enter")]


@pytest.fixture
def loop(program, project, frozen) -> Loop:
    return Loop(program, project, frozen)


def assert_never_passes(loop: Loop, verdict: dict[str, Any], outcomes: set[str]) -> None:
    assert verdict["outcome"] in outcomes, verdict["sentence"]
    assert loop.refused(loop.released()) == NO_WAY_IN
    assert not Stage.objects.exclude(entered_at=None).exists()
    status = loop.program.get(f"/api/v1/gates/{loop.gate}/status/?candidate=v2").json()
    assert status["status"] != "pass"
    junit = loop.program.get(f"/api/v1/verdicts/{verdict['uid']}/junit/").content
    assert b'failures="0" errors="0"' not in junit


@pytest.mark.parametrize("missing", [1, EXAMPLES - 1, EXAMPLES])
def test_a66_a_verdict_with_missing_predictions_never_passes(loop, missing):
    loop.push(loop.rows()[missing:])
    assert_never_passes(loop, loop.judged(), {"invalid"})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a66_a_confidence_that_is_no_number_is_no_prediction(loop, value):
    loop.push(loop.rows(confidence=value))
    assert not Prediction.objects.filter(version=loop.candidate).exists()
    assert_never_passes(loop, loop.judged(), {"invalid"})


@pytest.mark.parametrize("name", ["margin", "floor", "error_rate"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "null", "1e999"])
def test_a66_no_gate_is_registered_with_a_threshold_that_is_no_number(loop, name, value):
    criterion = f'{{"scope": "overall", "{name}": {value}}}'
    more = "" if name != "error_rate" else f', "error_rate": {value}'
    criterion = criterion if name != "error_rate" else json.dumps(OVERALL)
    body = f'{{"name": "x", "set_version": "{loop.frozen.uid}", "criteria": [{criterion}]{more}}}'
    address = "/api/v1/projects/support/gates/"
    answer = loop.program.generic("POST", address, body, "application/json")
    assert answer.status_code == 400, answer.json()


def test_a66_a_set_without_a_label_lets_nothing_pass(program, project):
    empty = Loop(program, project, make_set_version(project, []))
    assert_never_passes(empty, empty.judged(), {"inconclusive"})


def test_a66_too_few_labels_let_nothing_pass(program, project):
    few = Loop(program, project, make_set_version(project, ["a"] * (MINIMUM - 1)))
    few.push(few.rows())
    assert_never_passes(few, few.judged(), {"inconclusive"})


def test_a66_a_verdict_that_is_still_judged_lets_nothing_in(loop):
    loop.push(loop.rows())
    loop.post(f"gates/{loop.gate}/verdicts/", {"candidate": str(loop.candidate.uid)})
    assert loop.refused(loop.released()) == NO_WAY_IN


class TestAfterAPass:
    """A67: a pass is of this evidence and this candidate, and of nothing else."""

    @pytest.fixture
    def release(self, loop) -> str:
        loop.push(loop.rows())
        assert loop.judged()["outcome"] == "pass"
        release = loop.released()
        assert loop.program.get(f"/api/v1/releases/{release}/may-enter/").status_code == 200
        return release

    def test_a67_predictions_that_were_changed_since_let_nothing_in(self, loop, release):
        Prediction.objects.filter(version=loop.candidate).update(value="b")
        assert loop.refused(release) == NO_WAY_IN

    def test_a67_a_threshold_that_was_changed_since_lets_nothing_in(self, loop, release):
        assert loop.register(criteria=[{"scope": "overall", "margin": 0.01}]).status_code == 201
        assert loop.refused(release) == NO_WAY_IN

    def test_a67_a_verdict_cannot_be_written(self, loop, release):
        verdict = Verdict.objects.get()
        address = f"/api/v1/verdicts/{verdict.uid}/"
        for send in (loop.program.patch, loop.program.put, loop.program.post):
            assert send(address, {"outcome": "pass"}, format="json").status_code == 405
        body = {"candidate": str(loop.candidate.uid), "outcome": "pass"}
        assert loop.post(f"gates/{loop.gate}/verdicts/", body).status_code == 400

    def test_a67_the_status_of_any_other_candidate_is_unknown(self, loop, release):
        make_version(loop.project, "v3", parent=loop.candidate)
        for other in ("v3", "V2", "v2 ", str(uuid4()), "sha256:0", ""):
            asked = loop.program.get(f"/api/v1/gates/{loop.gate}/status/", {"candidate": other})
            assert asked.json().get("status", "unknown") == "unknown", other
        assert ModelVersion.objects.get(name="v2").state == "candidate"
