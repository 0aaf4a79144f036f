from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, ttest_1samp

from evaluation.stats.answers import Answers
from evaluation.stats.measures import accuracy, f1_of, macro_f1, macro_recall, precision_of
from evaluation.stats.paired import Evidence, compare, lower, upper
from tests.bench.gate import DESIGNS, Truth, false_passes
from tests.evaluation.stats.makers import make_answers, make_pair

counts = st.integers(0, 40)
MEASURES = [accuracy, f1_of(1), precision_of(1), macro_recall, macro_f1]


def evidence_of(wins, losses, n):
    """That of n equally weighted examples, for arrays of wins and losses."""
    wins, losses = np.asarray(wins, dtype=float), np.asarray(losses, dtype=float)
    difference = (wins - losses) / n
    one = np.full_like(difference, 1 / n)
    return Evidence(
        difference=difference,
        spread=((wins + losses) / n - difference**2) / n,
        unit=one,
        tilt=np.zeros_like(difference),
        biggest=one,
        gained=wins / n,
        gained_squares=wins / n**2,
        lost=losses / n,
        lost_squares=losses / n**2,
    )


def false_pass(n, margin, discordance):
    """How often the bound passes a candidate exactly at the margin, over every possible sample."""
    share_lost = (discordance + margin) / (2 * discordance)
    rate = 0.0
    for differing in range(n + 1):
        chance = binom.pmf(differing, n, discordance)
        if chance > 1e-10:
            losses = np.arange(differing + 1)
            passed = lower(evidence_of(differing - losses, losses, n), 0.05) > -margin
            rate += chance * binom.pmf(losses, differing, share_lost)[passed].sum()
    return rate


@pytest.mark.parametrize("n", [30, 60, 100, 250, 500])
@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("times", [1.0, 1.5, 2.0, 4.0])
def test_at_the_margin_at_most_one_in_twenty_passes_by_enumeration(n, margin, times):
    assert false_pass(n, margin, margin * times) <= 0.05


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_with_weights_too_also_where_the_losses_weigh_most(design):
    assert false_passes(design, Truth(0.05, 0.05), 250, 4000) <= 0.05 * 4000


@given(wins=counts, losses=counts, ties=st.integers(1, 200))
def test_the_bound_is_never_above_that_of_students_t_with_two_examples_more(wins, losses, ties):
    paired = compare(*make_pair(ties, wins, losses, 0))
    rows = [1] * (wins + 1) + [-1] * (losses + 1) + [0] * ties
    oracle = ttest_1samp(rows, 0).confidence_interval(0.9)
    assert paired.at_least <= max(oracle.low, -1) + 1e-12
    assert paired.at_most >= min(oracle.high, 1) - 1e-12


def test_with_many_discordant_examples_it_is_about_that_of_students_t():
    paired = compare(*make_pair(1500, 260, 200, 40))
    rows = [1] * 261 + [-1] * 201 + [0] * 1540
    oracle = ttest_1samp(rows, 0).confidence_interval(0.9)
    assert paired.at_least == pytest.approx(oracle.low, abs=0.001)


def test_the_interval_of_a_large_comparison_is_that_of_agresti_on_approval_of_the_minister():
    # Agresti, Categorical Data Analysis (2nd ed.), section 10.1: of 1,600 people 944 approved at
    # first and 880 later, 86 came round and 150 left: -0.04 with a standard error of 0.0095.
    difference = compare(*make_pair(794, 86, 150, 570)).difference
    assert difference.value == pytest.approx(-0.04)
    assert difference.low == pytest.approx(-0.04 - 1.96 * 0.0095, abs=0.001)
    assert difference.high == pytest.approx(-0.04 + 1.96 * 0.0095, abs=0.001)


def test_wins_losses_and_discordance_are_counted():
    paired = compare(*make_pair(both=70, wins=8, losses=2, neither=20))
    assert (paired.wins, paired.losses, paired.n) == (8, 2, 100)
    assert paired.discordance == pytest.approx(0.1)
    assert paired.difference.value == pytest.approx(0.06)
    assert (paired.candidate, paired.baseline) == pytest.approx((0.78, 0.72))
    assert paired.effective_n == pytest.approx(100)


def test_two_versions_that_answer_alike_are_not_known_to_be_alike():
    paired = compare(*make_pair(wins=0, losses=0))
    assert paired.difference.value == 0
    assert paired.at_least < -0.02
    assert paired.at_most > 0.02
    assert paired.difference.width > 0


@pytest.mark.parametrize("measure", MEASURES)
@given(seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)), n=st.integers(8, 60))
def test_swapping_the_versions_flips_the_sign(measure, seeds, n):
    reference = make_answers(n, weighted=True)
    one, other = (
        Answers(reference.reference, make_answers(n, seed=seed).predicted, reference.weights, 4)
        for seed in seeds
    )
    there, back = compare(one, other, measure), compare(other, one, measure)
    assert there.difference.value == pytest.approx(-back.difference.value, nan_ok=True)
    assert there.at_least == pytest.approx(-back.at_most, nan_ok=True)
    assert there.difference.low == pytest.approx(-back.difference.high, nan_ok=True)
    assert (there.wins, there.losses) == (back.losses, back.wins)


@pytest.mark.parametrize("measure", MEASURES)
@given(factor=st.floats(0.001, 1000), seed=st.integers(0, 50))
def test_only_the_proportions_of_weights_matter(measure, factor, seed):
    one, other = pair_of(seed)
    scaled = [
        Answers(answers.reference, answers.predicted, answers.weights * factor, 4)
        for answers in (one, other)
    ]
    ours, theirs = compare(one, other, measure), compare(*scaled, measure)
    assert ours.difference.value == pytest.approx(theirs.difference.value, abs=1e-9)
    assert (ours.at_least, ours.at_most) == pytest.approx((theirs.at_least, theirs.at_most))


@pytest.mark.parametrize("measure", MEASURES)
@given(seed=st.integers(0, 200))
def test_the_difference_lies_inside_its_bounds_and_they_inside_the_interval(measure, seed):
    paired = compare(*pair_of(seed), measure)
    difference = paired.difference
    assert -1 <= difference.low <= paired.at_least <= difference.value
    assert difference.value <= paired.at_most <= difference.high <= 1
    assert difference.width > 0
    assert difference.value == pytest.approx(paired.candidate - paired.baseline)


def test_a_stricter_error_rate_gives_wider_bounds():
    evidence = evidence_of([5], [8], 100)
    assert lower(evidence, 0.01) < lower(evidence, 0.05) < upper(evidence, 0.05)


def test_weights_widen_the_bounds():
    plain = compare(*make_pair())
    reference, weights = np.zeros(100, dtype=int), np.tile([1.0, 9.0], 50)
    candidate, baseline = make_pair()
    weighted = compare(
        Answers.of(reference, candidate.predicted, weights, labels=2),
        Answers.of(reference, baseline.predicted, weights, labels=2),
    )
    assert weighted.effective_n < plain.effective_n
    assert weighted.at_least < plain.at_least


def test_without_examples_nothing_is_known():
    nobody = Answers.of([], [], labels=2)
    paired = compare(nobody, nobody)
    assert not paired.difference.defined
    assert math.isnan(paired.at_least)
    assert math.isnan(paired.at_most)
    assert paired.evidence is None


def test_a_label_that_one_version_never_gave_has_no_difference_in_precision():
    candidate = Answers.of([0, 1], [0, 0], labels=2)
    baseline = Answers.of([0, 1], [0, 1], labels=2)
    paired = compare(candidate, baseline, precision_of(1))
    assert not paired.difference.defined
    assert paired.n == 1


def test_other_examples_are_refused():
    one, other = make_answers(seed=1), make_answers(seed=2)
    with pytest.raises(ValueError, match="the same examples"):
        compare(one, other)


def pair_of(seed):
    """Two versions on the same weighted examples."""
    one = make_answers(80, weighted=True, seed=seed)
    other = make_answers(80, right=0.3, seed=seed + 1000)
    return one, Answers(one.reference, other.predicted, one.weights, 4)
