from __future__ import annotations

import math

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from sklearn.metrics import precision_recall_fscore_support

from evaluation.models import Evaluation, Prediction
from evaluation.reports.evaluations import Result, read
from evaluation.reports.predictions import completeness, predictions_of
from evaluation.services.evaluations import evaluate
from labeling.models import AuditEvent, Project, Slice
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_items, make_project
from tests.jobs import run_jobs

TREE = [
    {"key": key, "parent": parent, "label": key.title()}
    for key, parent in [
        ("money", None), ("refund", "money"), ("fee", "money"), ("delivery", None),
        ("late", "delivery"),
    ]
]  # fmt: skip


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


def evaluated(version, set_version) -> Evaluation:
    evaluation = evaluate(version, set_version, by=None)
    run_jobs()
    evaluation.refresh_from_db()
    return evaluation


def result_of(version, set_version) -> Result:
    evaluation = evaluated(version, set_version)
    result = read(evaluation)
    assert result is not None, evaluation.reason
    return result


def parts(result: Result) -> dict[str, float]:
    return {part.name: part.accuracy.value for part in result.parts}


def test_a_version_is_measured_with_weights(project):
    version = make_version(project)
    frozen = make_set_version(project, ["a", "a", "b", "b"], weights=[1, 1, 3, 5])
    make_predictions(version, frozen, ["a", "b", "b", "a"])
    result = result_of(version, frozen)
    assert (result.examples, result.accuracy.n) == (4, 4)
    assert result.accuracy.value == pytest.approx(4 / 10)
    assert result.accuracy.low < 0.4 < result.accuracy.high
    a, b = result.labels
    assert (a.label, a.due, a.given) == ("a", 2, 2)
    assert (a.precision.value, a.recall.value) == pytest.approx((1 / 6, 1 / 2))
    assert (b.precision.value, b.recall.value) == pytest.approx((3 / 4, 3 / 8))
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["asked_evaluation", "evaluated_version"]


def test_precision_recall_and_f1_are_those_of_scikit_learn(project):
    chance = np.random.default_rng(4)
    references = [str(code) for code in chance.integers(0, 4, 60)]
    answers = [str(code) for code in chance.integers(0, 4, 60)]
    weights = [float(weight) for weight in chance.integers(1, 9, 60)]
    version, frozen = make_version(project), make_set_version(project, references, weights=weights)
    make_predictions(version, frozen, answers)
    result = result_of(version, frozen)
    theirs = precision_recall_fscore_support(references, answers, sample_weight=weights)
    ours = [(one.precision.value, one.recall.value, one.f1.value) for one in result.labels]
    assert np.allclose(np.array(ours).T, np.array(theirs[:3]))
    macro = precision_recall_fscore_support(
        references, answers, sample_weight=weights, average="macro"
    )
    averages = [result.macro_precision, result.macro_recall, result.macro_f1]
    assert [one.value for one in averages] == pytest.approx(list(macro[:3]))


def test_errors_in_a_taxonomy_have_kinds_and_branches_are_parts(project):
    version = make_version(project)
    frozen = make_set_version(
        project, ["refund", "refund", "money", "refund", "late"], taxonomy=TREE
    )
    make_predictions(version, frozen, ["refund", "money", "fee", "fee", "refund"])
    result = result_of(version, frozen)
    assert {one.kind: one.share.value for one in result.kinds} == pytest.approx(
        {"exact": 0.2, "too general": 0.2, "too specific": 0.2, "sibling": 0.2, "wrong branch": 0.2}
    )
    assert parts(result) == {"money": 0.25, "delivery": 0.0}


def test_slices_and_attribute_values_are_parts_the_worst_first(project):
    items = make_items(project, 12, attributes={"language": "de", "channel": "web"})
    items += make_items(project, 24, attributes={"language": "en", "channel": "web"})
    version, frozen = make_version(project), make_set_version(project, ["a"] * 36, items=items)
    make_predictions(version, frozen, ["b"] * 11 + ["a"] * 25)
    condition = {"operator": "before", "value": "2020-01-01T00:00:00+00:00"}
    Slice.objects.create(
        project=project, name="old", conditions=[{"field": "occurred_at", **condition}]
    )
    Slice.objects.create(
        project=project,
        name="German",
        conditions=[{"field": "attributes.language", "operator": "is", "value": "de"}],
    )
    Slice.objects.create(
        project=project,
        name="unsure",
        conditions=[{"field": "confidence", "operator": "at_most", "value": 0.5}],
    )
    result = result_of(version, frozen)
    assert parts(result) == pytest.approx(
        {"German": 1 / 12, "language: de": 1 / 12, "language: en": 1.0}
    )
    assert [part.masked for part in result.parts] == [True, True, False]
    assert result.parts[0].share == pytest.approx(1 / 3)
    assert result.left_out == ["unsure"]


def test_confidences_are_set_beside_accuracy(project):
    version, frozen = make_version(project), make_set_version(project, ["a"] * 10)
    make_predictions(version, frozen, ["a"] * 5 + ["b"] * 5, [0.9] * 10)
    found = result_of(version, frozen).confidence
    assert found.ece.value == pytest.approx(0.4)
    assert (found.given, found.lean) == (10, "over-confident")
    assert [(one.accuracy.value, one.accuracy.n) for one in found.bins] == [(0.5, 10)]


def test_without_confidences_there_is_none_to_show(project):
    version, frozen = make_version(project), make_set_version(project, ["a", "b"])
    make_predictions(version, frozen, ["a", "b"])
    found = result_of(version, frozen).confidence
    assert (found.given, found.bins) == (0, [])
    assert math.isnan(found.ece.value)


def test_missing_predictions_make_it_invalid_with_their_count(project):
    version, frozen = make_version(project), make_set_version(project, ["a", "b", "a"])
    make_predictions(version, frozen, ["a", None, None])
    evaluation = evaluated(version, frozen)
    assert (evaluation.state, evaluation.missing) == ("invalid", 2)
    assert evaluation.reason == "2 examples have no prediction of this version."
    assert read(evaluation) is None


def test_what_an_item_came_in_with_counts_for_the_version_it_names(project):
    items = make_items(project, 2, model_version="v1", prediction="a", confidence=0.8)
    items += make_items(project, 1, model_version="v0", prediction="a")
    version, frozen = make_version(project, "v1"), make_set_version(project, "aba", items=items)
    assert predictions_of(version, frozen) == {item.pk: "a" for item in items[:2]}
    assert (completeness(version, frozen).predicted, completeness(version, frozen).missing) == (
        2,
        1,
    )
    Prediction.objects.create(version=version, item=items[2], value="b", confidence=0.1)
    assert completeness(version, frozen).missing == 0
    result = result_of(version, frozen)
    assert result.accuracy.value == pytest.approx(1 / 3)
    assert result.confidence.given == 3


@pytest.mark.parametrize("judged", ["v1", ""])
def test_judgments_about_another_versions_output_never_score_this_one(project, judged):
    version = make_version(project, "v2")
    frozen = make_set_version(project, ["yes", "no"], subject="output", judged_version=judged)
    make_predictions(version, frozen, ["yes", "no"])
    evaluation = evaluated(version, frozen)
    assert (evaluation.state, evaluation.result) == ("invalid", {})
    assert (judged or "does not say of which") in evaluation.reason


def test_judgments_about_its_own_output_do(project):
    version = make_version(project, "v2")
    frozen = make_set_version(project, ["yes", "no"], subject="output", judged_version="v2")
    make_predictions(version, frozen, ["yes", "no"])
    assert result_of(version, frozen).accuracy.value == 1.0


def test_imported_references_are_said_to_be_so(project):
    version = make_version(project)
    frozen = make_set_version(project, ["a"], provenance="imported")
    make_predictions(version, frozen, ["a"])
    assert result_of(version, frozen).provenance == "imported"


def test_a_set_without_examples_is_invalid(project):
    evaluation = evaluated(make_version(project), make_set_version(project))
    assert (evaluation.state, evaluation.reason) == ("invalid", "The set has no examples.")


def test_only_a_frozen_set_is_measured_on(project):
    freezing = make_set_version(project, ["a"], state="freezing")
    with pytest.raises(ValidationError):
        evaluate(make_version(project), freezing, by=None)


def test_asking_again_while_it_runs_gives_the_same_evaluation(project):
    version, frozen = make_version(project), make_set_version(project, ["a"])
    make_predictions(version, frozen, ["a"])
    first = evaluate(version, frozen, by=None)
    assert evaluate(version, frozen, by=None) == first
    run_jobs()
    assert evaluate(version, frozen, by=None) != first


def test_the_digest_follows_the_predictions(project):
    frozen = make_set_version(project, ["a", "b"])
    same, also, other = (make_version(project) for _ in range(3))
    for version, answers in [(same, "ab"), (also, "ab"), (other, "aa")]:
        make_predictions(version, frozen, answers)
    digests = [evaluated(version, frozen).predictions_digest for version in (same, also, other)]
    assert digests[0] == digests[1] != digests[2]
