"""Gates about what people said: win rates and scores pass, fail, stay open, or wait."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from evaluation.models import JudgedEvaluation
from evaluation.reports.verdicts import as_suite, differences, shown_findings, status_of
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from evaluation.services.judged import count_now
from labeling.services.queues import close_queue
from tests.evaluation.judging import (
    always,
    judge_all,
    make_judged,
    make_outputs,
    make_pairs,
    prefer,
    tone,
)
from tests.factories import make_member, make_project, make_rubric_version

pytestmark = pytest.mark.django_db
WINS = {"metric": "win_rate", "question": "better", "scope": "overall", "floor": 0.5}
KINDER = {"metric": "rubric_score", "question": "tone", "scope": "overall", "margin": 0.1}


@pytest.mark.parametrize(
    ("won", "outcome", "says"),
    [
        (20, "pass", "its win rate on “better” is at least"),
        (0, "fail", "surely not above"),
        (11, "inconclusive", "more labels would settle it"),
    ],
    ids=["won", "lost", "even"],
)
def test_a_win_rate_is_shown_to_hold_shown_to_be_broken_or_open(won, outcome, says):
    project = make_project()
    evaluation = make_pairs(project, 20)
    judge_all(project, prefer("new"), most=won)
    judge_all(project, prefer("old"))
    count_now(evaluation, by=None)

    verdict = judged_by(evaluation, [WINS])

    assert (verdict.outcome, says in verdict.sentence) == (outcome, True), verdict.sentence
    assert bool(verdict.labels_needed) == (outcome == "inconclusive")
    assert all(found.startswith("the set:") for found in differences(verdict))
    assert as_suite(verdict).cases[0].name == "win_rate better overall floor 0.5"
    assert shown_findings(verdict)[0].wins is None


def test_as_long_as_people_judge_there_is_no_verdict_and_then_the_question_is_another():
    project = make_project()
    evaluation = make_pairs(project, 20)
    judge_all(project, prefer("new"), most=12)

    waiting = judged_by(evaluation, [WINS])
    assert waiting.outcome == "invalid"
    assert "12 of 20 outputs are judged" in waiting.sentence

    judge_all(project, prefer("new"))
    count_now(evaluation, by=None)
    gate = waiting.gate_version.gate
    assert status_of(gate, evaluation.model_version).status == "unknown"
    assert judged_by(evaluation, [WINS]).outcome == "pass"


def test_nobody_was_asked_the_queue_was_closed_or_an_output_was_missing():
    project = make_project()
    set_version, new, old = make_outputs(project, 20)
    asked = {"rubric_version": make_rubric_version(project, [better_pair()]), "against": old}
    evaluation = make_judged(project, set_version, new, **asked)
    judge_all(project, prefer("new"), most=15)
    close_queue(evaluation.queue, by=make_member(project, "lead"))
    count_now(evaluation, by=None)
    assert "5 of its 20 outputs were never judged" in judged_by(evaluation, [WINS]).sentence

    never = judged_by(evaluation, [WINS], baseline=None)
    assert never.outcome == "invalid"
    assert "people have not been asked" in never.sentence

    old.predictions.first().delete()
    again = make_judged(project, set_version, new, **asked)
    judge_all(project, prefer("new"))
    count_now(again, by=None)
    assert "1 example has no prediction" in judged_by(again, [WINS]).sentence


def test_a_changed_result_is_no_evidence():
    project = make_project()
    evaluation = make_pairs(project, 20)
    judge_all(project, prefer("new"))
    done = count_now(evaluation, by=None)
    verdict = judged_by(evaluation, [WINS])
    done.result["questions"][0]["scores"][3] = 0.0
    JudgedEvaluation.objects.filter(pk=done.pk).update(result=done.result)

    assert "its findings is not what the evidence gives" in list(differences(verdict))
    assert (
        "changed after it was counted" in judged_by(evaluation, [{**WINS, "floor": 0.4}]).sentence
    )


@pytest.mark.parametrize(
    ("new_says", "old_says", "outcome"),
    [("kind", "plain", "pass"), ("rude", "kind", "fail"), ("plain", "plain", "pass")],
)
def test_scores_of_two_versions_are_compared_item_by_item(new_says, old_says, outcome):
    project = make_project()
    set_version, new, old = make_outputs(project, 60)
    rubric = make_rubric_version(project, [tone()])
    for version, said in ((new, new_says), (old, old_says)):
        evaluation = make_judged(project, set_version, version, rubric_version=rubric)
        judge_all(project, always(said, "tone"))
        count_now(evaluation, by=None)

    gate = register_gate(project, "Kind", set_version, [KINDER], by=None)
    verdict = perform_verdict(ask_verdict(gate, new, old, by=None))

    assert verdict.outcome == outcome, verdict.sentence
    assert verdict.findings[0]["n"] == 60


def test_scores_asked_by_different_rubric_versions_are_not_compared():
    project = make_project()
    set_version, new, old = make_outputs(project, 20)
    for version in (new, old):
        evaluation = make_judged(project, set_version, version, criteria=[tone()])
        judge_all(project, always("kind", "tone"))
        count_now(evaluation, by=None)

    gate = register_gate(project, "Kind", set_version, [KINDER], by=None)
    verdict = perform_verdict(ask_verdict(gate, new, old, by=None))

    assert verdict.outcome == "invalid"
    assert "different rubric versions" in verdict.sentence


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"question": "unknown"}, "No published rubric asks"),
        ({"question": ""}, "is of a label|are of a label"),
        ({"floor": None, "margin": 0.1}, "say what it is to reach"),
        ({"metric": "accuracy"}, "are of a label"),
    ],
    ids=["unknown", "none", "margin", "accuracy"],
)
def test_a_criterion_that_could_never_be_judged_is_refused(changed, why):
    project = make_project()
    evaluation = make_pairs(project, 2)

    with pytest.raises(ValidationError, match=why):
        register_gate(project, "G", evaluation.set_version, [{**WINS, **changed}], by=None)


def better_pair():
    return {"key": "better", "kind": "preference", "subject": "pair", "prompt": "Which is better?"}


def judged_by(evaluation, criteria, **against):
    project = evaluation.model_version.project
    gate = register_gate(project, "People", evaluation.set_version, criteria, by=None)
    baseline = against.get("baseline", evaluation.against)
    return perform_verdict(ask_verdict(gate, evaluation.model_version, baseline, by=None))
