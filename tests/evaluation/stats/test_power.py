from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from evaluation.stats.paired import compare
from evaluation.stats.power import More, more_for_difference, more_for_share, planned
from labeling.stats.estimate import share, undefined
from tests.evaluation.stats.makers import make_pair


def test_as_many_labels_as_are_said_to_be_enough_are_enough():
    few = more_for_difference(compare(*make_pair(80, 5, 5, 10)), 0.05)
    times = (100 + few.high) / 100
    sizes = (round(size * times) for size in (80, 5, 5, 10))
    assert compare(*make_pair(*sizes)).at_least > -0.05


def test_a_narrower_margin_wants_more_labels():
    paired = compare(*make_pair(40, 2, 2, 6))
    wide, narrow = more_for_difference(paired, 0.1), more_for_difference(paired, 0.02)
    assert wide.low < narrow.low
    assert wide.high < narrow.high


def test_a_difference_exactly_at_the_margin_is_settled_by_no_number_of_labels():
    assert more_for_difference(compare(*make_pair(75, 5, 10, 10)), 0.05) is None


def test_versions_that_always_answer_alike_are_never_shown_to_differ():
    assert more_for_difference(compare(*make_pair(90, 0, 0, 10)), 0.0) is None


def test_without_evidence_no_number_is_said():
    assert more_for_difference(compare(*make_pair(0, 0, 0, 0)), 0.1) is None
    assert more_for_share(undefined("nothing"), 0.9) is None


def test_a_share_close_to_its_floor_wants_more_labels():
    far, close = more_for_share(share(41, 50), 0.9), more_for_share(share(44, 50), 0.9)
    assert far.high < close.high


def test_a_share_exactly_at_its_floor_is_settled_by_no_number_of_labels():
    assert more_for_share(share(45, 50), 0.9) is None


def test_a_set_that_is_too_large_already_is_not_made_larger():
    assert more_for_share(share(180_000, 200_000), 0.9) is None


@given(st.floats(0.003, 0.99))
def test_a_plan_is_a_range(margin):
    plan = planned(margin)
    assert 0 < plan.low <= plan.high


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_a_plan_is_the_usual_sample_size_of_a_paired_comparison_without_difference(margin):
    # (z_0.95 + z_0.9)^2 * discordance / margin^2, and plans are rounded up to two digits
    reach = norm.ppf(0.95) + norm.ppf(0.9)
    plan = planned(margin)
    assert plan.high == pytest.approx(reach**2 * 0.3 / margin**2, rel=0.1)
    assert plan.low == pytest.approx(reach**2 * 0.05 / margin**2, rel=0.1)


def test_a_margin_of_nothing_cannot_be_planned_for():
    assert planned(0.0) is None
    assert planned(1e-200) is None


@pytest.mark.parametrize(("more", "said"), [(More(7, 7), "7"), (More(40, 1200), "40 to 1,200")])
def test_a_range_is_said_in_words(more, said):
    assert str(more) == said
