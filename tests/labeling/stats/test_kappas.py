from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.stats.distances import interval, nominal, steps
from labeling.stats.estimate import Reason
from labeling.stats.kappas import (
    brennan_prediger,
    by_marginals,
    by_uncertainty,
    by_values,
    chance_corrected_estimate,
    cohen,
    conger,
    fleiss,
    gwet,
    scott,
)

CHANCES = {by_marginals: fleiss, by_uncertainty: gwet, by_values: brennan_prediger}
two_people = arrays(np.int64, st.tuples(st.integers(2, 30), st.just(2)), elements=st.integers(0, 2))
counts_of_three = arrays(
    np.int64, st.tuples(st.integers(2, 25), st.just(3)), elements=st.integers(0, 3)
)


def table_of(codes):
    table = np.zeros((3, 3))
    np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
    return table


def counts_of(codes):
    return (codes[:, :, None] == np.arange(3)).sum(axis=1)


@given(codes=two_people)
def test_for_two_people_fleiss_is_scott_and_conger_is_cohen(codes):
    table, counts = table_of(codes), counts_of(codes)
    for distance in (nominal, interval([1, 2, 3])):
        assert fleiss(counts, distance) == pytest.approx(scott(table, distance), nan_ok=True)
        assert conger(codes, distance, size=3) == pytest.approx(cohen(table, distance), nan_ok=True)


@pytest.mark.parametrize("chance", CHANCES)
@given(counts=counts_of_three)
def test_an_interval_has_a_width_and_holds_its_estimate(chance, counts):
    for distance in (nominal, steps):
        seen = chance_corrected_estimate(counts, chance, distance)
        if seen.defined:
            assert seen.low <= seen.value <= seen.high <= 1
            assert seen.width > 0


@pytest.mark.parametrize("chance", CHANCES)
@given(counts=counts_of_three)
def test_the_estimate_is_the_coefficient_of_items_with_two_answers(chance, counts):
    paired = counts[counts.sum(axis=1) >= 2]
    seen = chance_corrected_estimate(counts, chance)
    if len(paired) >= 2:
        assert seen.value == pytest.approx(CHANCES[chance](paired), nan_ok=True)


def test_one_value_only_says_nothing_to_fleiss_but_something_to_gwet():
    counts = np.array([[2, 0]] * 30)
    assert chance_corrected_estimate(counts, by_marginals).reason == Reason.ONE_VALUE_ONLY
    assert math.isnan(fleiss(counts))
    assert gwet(counts) == 1
    assert 0.5 < chance_corrected_estimate(counts).low < 1


def test_a_value_nobody_gave_still_counts_for_chance():
    narrow = np.array([[2, 0], [1, 1], [0, 2]])
    wide = np.hstack([narrow, np.zeros((3, 2), dtype=np.int64)])
    assert brennan_prediger(wide) > brennan_prediger(narrow)
    assert gwet(wide) > gwet(narrow)


def test_always_the_same_near_miss_has_an_interval():
    seen = chance_corrected_estimate(np.array([[1, 0, 1]] * 20), by_values, steps)
    assert seen.value < 0
    assert seen.low < seen.high


@pytest.mark.parametrize("counts", [np.zeros((0, 2), dtype=np.int64), np.array([[1, 0]])])
def test_nothing_to_compare_is_no_number(counts):
    assert math.isnan(fleiss(counts))
    assert chance_corrected_estimate(counts).reason == Reason.NOTHING_COUNTED


def test_one_item_is_too_few():
    assert chance_corrected_estimate(np.array([[2, 1]])).reason == Reason.TOO_FEW_ITEMS


def test_an_empty_table_is_no_number():
    assert math.isnan(cohen([[0, 0], [0, 0]]))


def test_a_table_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="a row and a column for every value"):
        cohen([[1, 2, 3], [4, 5, 6]])


def test_somebody_without_answers_has_no_spread():
    assert math.isnan(conger(np.array([[0, -1], [1, -1]]), size=2))
