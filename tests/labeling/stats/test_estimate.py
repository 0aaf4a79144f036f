from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from labeling.stats.estimate import (
    Reason,
    effective_n,
    quantile,
    quantile_t,
    share,
    undefined,
    weighted_mean,
    weighted_share,
)

weights = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


@given(n=st.integers(1, 10_000), part=st.floats(0, 1))
def test_a_share_lies_inside_an_interval_with_a_width(n, part):
    seen = share(round(part * n), n)
    assert 0 <= seen.low <= seen.value <= seen.high <= 1
    assert seen.width > 0


@given(n=st.integers(1, 500), part=st.floats(0, 1))
def test_the_interval_of_a_share_mirrors_that_of_its_complement(n, part):
    hits = round(part * n)
    seen, rest = share(hits, n), share(n - hits, n)
    assert seen.low == pytest.approx(1 - rest.high)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_newcombe_1998_table_1(hits, n, low, high):
    seen = share(hits, n)
    assert (seen.low, seen.high) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_undefined_and_says_why():
    seen = share(0, 0)
    assert not seen.defined
    assert not seen.bounded
    assert seen.reason == Reason.NOTHING_COUNTED


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5)])
def test_impossible_shares_are_refused(hits, n):
    with pytest.raises(ValueError, match="do not fit"):
        share(hits, n)


@given(hits=st.lists(st.booleans(), min_size=1, max_size=50))
def test_equal_weights_change_nothing(hits):
    weighted, plain = weighted_share(hits, [3.0] * len(hits)), share(sum(hits), len(hits))
    assert weighted.value == pytest.approx(plain.value)
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high))


@given(weight=weights, seed=st.randoms(use_true_random=False))
def test_a_weighted_share_lies_inside_an_interval_with_a_width(weight, seed):
    hits = [seed.random() < 0.8 for _ in weight]
    seen = weighted_share(hits, weight)
    assert 0 <= seen.low <= seen.value <= seen.high <= 1
    assert seen.width > 0
    assert seen.effective_n <= seen.n + 1e-9


def test_unequal_weights_widen_the_interval():
    hits = [1, 0] * 50
    assert weighted_share(hits, [1, 1] * 50).width < weighted_share(hits, [1, 9, 9, 1] * 25).width


def test_a_hit_in_part_counts_in_part():
    assert weighted_share([0.5, 1.0], [1, 1]).value == 0.75
    with pytest.raises(ValueError, match="between 0 and 1"):
        weighted_share([2.0], [1])


def test_a_mean_with_equal_weights_has_students_interval():
    seen = weighted_mean([1.0, 2.0, 3.0, 6.0], [2, 2, 2, 2])
    reach = student.ppf(0.975, 3) * math.sqrt(14 / 3 / 4)
    assert (seen.value, seen.low, seen.high) == pytest.approx((3, 3 - reach, 3 + reach))


@pytest.mark.parametrize("values", [[4.0], [4.0, 4.0, 4.0]])
def test_a_mean_without_variation_has_no_interval(values):
    seen = weighted_mean(values, [1] * len(values))
    assert seen.defined
    assert not seen.bounded
    assert seen.reason == Reason.NO_VARIATION


def test_the_mean_and_share_of_nothing_are_undefined():
    assert weighted_mean([], []).reason == Reason.NOTHING_COUNTED
    assert weighted_share([], []).reason == Reason.NOTHING_COUNTED


@pytest.mark.parametrize(
    ("values", "weight", "message"),
    [
        ([1, 2], [1], "the same length"),
        ([1, 2], [1, 0], "a weight is a positive number"),
        ([1, 2], [1, float("inf")], "a weight is a positive number"),
        ([1, float("nan")], [1, 1], "a value is a number"),
    ],
)
def test_weights_and_values_that_mean_nothing_are_refused(values, weight, message):
    with pytest.raises(ValueError, match=message):
        weighted_mean(values, weight)


@given(weight=weights)
def test_the_effective_n_is_at_least_one_and_at_most_n(weight):
    assert 1 - 1e-9 <= effective_n(weight) <= len(weight) + 1e-9


def test_no_weights_are_worth_nothing():
    assert effective_n([]) == 0


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_quantiles_are_those_of_scipy(level):
    assert quantile(level) == pytest.approx(norm.ppf((1 + level) / 2))
    assert quantile_t(level, 7) == pytest.approx(student.ppf((1 + level) / 2, 7))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="a level lies between 0 and 1"):
        quantile(level)
    with pytest.raises(ValueError, match="a level lies between 0 and 1"):
        quantile_t(level, 5)


def test_an_undefined_estimate_is_not_a_number_anywhere():
    seen = undefined("no labels yet", 3)
    assert math.isnan(seen.value)
    assert math.isnan(seen.width)
    assert (seen.n, seen.reason) == (3, "no labels yet")
