from __future__ import annotations

import csv
import math

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.stats.agreement import (
    alpha,
    alpha_estimate,
    coincidences,
    collapse,
    count,
    percent_agreement,
)
from labeling.stats.distances import interval, nominal, ordinal, ratio, steps
from labeling.stats.estimate import Reason, share
from tests.labeling.stats.published import examples, printed_precision

counts_of_four = arrays(
    np.int64, st.tuples(st.integers(2, 25), st.just(4)), elements=st.integers(0, 3)
)
LEVELS = {
    "nominal": nominal,
    "ordinal": ordinal,
    "interval": interval([1, 2, 3, 4]),
    "ratio": ratio([1, 2, 3, 4]),
}


@pytest.mark.parametrize("name", examples())
def test_every_published_coefficient_comes_out_as_printed(name):
    example = examples()[name]
    for coefficient, printed in example.expected.items():
        computed = example.compute(coefficient)
        assert computed == pytest.approx(printed, abs=printed_precision(printed)), coefficient


@pytest.mark.parametrize("level", LEVELS)
@given(counts=counts_of_four)
def test_alpha_is_that_of_the_krippendorff_package(level, counts):
    ours = alpha(counts, LEVELS[level])
    if math.isnan(ours):
        return
    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=[1, 2, 3, 4], level_of_measurement=level
    )
    assert ours == pytest.approx(theirs, abs=1e-9)


@given(counts=counts_of_four, seed=st.integers(0, 1000))
def test_the_order_of_items_does_not_matter(counts, seed):
    shuffled = np.random.default_rng(seed).permutation(counts)
    assert repr(rounded(alpha_estimate(shuffled))) == repr(rounded(alpha_estimate(counts)))


@given(counts=counts_of_four, order=st.permutations(range(4)))
def test_the_names_of_values_do_not_matter(counts, order):
    renamed = counts[:, order]
    assert repr(rounded(alpha_estimate(renamed))) == repr(rounded(alpha_estimate(counts)))


@given(counts=counts_of_four)
def test_an_interval_has_a_width_and_holds_its_estimate(counts):
    for distance in LEVELS.values():
        seen = alpha_estimate(counts, distance)
        if seen.defined:
            assert -1 <= seen.low <= seen.value <= seen.high <= 1
            assert seen.width > 0


@given(counts=counts_of_four)
def test_percent_agreement_lies_inside_an_interval_with_a_width(counts):
    seen = percent_agreement(counts, steps)
    if seen.defined:
        assert 0 <= seen.low <= seen.value <= seen.high <= 1
        assert seen.width > 0


def test_three_people_on_pairs_of_model_answers_agree_as_measured(shared_data):
    with (shared_data / "pandalm_judgements.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["annotator_kind"] == "human"]
    items = np.unique([row["item"] for row in rows], return_inverse=True)[1]
    values = ["1", "2", "tie"]
    counts = count(items, [values.index(row["label"]) for row in rows], len(values))
    seen = alpha_estimate(counts)
    assert (seen.n, round(seen.value, 3)) == (999, 0.864)


def test_perfect_agreement_is_one_but_not_certain():
    seen = alpha_estimate(np.array([[3, 0], [0, 3]] * 15))
    assert seen.value == 1
    assert 0.5 < seen.low < 1


def test_more_items_without_a_disagreement_make_it_more_certain():
    few, many = (alpha_estimate(np.array([[3, 0], [0, 3]] * n)) for n in (10, 1000))
    assert few.low < many.low < 1


def test_one_value_only_is_not_agreement():
    seen = alpha_estimate(np.array([[3, 0]] * 20))
    assert not seen.defined
    assert seen.reason == Reason.ONE_VALUE_ONLY
    assert math.isnan(alpha(np.array([[3, 0]] * 20)))


def test_one_item_is_too_few():
    seen = alpha_estimate(np.array([[2, 1], [1, 0]]))
    assert seen.reason == Reason.TOO_FEW_ITEMS
    assert seen.n == 1
    assert math.isnan(alpha(np.array([[2, 1], [1, 0]])))


def test_without_two_answers_to_an_item_there_is_nothing_to_compare():
    lonely = np.array([[1, 0], [0, 1]])
    assert alpha_estimate(lonely).reason == Reason.NOTHING_COUNTED
    assert percent_agreement(lonely).reason == Reason.NOTHING_COUNTED


def test_items_with_one_answer_change_nothing():
    counts = np.array([[2, 0], [1, 1], [0, 2], [0, 2]])
    with_lonely = np.vstack([counts, [[1, 0]] * 50])
    assert alpha_estimate(with_lonely) == alpha_estimate(counts)
    assert percent_agreement(with_lonely) == percent_agreement(counts)


def test_everybody_always_disagreeing_still_has_an_interval():
    seen = alpha_estimate(np.array([[1, 1]] * 20))
    assert seen.value < 0
    assert seen.low < seen.value < seen.high


def test_a_minority_on_one_item_only_leaves_the_interval_open():
    seen = alpha_estimate(np.array([[2, 0]] * 60 + [[1, 1]]))
    assert (seen.low, seen.high) == (-1, 1)


def test_two_answers_per_item_give_wilsons_interval():
    seen = percent_agreement(np.array([[2, 0]] * 80 + [[1, 1]] * 20))
    expected = share(80, 100)
    assert (seen.low, seen.high) == pytest.approx((expected.low, expected.high))


def test_a_missing_answer_is_not_counted():
    assert count([0, 0, 1], [1, -1, 0], size=2).tolist() == [[0, 1], [1, 0]]


def test_an_item_without_answers_keeps_its_row():
    assert count([0], [1], size=2, n_items=3).tolist() == [[0, 1], [0, 0], [0, 0]]
    assert count([], [], size=2).shape == (0, 2)


def test_a_value_outside_the_rubric_is_refused():
    with pytest.raises(ValueError, match="value 2 is not one of 2 values"):
        count([0], [2], size=2)


@given(counts=counts_of_four)
def test_collapsing_keeps_every_item(counts):
    patterns, times = collapse(counts)
    assert sorted(np.repeat(patterns, times.astype(int), axis=0).tolist()) == sorted(
        counts.tolist()
    )


def test_patterns_too_wide_for_one_number_are_kept_as_they_are():
    wide = np.eye(151, dtype=np.int64)[[3, 3, 150]]
    patterns, times = collapse(wide)
    assert patterns.tolist() == wide.tolist()
    assert times.tolist() == [1, 1, 1]


def test_a_wide_taxonomy_gives_the_alpha_of_its_used_values():
    narrow = np.random.default_rng(5).integers(0, 2, (200, 4))
    wide = np.zeros((200, 151), dtype=np.int64)
    wide[:, [0, 40, 90, 150]] = narrow
    assert rounded(alpha_estimate(wide)) == rounded(alpha_estimate(narrow))


@given(counts=counts_of_four)
def test_coincidences_are_symmetric_and_count_every_paired_answer(counts):
    met = coincidences(counts)
    paired = counts[counts.sum(axis=1) >= 2]
    assert met == pytest.approx(met.T)
    assert met.sum(axis=0) == pytest.approx(paired.sum(axis=0))


def rounded(seen):
    """What an estimate says, without the last bits that the order of a sum decides."""
    return [round(number, 9) for number in (seen.value, seen.low, seen.high, seen.n)]
