from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.policy.retraining import Evidence, Kind, Missing, missing

WHY = "It answers German questions in English."
ALERT = Evidence(Kind.ALERT, layer="performance")
INPUT_ALERT = Evidence(Kind.ALERT, layer="input")
VERDICT = Evidence(Kind.VERDICT)
EVALUATION = Evidence(Kind.EVALUATION)
ITEM = Evidence(Kind.ITEM)
DRAFT = Evidence(Kind.RUBRIC_VERSION)
PUBLISHED = Evidence(Kind.RUBRIC_VERSION, confirmed=True)

evidence = st.lists(
    st.sampled_from([ALERT, INPUT_ALERT, VERDICT, EVALUATION, ITEM, DRAFT, PUBLISHED])
)
answers = st.sampled_from(["retrain", "mend", "relabel", "wait", "nothing"])
grounds = st.sampled_from(["deviation", "drift", "label_change", "review"])


@pytest.mark.parametrize(
    ("ground", "cited", "lacks"),
    [
        ("deviation", [], [Missing.MEASURED]),
        ("deviation", [ITEM], [Missing.MEASURED]),
        ("deviation", [ALERT], []),
        ("deviation", [VERDICT], []),
        ("deviation", [EVALUATION], []),
        ("drift", [], [Missing.DRIFT, Missing.MATERIAL]),
        ("drift", [INPUT_ALERT], [Missing.MATERIAL]),
        ("drift", [EVALUATION], [Missing.DRIFT]),
        ("drift", [INPUT_ALERT, EVALUATION], []),
        ("drift", [INPUT_ALERT, ALERT], []),
        ("label_change", [ALERT], [Missing.CHANGE]),
        ("label_change", [DRAFT], [Missing.CONFIRMED]),
        ("label_change", [DRAFT, PUBLISHED], []),
        ("review", [ALERT], [Missing.EXAMPLES]),
        ("review", [ITEM], []),
    ],
)
def test_each_ground_of_a_retraining_needs_its_evidence(ground, cited, lacks):
    assert list(missing("retrain", ground, WHY, cited)) == lacks


def test_a_changed_definition_is_confirmed_before_anybody_relabels():
    assert missing("relabel", "label_change", WHY, [DRAFT]) == (Missing.CONFIRMED,)


@given(answers, grounds, evidence)
def test_no_decision_goes_without_reasons(answer, ground, cited):
    assert Missing.REASONS in missing(answer, ground, "  \n", cited)


@given(grounds, evidence, st.sampled_from(["mend", "wait", "nothing"]))
def test_what_changes_no_model_and_no_label_needs_only_reasons(ground, cited, answer):
    assert missing(answer, ground, WHY, cited) == ()


@given(answers, grounds, evidence, evidence)
def test_more_evidence_never_makes_a_decision_worse(answer, ground, cited, more):
    less = set(missing(answer, ground, WHY, cited))
    after = set(missing(answer, ground, WHY, cited + more))
    assert after <= less | {Missing.CONFIRMED}
    assert Missing.CONFIRMED not in after or less & {Missing.CONFIRMED, Missing.CHANGE}
