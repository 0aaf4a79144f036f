"""Verdicts: what a gate answers, bound to its evidence, and never yes without any."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.models import GateVersion, ModelVersion, Verdict
from evaluation.reports.verdicts import Status, status_of
from evaluation.services.gates import ask_verdict, register_gate
from labeling.models import AuditEvent, Job, Project
from labeling.services.items import erase
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
OVERALL = {"scope": "overall", "margin": 0.10}
TREE = [
    {"key": "banking", "parent": None, "label": "Banking"},
    {"key": "balance", "parent": "banking", "label": "Balance"},
    {"key": "travel", "parent": None, "label": "Travel"},
]


@pytest.fixture
def project() -> Project:
    return make_project()


def make_gate(project, references, *criteria, **fields) -> GateVersion:
    frozen = make_set_version(project, references, **fields)
    return register_gate(project, "Live", frozen, criteria or [OVERALL], by=None)


def answers(gate: GateVersion, name: str, given, **fields) -> ModelVersion:
    version = make_version(gate.gate.project, name, **fields)
    make_predictions(version, gate.set_version, given)
    return version


def decided(gate, candidate, baseline=None) -> Verdict:
    verdict = ask_verdict(gate, candidate, baseline, by=None)
    run_jobs()
    verdict.refresh_from_db()
    return verdict


def test_as_good_as_the_baseline_on_many_examples_passes(project):
    gate = make_gate(project, ["a"] * 200)
    baseline = answers(gate, "v1", ["a"] * 180 + ["b"] * 20, state="live")
    candidate = answers(gate, "v2", ["a"] * 190 + ["b"] * 10)
    verdict = decided(gate, candidate)
    assert (verdict.outcome, verdict.baseline) == ("pass", baseline)
    assert verdict.sentence.startswith("Say yes")
    (finding,) = verdict.findings
    assert (finding["n"], finding["wins"], finding["losses"]) == (200, 10, 0)
    assert finding["difference"]["low"] < finding["difference"]["value"] == 0.05


def test_much_worse_on_one_branch_fails_however_good_the_rest_is(project):
    gate = make_gate(
        project,
        ["balance"] * 40 + ["travel"] * 160,
        OVERALL,
        {"scope": "branches", "margin": 0.1, "critical": True},
        taxonomy=TREE,
    )
    baseline = answers(gate, "v1", ["balance"] * 40 + ["travel"] * 120 + ["x"] * 40)
    candidate = answers(gate, "v2", ["travel"] * 40 + ["travel"] * 160)
    verdict = decided(gate, candidate, baseline)
    assert verdict.outcome == "fail"
    assert "on Banking" in verdict.sentence
    outcomes = {finding["slice"]: finding["outcome"] for finding in verdict.findings}
    assert outcomes == {"": "pass", "Banking": "fail", "Travel": "pass"} | {"": outcomes[""]}


def test_few_examples_are_inconclusive_and_say_how_many_more(project):
    gate = make_gate(project, ["a"] * 40)
    baseline = answers(gate, "v1", ["a"] * 36 + ["b"] * 4)
    candidate = answers(gate, "v2", ["b"] * 3 + ["a"] * 37)
    verdict = decided(gate, candidate, baseline)
    assert verdict.outcome == "inconclusive"
    assert verdict.labels_needed


def test_a_branch_without_an_example_is_not_passed(project):
    gate = make_gate(project, ["travel"] * 200, {"scope": "branches", "margin": 0.1}, taxonomy=TREE)
    versions = [answers(gate, name, ["travel"] * 200) for name in ("v2", "v1")]
    verdict = decided(gate, *versions)
    assert verdict.outcome == "inconclusive"
    assert {one["slice"]: one["outcome"] for one in verdict.findings}["Banking"] != "pass"


def test_without_a_baseline_a_margin_cannot_be_judged(project):
    gate = make_gate(project, ["a"] * 50)
    assert decided(gate, answers(gate, "v2", ["a"] * 50)).outcome == "invalid"


def test_a_floor_needs_no_baseline(project):
    gate = make_gate(project, ["a"] * 100, {"scope": "overall", "floor": 0.8})
    assert decided(gate, answers(gate, "v2", ["a"] * 100)).outcome == "pass"


def test_a_judgment_of_one_versions_output_never_scores_another(project):
    gate = make_gate(
        project, ["a"] * 100, {"scope": "overall", "floor": 0.5},
        subject="output", judged_version="v1",
    )  # fmt: skip
    assert decided(gate, answers(gate, "v2", ["a"] * 100)).outcome == "invalid"
    assert decided(gate, answers(gate, "v1", ["a"] * 100)).outcome == "pass"


def test_imported_labels_are_said_to_be_of_unknown_quality(project):
    gate = make_gate(
        project, ["a"] * 100, {"scope": "overall", "floor": 0.5}, provenance="imported"
    )
    verdict = decided(gate, answers(gate, "v2", ["a"] * 100))
    assert "quality is unknown" in verdict.sentence
    assert verdict.evidence["quality_known"] is False


def test_the_same_question_about_the_same_evidence_has_one_answer(project):
    gate = make_gate(project, ["a"] * 50)
    versions = [answers(gate, name, ["a"] * 50) for name in ("v2", "v1")]
    first = decided(gate, *versions)
    assert ask_verdict(gate, *versions, by=None) == first
    assert Verdict.objects.count() == Job.objects.filter(kind="judge_gate").count() == 1


def test_asking_reads_no_prediction(project):
    gate = make_gate(project, ["a"] * 50)
    versions = [answers(gate, name, ["a"] * 50) for name in ("v2", "v1")]
    with CaptureQueriesContext(connection) as asked:
        ask_verdict(gate, *versions, by=None)
    read = [one["sql"] for one in asked.captured_queries if "evaluation_prediction" in one["sql"]]
    assert len(read) == 2
    assert all("COUNT" in sql for sql in read)


def test_what_comes_in_before_the_job_runs_is_judged_and_not_asked_again(project):
    gate = make_gate(project, ["a"] * 50)
    baseline = answers(gate, "v1", ["a"] * 50)
    candidate = answers(gate, "v2", ["a"] * 49 + [None])
    early = ask_verdict(gate, candidate, baseline, by=None)
    make_predictions(candidate, gate.set_version, [None] * 49 + ["a"])
    run_jobs()
    early.refresh_from_db()
    assert early.outcome == "pass"
    assert ask_verdict(gate, candidate, baseline, by=None) == early


def test_one_answer_about_all_is_enough_where_more_came_in_between_two_questions(project):
    gate = make_gate(project, ["a"] * 50)
    baseline = answers(gate, "v1", ["a"] * 50)
    candidate = answers(gate, "v2", ["a"] * 49 + [None])
    early = ask_verdict(gate, candidate, baseline, by=None)
    make_predictions(candidate, gate.set_version, [None] * 49 + ["a"])
    late = ask_verdict(gate, candidate, baseline, by=None)
    run_jobs()
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.outcome, early.digest) == ("invalid", "")
    assert "another verdict" in early.sentence
    assert late.outcome == "pass"


def test_the_database_refuses_a_second_verdict_on_the_same_evidence(project):
    gate = make_gate(project, ["a"] * 50)
    versions = [answers(gate, name, ["a"] * 50) for name in ("v2", "v1")]
    verdict = decided(gate, *versions)
    for same in ({"digest": verdict.digest}, {"question": verdict.question}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Verdict.objects.create(
                gate_version=gate, candidate=versions[0], baseline=versions[1], **same
            )


def test_a_gate_says_pending_while_it_judges_and_unknown_once_more_came_in(project):
    gate = make_gate(project, ["a"] * 50)
    baseline = answers(gate, "v1", ["a"] * 50)
    candidate = answers(gate, "v2", ["a"] * 49 + [None])
    verdict = ask_verdict(gate, candidate, baseline, by=None)
    assert status_of(gate.gate, candidate) == Status("pending", verdict.uid)
    make_predictions(candidate, gate.set_version, [None] * 49 + ["a"])
    assert status_of(gate.gate, candidate) == Status("unknown", None)


def test_one_more_prediction_is_another_question(project):
    gate = make_gate(project, ["a"] * 50)
    baseline = answers(gate, "v1", ["a"] * 50)
    candidate = answers(gate, "v2", ["a"] * 49 + [None])
    first = decided(gate, candidate, baseline)
    assert first.outcome == "invalid"
    assert first.evidence["left_out"] == {"missing": 1, "erased": 0}
    make_predictions(candidate, gate.set_version, [None] * 49 + ["a"])
    second = decided(gate, candidate, baseline)
    assert (second.outcome, first.digest == second.digest) == ("pass", False)
    first.refresh_from_db()
    assert first.outcome == "invalid"


def test_a_version_is_not_compared_with_itself(project):
    gate = make_gate(project, ["a"] * 50)
    live = answers(gate, "v1", ["a"] * 50, state="live")
    with pytest.raises(ValidationError, match="compared with itself"):
        ask_verdict(gate, live, by=None)


def test_an_erased_item_whose_prediction_went_with_it_is_left_out_and_counted(project):
    items = make_items(project, 60, model_version="v1", prediction="a")
    gate = make_gate(project, ["a"] * 60, items=items)
    baseline = make_version(project, "v1")
    candidate = answers(gate, "v2", ["a"] * 60)
    erase(items[0], "asked to", by=make_member(project, "lead"))
    verdict = decided(gate, candidate, baseline)
    assert verdict.outcome == "pass"
    assert verdict.evidence["left_out"] == {"missing": 0, "erased": 1}
    assert verdict.findings[0]["n"] == 59


def test_asking_and_deciding_are_written_down_once_each(project):
    gate = make_gate(project, ["a"] * 50)
    versions = [answers(gate, name, ["a"] * 50) for name in ("v2", "v1")]
    verdict = decided(gate, *versions)
    decided(gate, *versions)
    for verb in ("asked_verdict", "decided_verdict"):
        assert AuditEvent.objects.get(verb=verb).subject_uid == verdict.uid


def test_a_job_that_ends_early_leaves_no_answer_and_can_be_asked_again(project, monkeypatch):
    gate = make_gate(project, ["a"] * 50)
    versions = [answers(gate, name, ["a"] * 50) for name in ("v2", "v1")]

    def breaks(verdict):
        raise RuntimeError("no disk")

    with monkeypatch.context() as broken:
        broken.setattr("evaluation.services.gates.judged", breaks)
        verdict = ask_verdict(gate, *versions, by=None)
        run_jobs(may_fail=True)
    verdict.refresh_from_db()
    assert verdict.outcome == "invalid"
    assert decided(gate, *versions).outcome == "pass"


answered = st.sampled_from(["a", "b", None])


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(rows=st.lists(st.tuples(answered, answered), min_size=0, max_size=30))
def test_missing_evidence_never_passes(project, rows):
    Verdict.objects.all().delete()
    gate = register_gate(
        project, f"Gate {GateVersion.objects.count()}",
        make_set_version(project, ["a"] * len(rows)), [OVERALL], by=None,
    )  # fmt: skip
    number = ModelVersion.objects.count()
    candidate = answers(gate, f"new-{number}", [ours for ours, _ in rows])
    baseline = answers(gate, f"old-{number}", [theirs for _, theirs in rows])
    verdict = decided(gate, candidate, baseline)
    complete = all(ours and theirs for ours, theirs in rows)
    if not complete or len(rows) < 10:
        assert verdict.outcome in {"invalid", "inconclusive"}
