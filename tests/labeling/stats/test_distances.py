from __future__ import annotations

import numpy as np
import pytest

from labeling.stats.distances import (
    agreement_weights,
    interval,
    linear,
    masi,
    nominal,
    ordinal,
    ratio,
    steps,
)


@pytest.mark.parametrize(
    "distance",
    [nominal, ordinal, steps, interval([1, 2, 4]), linear([1, 2, 4]), ratio([1, 2, 4])],
)
def test_a_distance_is_symmetric_and_zero_for_equal_values_only(distance):
    apart = distance(np.array([3.0, 2.0, 5.0]))
    assert apart == pytest.approx(apart.T)
    assert ((apart == 0) == np.eye(3, dtype=bool)).all()


def test_two_values_are_the_same_at_every_level_but_for_scale():
    totals = np.array([3.0, 2.0])
    for distance in (ordinal, steps, interval([1, 2]), linear([1, 2]), ratio([1, 2])):
        assert agreement_weights(distance, totals) == pytest.approx(np.eye(2))


def test_zero_is_no_distance_from_zero_on_a_ratio_scale():
    assert ratio([0, 5])(np.ones(2)).tolist() == [[0, 1], [1, 0]]


def test_a_ratio_scale_refuses_negative_scores():
    with pytest.raises(ValueError, match="no negative scores"):
        ratio([-1, 1])


def test_scores_that_do_not_fit_the_values_are_refused():
    with pytest.raises(ValueError, match="3 scores do not fit 2 values"):
        interval([1, 2, 3])(np.ones(2))


def test_a_score_has_to_be_a_number():
    with pytest.raises(ValueError, match="a score is a number"):
        linear([1, float("nan")])


def test_a_single_value_agrees_with_itself():
    assert agreement_weights(nominal, np.ones(1)).tolist() == [[1]]


def test_sets_are_apart_as_published():
    """Passonneau (2006); the figures are those of the NLTK, which rounds 2/3 and 1/3."""
    sets = [frozenset("12"), frozenset("1234"), frozenset("345")]
    apart = masi(sets)(np.ones(3))
    assert apart[0, 1] == pytest.approx(1 - 0.5 * 0.67, abs=0.002)
    assert apart[1, 2] == pytest.approx(0.868, abs=0.002)
    assert apart[0, 2] == 1
    assert apart == pytest.approx(apart.T)


def test_an_empty_set_is_no_answer():
    with pytest.raises(ValueError, match="one at least"):
        masi([frozenset(), frozenset("1")])
