from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from evaluation.models import Evaluation
from labeling.errors import Conflict
from labeling.models import AuditEvent, RubricChange
from maintenance.models import RetrainingDecision
from maintenance.services.cases import case_for_alert, close_case
from maintenance.services.retraining import decide_retraining
from tests.evaluation.makers import make_set_version, make_version
from tests.factories import make_item, make_member, make_project, make_rubric_version
from tests.maintenance.makers import (
    make_alert,
    make_case,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)

pytestmark = pytest.mark.django_db

WHY = "German accuracy has been below 80 % for two weeks."


def fired(project, layer="performance"):
    return make_alert(make_monitor(make_signal(project, layer=layer)))


def evaluation(project, state="done"):
    version, set_version = make_version(project), make_set_version(project)
    return Evaluation.objects.create(
        model_version=version, set_version=set_version, state=state, predictions_digest="e" * 64
    )


def redefined(project, *, is_meaning=True):
    """A rubric version that was published with one change."""
    before = make_rubric_version(project)
    version = make_rubric_version(project, rubric=before.rubric, number=2)
    RubricChange.objects.create(
        version=version, before=before, position=0, ident="topic", is_meaning=is_meaning
    )
    return version


def decide(case, answer="retrain", ground="deviation", evidence=(), by=None):
    return decide_retraining(case, answer, ground, WHY, evidence=evidence, by=by)


def test_a_decision_keeps_what_it_rests_on_in_words_and_digest():
    lead = make_member(None, "lead")
    alert = fired(lead.project)
    case = case_for_alert(alert)
    verdict = make_verdict(make_release(lead.project))
    decision = decide(case, evidence=[alert, verdict], by=lead)
    assert [one["kind"] for one in decision.evidence] == ["alert", "verdict"]
    assert decision.evidence[0]["text"] == alert.sentence
    assert decision.evidence[1]["digest"] == verdict.digest
    assert all(len(one["digest"]) == 64 for one in decision.evidence)


def test_a_decision_is_one_event():
    lead = make_member(None, "lead")
    decision = decide(make_case(lead.project), "wait", "review", by=lead)
    event = AuditEvent.objects.about(decision).get()
    assert (event.verb, event.member) == ("decided_retraining", lead)
    assert event.detail["answer"] == "wait"


def test_a_later_decision_replaces_the_one_before():
    case = make_case()
    first, second = decide(case, "wait", "review"), decide(case, "nothing", "review")
    assert second.supersedes == first
    assert list(RetrainingDecision.objects.current()) == [second]


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        ("deviation", "at least one alert, verdict or evaluation"),
        ("drift", "signal of the input"),
        ("label_change", "rubric version that changes"),
        ("review", "at least one item"),
    ],
)
def test_to_retrain_without_evidence_is_refused_in_words(ground, words):
    case = make_case()
    with pytest.raises(ValidationError, match=words):
        decide(case, ground=ground)
    assert not RetrainingDecision.objects.exists()
    assert AuditEvent.objects.filter(verb="decided_retraining").count() == 0


def test_each_ground_carries_with_its_evidence():
    project = make_project()
    confirmed = redefined(project)
    carried = [
        ("deviation", [evaluation(project)]),
        ("drift", [fired(project, "input"), fired(project)]),
        ("label_change", [confirmed]),
        ("review", [make_item(project)]),
    ]
    for ground, cited in carried:
        decide(make_case(project), ground=ground, evidence=cited)
    assert RetrainingDecision.objects.count() == len(carried)


def test_a_definition_that_is_only_proposed_or_only_reworded_is_no_ground():
    project = make_project()
    before = make_rubric_version(project)
    draft = make_rubric_version(
        project, rubric=before.rubric, number=2, state="draft", published_at=None
    )
    for cited in (draft, redefined(project, is_meaning=False)):
        with pytest.raises(ValidationError, match="not confirmed"):
            decide(make_case(project), ground="label_change", evidence=[cited])


def test_what_is_not_decided_or_not_done_is_not_cited():
    project = make_project()
    pending = make_verdict(make_release(project), "pending")
    for cited in (pending, evaluation(project, "running")):
        with pytest.raises(ValidationError, match="cited once"):
            decide(make_case(project), evidence=[cited])


def test_rows_of_another_project_are_no_evidence():
    other = make_project()
    with pytest.raises(ValidationError, match="no such row"):
        decide(make_case(), evidence=[fired(other)])


def test_nothing_is_decided_on_a_closed_case():
    case = close_case(make_case(), "Done.", by=None)
    with pytest.raises(Conflict):
        decide(case, "wait", "review")


@pytest.mark.parametrize("given", [("maybe", "review"), ("wait", "mood")])
def test_an_answer_or_a_ground_that_does_not_exist_is_refused(given):
    with pytest.raises(ValidationError):
        decide(make_case(), *given)


def test_a_decision_gives_its_reasons():
    with pytest.raises(ValidationError, match="reasons"):
        decide_retraining(make_case(), "wait", "review", "  ", by=None)
