"""Means of what people said, against the library's own shares and against repetition."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.stats.answers import Answers
from evaluation.stats.judged import compare_scores, mean_score
from evaluation.stats.paired import compare
from labeling.stats.estimate import weighted_share


def test_without_groups_it_is_the_weighted_share():
    rng = np.random.default_rng(3)
    scores, weights = rng.choice([0, 0.5, 1], 80), rng.uniform(0.5, 4, 80)
    found, wanted = mean_score(scores, weights, range(80)), weighted_share(scores, weights)
    assert found.value == pytest.approx(wanted.value)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_right_and_wrong_are_compared_as_versions_are():
    rng = np.random.default_rng(4)
    ours, theirs = rng.integers(0, 2, (2, 60))
    found = compare_scores(ours * 1.0, theirs * 1.0, np.ones(60), range(60))
    right = [Answers.of([1] * 60, answers.tolist(), labels=2) for answers in (ours, theirs)]
    wanted = compare(*right)
    assert (found.wins, found.losses) == (wanted.wins, wanted.losses)
    assert (found.at_least, found.at_most) == pytest.approx((wanted.at_least, wanted.at_most))


def test_items_of_a_group_count_as_little_as_they_vary_together():
    """Each group answers as one, so that 200 items of 40 groups are worth about 40."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(40), 5)
    covered = 0
    for _ in range(400):
        scores = np.repeat(rng.integers(0, 2, 40), 5) * 1.0
        found = mean_score(scores, np.ones(200), groups)
        covered += found.low <= 0.5 <= found.high
        assert 30 <= found.effective_n <= 45
    assert 0.92 <= covered / 400 <= 0.99


@pytest.mark.parametrize("scores", [[1.2, 0], [-0.1, 0]])
def test_a_score_beyond_its_scale_is_refused(scores):
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_score(scores, [1, 1], [0, 1])


def test_without_items_there_is_no_number():
    nothing = np.array([])
    assert not mean_score([], [], []).defined
    assert not compare_scores(nothing, nothing, nothing, []).difference.defined
