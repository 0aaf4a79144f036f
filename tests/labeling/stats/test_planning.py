"""The interval of alpha that is expected before judging, against simulated judging."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labeling.stats.agreement import alpha_estimate
from labeling.stats.distances import nominal, ordinal
from labeling.stats.planning import expected_alpha, item_variance, variance_seen


def judged(rng, alpha, shares, items, overlap):
    """(items, values) answers of people who know an item's value or guess by the shares."""
    size, knows = len(shares), math.sqrt(alpha)
    own = rng.choice(size, items, p=shares)
    guessed = rng.choice(size, (items, overlap), p=shares)
    answers = np.where(rng.random((items, overlap)) < knows, own[:, None], guessed)
    counts = np.zeros((items, size), dtype=np.int32)
    np.add.at(counts, (np.arange(items)[:, None], answers), 1)
    return counts


CASES = {
    "two even options, two people": (0.667, [0.5, 0.5], 2, nominal),
    "two even options, five people": (0.667, [0.5, 0.5], 5, nominal),
    "a common option, three people": (0.5, [0.8, 0.1, 0.1], 3, nominal),
    "ten options, three people": (0.8, [0.1] * 10, 3, nominal),
    "a scale, two people": (0.6, [0.2] * 5, 2, ordinal),
    "a skew scale, four people": (0.6, [0.5, 0.2, 0.1, 0.1, 0.1], 4, ordinal),
}


@pytest.mark.parametrize("case", CASES)
def test_simulated_alphas_vary_as_was_expected(case):
    alpha, shares, overlap, distance = CASES[case]
    rng, items = np.random.default_rng(11), 150
    seen = [
        alpha_estimate(judged(rng, alpha, shares, items, overlap), distance) for _ in range(600)
    ]
    values = np.array([one.value for one in seen])
    apart = distance(np.array(shares))
    expected = math.sqrt(item_variance(alpha, overlap, apart, shares) / items)
    assert values.mean() == pytest.approx(alpha, abs=0.02)
    assert values.std() == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("case", CASES)
def test_the_interval_is_as_wide_as_those_of_simulated_judging(case):
    alpha, shares, overlap, distance = CASES[case]
    rng, items = np.random.default_rng(12), 150
    widths = [
        alpha_estimate(judged(rng, alpha, shares, items, overlap), distance).width
        for _ in range(200)
    ]
    variance = item_variance(alpha, overlap, distance(np.array(shares)), shares)
    assert np.median(widths) == pytest.approx(expected_alpha(alpha, variance, items).width, rel=0.1)


def test_more_people_and_more_items_narrow_it():
    apart, even = nominal(np.ones(3)), np.full(3, 1 / 3)
    variances = [item_variance(0.667, overlap, apart, even) for overlap in range(2, 8)]
    assert variances == sorted(variances, reverse=True)
    widths = [expected_alpha(0.667, variances[0], items).width for items in (20, 80, 320)]
    assert widths[0] > 1.8 * widths[1] > 3.2 * widths[2]


def test_what_was_measured_gives_the_variance_back():
    for alpha in (0.0, 0.3, 0.9):
        seen = expected_alpha(alpha, 0.4, 60)
        assert variance_seen(seen) == pytest.approx(0.4)
    assert variance_seen(expected_alpha(1.0, 0.0, 60)) >= 0


def test_one_person_an_item_says_nothing_of_agreement():
    with pytest.raises(ValueError, match="two answers"):
        item_variance(0.667, 1, nominal(np.ones(2)), [0.5, 0.5])
    assert not expected_alpha(0.667, 0.5, 1).defined
