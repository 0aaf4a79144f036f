from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from labeling.stats.agreement import alpha, alpha_estimate
from labeling.stats.intervals import Jackknife, coefficient_interval, fisher, rare_low


def test_the_error_of_a_mean_is_the_usual_one():
    values = np.array([1.0, 2.0, 3.0, 6.0])
    left_out = (values.sum() - values) / 3
    error = Jackknife(3.0, left_out, np.ones(4)).error
    assert error == pytest.approx(values.std(ddof=1) / 2)


def test_a_pattern_that_occurs_twice_counts_twice():
    once = Jackknife(0.5, np.array([0.4, 0.4, 0.7]), np.ones(3))
    collapsed = Jackknife(0.5, np.array([0.4, 0.7]), np.array([2.0, 1.0]))
    assert collapsed.error == pytest.approx(once.error)


def test_the_closed_form_is_leaving_out_one_item_after_the_other():
    counts = np.random.default_rng(3).integers(0, 3, (60, 3))
    counts = counts[counts.sum(axis=1) >= 2]
    left_out = [alpha(np.delete(counts, place, axis=0)) for place in range(len(counts))]
    slow = Jackknife(alpha(counts), np.array(left_out), np.ones(len(counts)))
    seen = alpha_estimate(counts)
    expected = fisher(slow.value, slow.error, len(counts) - 1, 0.95)
    assert (seen.low, seen.high) == pytest.approx(expected)


def test_the_limit_for_rare_events_is_poissons_when_each_weighs_the_same():
    events, items = 4, 1000
    low = rare_low(1 - events / items, math.sqrt(events) / items, 1 / items, 0.95)
    assert low == pytest.approx(1 - chi2.ppf(0.975, 2 * (events + 1)) / 2 / items)


@given(value=st.floats(-3, 1), error=st.floats(0, 2), degrees=st.integers(1, 1000))
def test_fishers_interval_stays_between_minus_one_and_one(value, error, degrees):
    low, high = fisher(value, error, degrees, 0.95)
    assert -1 <= low <= high <= 1


def test_a_jackknife_without_variation_is_not_believed():
    same = Jackknife(0.2, np.array([0.2]), np.array([30.0]))
    cautious = Jackknife(0.19, np.array([0.19, 0.2]), np.array([30.0, 1.0]))
    low, high = coefficient_interval(same, cautious, 30, 0.1, 0.95)
    assert low < 0.2 < high
