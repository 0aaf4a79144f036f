from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from evaluation.stats.answers import Answers
from evaluation.stats.measures import accuracy, f1_of, macro_f1, precision_of, recall_of
from evaluation.stats.metrics import (
    Why,
    confusion,
    error_kinds,
    kinds_of,
    measure,
    score,
    score_slices,
)
from labeling.stats.estimate import Reason, share
from labeling.stats.taxonomy import Kind, Tree
from tests.evaluation.stats.makers import make_answers

TREE = Tree.of(
    [("money", None), ("refund", "money"), ("fee", "money"), ("late fee", "fee"), ("new", None)]
)
KEYS = ["money", "refund", "fee", "late fee", "new", "not in the tree"]
PLACE = {kind: place for place, kind in enumerate(Kind)}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("none", [0.0, 0.1])
def test_precision_recall_and_f1_are_those_of_scikit_learn(seed, weighted, none):
    answers = make_answers(seed=seed, weighted=weighted, none=none)
    labels = list(range(answers.labels))
    precision, recall, f1, _ = oracle.precision_recall_fscore_support(
        answers.reference, answers.predicted, labels=labels, sample_weight=answers.weights
    )
    scores = score(answers)
    assert [one.precision.value for one in scores.by_label] == pytest.approx(precision)
    assert [one.recall.value for one in scores.by_label] == pytest.approx(recall)
    assert [one.f1.value for one in scores.by_label] == pytest.approx(f1)
    assert scores.macro_precision.value == pytest.approx(precision.mean())
    assert scores.macro_recall.value == pytest.approx(recall.mean())
    assert scores.macro_f1.value == pytest.approx(f1.mean())


@pytest.mark.parametrize("none", [0.0, 0.2])
def test_micro_averages_and_accuracy_are_those_of_scikit_learn(none):
    answers = make_answers(weighted=True, none=none)
    precision, recall, f1, _ = oracle.precision_recall_fscore_support(
        answers.reference,
        answers.predicted,
        labels=list(range(answers.labels)),
        sample_weight=answers.weights,
        average="micro",
    )
    scores = score(answers)
    assert scores.accuracy.value == pytest.approx(recall)
    assert scores.micro_precision.value == pytest.approx(precision)
    assert scores.micro_f1.value == pytest.approx(f1)


def test_confusion_counts_and_weights_are_those_of_scikit_learn():
    answers = make_answers(weighted=True)
    seen = confusion(answers)
    expected = oracle.confusion_matrix(
        answers.reference, answers.predicted, sample_weight=answers.weights
    )
    assert seen.weighted[:, :-1] == pytest.approx(expected)
    assert (
        seen.counts[:, :-1].tolist()
        == oracle.confusion_matrix(answers.reference, answers.predicted).tolist()
    )
    assert not seen.counts[:, -1].any()


def test_without_weights_accuracy_and_recall_have_wilsons_interval():
    answers = Answers.of([0] * 10 + [1] * 20, [0] * 7 + [1] * 23, labels=2)
    scores = score(answers)
    for seen, expected in (
        (scores.accuracy, share(27, 30)),
        (scores.by_label[0].recall, share(7, 10)),
        (scores.by_label[1].precision, share(20, 23)),
    ):
        assert (seen.low, seen.high) == pytest.approx((expected.low, expected.high))


def test_a_label_that_was_never_given_has_no_precision_and_says_why():
    answers = Answers.of([0, 1, 1], [0, 0, 0], labels=3)
    scores = score(answers)
    assert not scores.by_label[1].precision.defined
    assert scores.by_label[1].precision.reason == Why.NEVER_PREDICTED
    assert (scores.by_label[1].recall.value, scores.by_label[1].f1.value) == (0, 0)
    assert [one.label for one in scores.by_label] == [0, 1]
    assert scores.never_predicted == 1
    assert scores.macro_precision.value == pytest.approx(1 / 3)


def test_a_label_that_was_never_due_has_no_recall_and_says_why():
    (zero, one) = score(Answers.of([0, 0], [0, 1], labels=2)).by_label
    assert one.recall.reason == Why.NEVER_DUE
    assert (zero.due, zero.given, one.due, one.given) == (2, 1, 0, 1)


def test_nothing_counted_is_undefined_everywhere():
    scores = score(Answers.of([], [], labels=2))
    for seen in (scores.accuracy, scores.macro_f1, scores.macro_recall, scores.micro_f1):
        assert seen.reason == Reason.NOTHING_COUNTED
    assert not scores.macro_precision.defined
    assert scores.by_label == ()


def test_a_version_that_never_answers_has_no_precision():
    scores = score(Answers.of([0, 1], [-1, -1], labels=2))
    assert scores.accuracy.value == 0
    assert not scores.micro_precision.defined
    assert not scores.macro_precision.defined


@pytest.mark.parametrize("weighted", [False, True])
def test_a_label_scored_alone_is_the_label_scored_among_all(weighted):
    answers = make_answers(weighted=weighted, none=0.1)
    for one in score(answers).by_label:
        for seen, formula in (
            (one.precision, precision_of),
            (one.recall, recall_of),
            (one.f1, f1_of),
        ):
            alone = measure(formula(one.label), answers)
            assert (alone.value, alone.low, alone.high, alone.n) == pytest.approx(
                (seen.value, seen.low, seen.high, seen.n)
            )


@pytest.mark.parametrize("formula", [accuracy, f1_of(1), precision_of(1), macro_f1])
def test_the_linearised_variance_is_about_that_of_repeated_draws(formula):
    rng = np.random.default_rng(3)
    everything = make_answers(4_000, weighted=True)
    drawn = [everything.where(rng.integers(0, 4_000, 600)) for _ in range(400)]
    taken = [formula(answers) for answers in drawn]
    seen = np.mean([np.square(one.influence).sum() for one in taken])
    assert seen == pytest.approx(np.var([one.value for one in taken]), rel=0.25)


@given(factor=st.floats(0.001, 1000), seed=st.integers(0, 50))
def test_only_the_proportions_of_weights_matter(factor, seed):
    answers = make_answers(60, weighted=True, seed=seed)
    scaled = Answers(answers.reference, answers.predicted, answers.weights * factor, 4)
    ours, theirs = score(answers), score(scaled)
    for name in ("accuracy", "macro_f1", "macro_precision", "micro_f1"):
        one, other = getattr(ours, name), getattr(theirs, name)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(st.integers(1, 40), st.floats(0, 1), st.integers(0, 99))
def test_every_score_lies_inside_an_interval_with_a_width(n, right, seed):
    scores = score(make_answers(n, right=right, weighted=True, seed=seed, none=0.1))
    for seen in (scores.accuracy, scores.macro_f1, scores.macro_recall):
        assert 0 <= seen.low <= seen.value <= seen.high <= 1
        assert seen.width > 0


@pytest.mark.parametrize(
    ("given_label", "due", "kind"),
    [
        ("refund", "refund", Kind.EXACT),
        ("money", "late fee", Kind.TOO_GENERAL),
        ("late fee", "fee", Kind.TOO_SPECIFIC),
        ("fee", "refund", Kind.SIBLING),
        ("late fee", "refund", Kind.WRONG_BRANCH),
        ("new", "money", Kind.WRONG_BRANCH),
        ("not in the tree", "money", Kind.WRONG_BRANCH),
        (None, "money", Kind.WRONG_BRANCH),
    ],
)
def test_an_answer_is_wrong_in_one_way(given_label, due, kind):
    code = KEYS.index(given_label) if given_label else -1
    answers = Answers.of([KEYS.index(due)], [code], labels=len(KEYS))
    assert kinds_of(answers, TREE, KEYS).tolist() == [PLACE[kind]]


def test_the_kinds_of_errors_are_weighted_shares_that_make_up_the_whole():
    answers = Answers.of([1, 1, 1, 1], [1, 0, 2, 4], [1, 1, 2, 4], labels=len(KEYS))
    shares = {kind: seen.value for kind, seen in error_kinds(answers, TREE, KEYS).items()}
    assert shares == pytest.approx(
        {
            Kind.EXACT: 0.125,
            Kind.TOO_GENERAL: 0.125,
            Kind.TOO_SPECIFIC: 0.0,
            Kind.SIBLING: 0.25,
            Kind.WRONG_BRANCH: 0.5,
        }
    )


def test_a_slice_is_scored_as_if_there_were_nothing_else():
    answers = make_answers(weighted=True)
    mask = answers.reference < 2
    (seen,) = score_slices(answers, {"low": mask}).values()
    assert seen == score(answers.where(mask))


def test_fifty_slices_of_a_hundred_thousand_answers_take_under_five_seconds():
    answers = make_answers(100_000, labels=150, weighted=True)
    rng = np.random.default_rng(5)
    slices = {f"{place}": rng.random(100_000) < 0.2 for place in range(50)}
    start = time.process_time()
    score_slices(answers, slices)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("reference", "predicted", "weights"),
    [([0], [0, 1], [1]), ([2], [0], [1]), ([0], [-2], [1]), ([0], [2], [1]), ([-1], [0], [1]),
     ([0], [0], [0]), ([0], [0], [float("nan")]), ([0], [0], [float("inf")])],
)  # fmt: skip
def test_nonsense_is_refused(reference, predicted, weights):
    with pytest.raises(ValueError, match=r"lists of the same length|code|weight"):
        Answers.of(reference, predicted, weights, labels=2)
