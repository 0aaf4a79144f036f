from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from evaluation.stats.confidence import (
    NO_CONFIDENCES,
    Lean,
    equal_count,
    equal_width,
    reliability,
)


def make_confidences(n=5000, *, too_much=0.0, seed=1):
    """Confidences, and whether each was right, less often than it said by so much."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 0.95, n)
    return sure, rng.random(n) < sure - too_much


@pytest.mark.parametrize(
    ("edges", "strategy"), [(equal_width, "uniform"), (equal_count, "quantile")]
)
def test_the_bins_are_those_of_scikit_learn(edges, strategy):
    sure, right = make_confidences()
    seen = reliability(sure, right, np.ones(len(sure)), edges=edges)
    accuracy, confidence = calibration_curve(right, sure, n_bins=10, strategy=strategy)
    assert [one.accuracy.value for one in seen.bins] == pytest.approx(accuracy)
    assert [one.confidence for one in seen.bins] == pytest.approx(confidence)


def test_the_shares_of_the_bins_make_up_the_whole():
    sure, right = make_confidences()
    seen = reliability(sure, right, np.ones(len(sure)))
    assert sum(one.share for one in seen.bins) == pytest.approx(1)
    assert [one.accuracy.n for one in seen.bins] == [500] * 10


@pytest.mark.parametrize(
    ("too_much", "lean"), [(0.2, Lean.OVER), (0.0, Lean.NEITHER), (-0.04, Lean.UNDER)]
)
def test_over_and_under_confidence_are_told_apart(too_much, lean):
    sure, right = make_confidences(too_much=too_much)
    seen = reliability(sure, right, np.ones(len(sure)))
    assert seen.lean is lean
    assert seen.gap.value == pytest.approx(too_much, abs=0.02)


def test_a_version_whose_confidences_are_right_still_seems_off_by_about_what_chance_makes():
    found = [reliability(*make_confidences(100, seed=seed), np.ones(100)) for seed in range(200)]
    ece = np.mean([one.ece.value for one in found])
    assert ece > 0.05
    assert ece == pytest.approx(np.mean([one.by_chance for one in found]), rel=0.15)


def test_weights_count():
    seen = reliability([0.5, 0.5, 0.9], [1, 0, 1], [3, 1, 1], edges=equal_width)
    assert [one.accuracy.value for one in seen.bins] == pytest.approx([0.75, 1.0])
    assert seen.ece.value == pytest.approx(0.8 * 0.25 + 0.2 * 0.1)


def test_equal_confidences_stay_in_one_bin():
    (only,) = reliability([0.9] * 20, [1] * 20, [1.0] * 20).bins
    assert only.accuracy.n == 20


@pytest.mark.parametrize("confidences", [[], [math.nan, math.nan]])
def test_without_confidences_nothing_is_said(confidences):
    seen = reliability(confidences, [True] * len(confidences), [1.0] * len(confidences))
    assert seen.ece.reason == NO_CONFIDENCES
    assert not seen.gap.defined
    assert seen.lean is Lean.UNKNOWN
    assert seen.bins == ()


def test_answers_without_a_confidence_are_left_out():
    seen = reliability([0.9, math.nan], [True, False], [1.0, 1.0])
    assert seen.ece.n == 1
    assert seen.ece.value == pytest.approx(0.1)
    assert seen.lean is Lean.UNKNOWN


@pytest.mark.parametrize("confidence", [-0.1, 1.1, math.inf])
def test_a_confidence_beyond_0_and_1_is_refused(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability([confidence], [True], [1.0])
