from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from evaluation.stats.bounds import at_least, at_most, rare_high, rare_low
from labeling.stats.estimate import share, undefined


@pytest.mark.parametrize("seen", [0, 1, 4, 30])
def test_with_equal_weights_the_limits_of_rare_events_are_garwoods(seen):
    low, high = float(rare_low(seen, seen, 0.05)), float(rare_high(seen, seen, 1.0, 0.05))
    assert low == pytest.approx(chi2.ppf(0.05, 2 * seen) / 2 if seen else 0.0)
    assert high == pytest.approx(chi2.ppf(0.95, 2 * seen + 2) / 2)


@given(st.integers(1, 200), st.floats(0, 1))
def test_the_bounds_of_a_share_are_clopper_and_pearsons(n, part):
    hits = round(part * n)
    seen, oracle = share(hits, n), binomtest(hits, n).proportion_ci(0.9, "exact")
    assert at_least(seen, 0.05) == pytest.approx(oracle.low)
    assert at_most(seen, 0.05) == pytest.approx(oracle.high)


def test_what_is_undefined_has_no_bounds():
    assert math.isnan(at_least(undefined("nothing"), 0.05))
    assert math.isnan(at_most(undefined("nothing"), 0.05))
