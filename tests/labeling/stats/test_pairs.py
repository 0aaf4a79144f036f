from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.stats.agreement import percent_agreement
from labeling.stats.distances import interval
from labeling.stats.estimate import Reason, share
from labeling.stats.kappas import cohen
from labeling.stats.pairs import by_pair, by_value
from tests.labeling.stats.published import examples

answers = arrays(
    np.int64, st.tuples(st.integers(2, 20), st.integers(2, 5)), elements=st.integers(-1, 2)
)


def long(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(items, annotators, values) of a matrix of codes, one row per answer."""
    items, people = np.indices(codes.shape)
    return items.ravel(), people.ravel(), codes.ravel()


@pytest.mark.parametrize("name", ["cohen1960", "sas_dermatology", "feinstein_cicchetti1990_b"])
def test_the_kappa_of_a_pair_is_the_published_one(name):
    example = examples()[name]
    (pair,) = by_pair(*long(example.codes), size=len(example.levels))
    assert pair.kappa == pytest.approx(cohen(example.table))


def test_the_weighted_kappa_of_a_pair_is_that_of_its_table():
    example = examples()["sas_dermatology"]
    distance = interval(example.scores)
    (pair,) = by_pair(*long(example.codes), 4, distance)
    assert pair.kappa == pytest.approx(cohen(example.table, distance))


def test_the_agreement_of_a_pair_is_a_share_with_wilsons_interval():
    (pair,) = by_pair(*long(np.array([[0, 0]] * 8 + [[0, 1]] * 2)), size=2)
    expected = share(8, 10)
    assert (pair.agreement.value, pair.agreement.n) == (0.8, 10)
    assert (pair.agreement.low, pair.agreement.high) == pytest.approx((expected.low, expected.high))


@given(codes=answers, seed=st.integers(0, 1000))
def test_the_order_of_answers_does_not_matter(codes, seed):
    columns = long(codes)
    order = np.random.default_rng(seed).permutation(codes.size)
    items, people, values = (column[order] for column in columns)
    shuffled = by_pair(items, people, values, size=3)
    assert repr(shuffled) == repr(by_pair(*columns, size=3))


@given(codes=answers)
def test_every_meeting_of_two_annotators_is_counted_once(codes):
    pairs = by_pair(*long(codes), size=3)
    given_answers = (codes >= 0).sum(axis=1)
    meetings = (given_answers * (given_answers - 1) // 2).sum()
    assert sum(pair.agreement.n for pair in pairs) == meetings
    assert all(pair.first < pair.second for pair in pairs)


def test_two_who_always_say_the_same_one_thing_have_no_kappa():
    (pair,) = by_pair(*long(np.zeros((10, 2), dtype=np.int64)), size=2)
    assert math.isnan(pair.kappa)
    assert pair.agreement.value == 1


def test_annotators_who_never_meet_are_no_pair():
    assert by_pair([0, 1], [7, 8], [0, 0], size=2) == []
    assert by_pair([], [], [], size=2) == []


def test_with_two_values_and_two_people_specific_agreement_is_dices():
    both, one, other = 40, 9, 6
    counts = np.array([[2, 0]] * both + [[1, 1]] * (one + other) + [[0, 2]] * 45)
    yes, _ = by_value(counts)
    assert yes.value == pytest.approx(2 * both / (2 * both + one + other))
    assert yes.n == both + one + other


def test_a_value_nobody_gave_is_undefined():
    assert by_value(np.array([[2, 0], [2, 0]]))[1].reason == Reason.NOTHING_COUNTED


def test_specific_agreement_has_an_interval_with_a_width():
    for seen in by_value(np.array([[3, 0, 0], [2, 1, 0], [0, 1, 2], [0, 0, 3]])):
        assert 0 <= seen.low <= seen.value <= seen.high <= 1
        assert seen.width > 0


def test_agreement_by_value_averages_to_agreement_where_items_are_alike():
    counts = np.array([[3, 0], [2, 1], [1, 2], [0, 3], [0, 3]])
    weights = counts.sum(axis=0) / counts.sum()
    average = sum(weights * [seen.value for seen in by_value(counts)])
    assert average == pytest.approx(percent_agreement(counts).value)
