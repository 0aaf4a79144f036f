"""Means of what people said, against the library's own shares and against repetition."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.stats.answers import Answers
from evaluation.stats.bounds import at_least
from evaluation.stats.judged import compare_scores, mean_score
from evaluation.stats.paired import compare
from labeling.stats.estimate import share, weighted_share


def test_of_yes_and_no_it_is_the_share():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 2, 80)
    found, wanted = mean_score(scores, np.ones(80), range(80)), share(int(scores.sum()), 80)
    assert found.value == pytest.approx(wanted.value)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_weights_count_as_in_the_weighted_share():
    rng = np.random.default_rng(6)
    scores, weights = rng.choice([0, 0.5, 1], 80), rng.uniform(0.5, 4, 80)
    found, wanted = mean_score(scores, weights, range(80)), weighted_share(scores, weights)
    assert found.value == pytest.approx(wanted.value)
    assert 0.7 < (found.high - found.low) / (wanted.high - wanted.low) < 1


def one_person(rng, n):
    """Each pair judged once: 35 wins, 30 ties, 35 losses of a hundred."""
    return rng.choice([1, 0.5, 0], n, p=[0.35, 0.3, 0.35])


def mostly_ties(rng, n):
    return rng.choice([1, 0.5, 0], n, p=[0.1, 0.8, 0.1])


def three_people(rng, n):
    """Items differ in how often they win; three people each judge them, a fifth ties."""
    chance = rng.random(n)
    said = np.where(rng.random((3, n)) < 0.2, 0.5, rng.random((3, n)) < chance)
    return said.mean(axis=0)


@pytest.mark.parametrize("judged", [one_person, mostly_ties, three_people])
@pytest.mark.parametrize("n", [20, 50, 200])
def test_the_interval_holds_the_win_rate_as_often_as_it_says(judged, n):
    """Repeated 1,000 times where the truth is a half; a gate passes there seldom enough."""
    rng = np.random.default_rng(n)
    found = [mean_score(judged(rng, n), np.ones(n), range(n)) for _ in range(1_000)]
    assert 0.93 <= np.mean([one.low <= 0.5 <= one.high for one in found]) <= 0.99
    assert np.mean([at_least(one, 0.05) >= 0.5 for one in found]) <= 0.065


def test_three_peoples_judgments_are_worth_more_than_one():
    rng = np.random.default_rng(8)
    one, three = (
        np.mean([mean_score(kind(rng, 100), np.ones(100), range(100)).width for _ in range(50)])
        for kind in (lambda rng, n: rng.integers(0, 2, n), three_people)
    )
    assert three < 0.75 * one


def test_alike_scores_have_an_interval_still():
    even = mean_score([0.5] * 10, np.ones(10), range(10))
    assert even.low < 0.4 < 0.6 < even.high
    assert mean_score([1] * 10, np.ones(10), range(10)).low == pytest.approx(share(10, 10).low)


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
