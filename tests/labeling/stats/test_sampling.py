from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.stats import sampling
from labeling.stats.estimate import wilson
from labeling.stats.sampling import (
    equal,
    proportional,
    simple,
    size_at_rate,
    size_for_precision,
    stratified,
)

populations = st.dictionaries(st.text(max_size=3), st.integers(0, 500), max_size=8)
keys = st.lists(st.text(), unique=True, max_size=40)


@given(keys=keys, size=st.integers(0, 50), seed=st.integers(0, 99), order=st.randoms())
def test_the_same_seed_draws_the_same_in_whatever_order_items_come(keys, size, seed, order):
    shuffled = order.sample(keys, len(keys))
    assert simple(shuffled, size, Random(seed)) == simple(keys, size, Random(seed))


@given(keys=keys, size=st.integers(0, 50), seed=st.integers(0, 99))
def test_a_draw_has_its_size_and_every_item_once(keys, size, seed):
    drawn = [item.key for item in simple(keys, size, Random(seed))]
    assert len(drawn) == len(set(drawn)) == min(size, len(keys))
    assert set(drawn) <= set(keys)


@given(keys=keys, size=st.integers(1, 50))
def test_the_weights_of_a_draw_add_up_to_the_population(keys, size):
    drawn = simple(keys, size, Random(1))
    assert sum(item.weight for item in drawn) == pytest.approx(len(keys))


def test_every_item_is_drawn_as_often_as_its_probability_says():
    rng = Random(5)
    often = Counter(item.key for _ in range(4000) for item in simple("abcdefgh", 2, rng))
    assert all(abs(often[key] / 4000 - 0.25) < 0.03 for key in "abcdefgh")


def test_another_seed_draws_otherwise():
    many = [str(n) for n in range(1000)]
    assert simple(many, 10, Random(1)) != simple(many, 10, Random(2))


def test_a_stratum_keeps_its_name_and_probability():
    strata = {"es": ["c", "d", "e"], "en": ["a", "b"]}
    drawn = stratified(strata, {"en": 1, "es": 3}, Random(3))
    assert [(item.stratum, item.probability) for item in drawn] == [
        ("en", 1 / 2),
        ("es", 1),
        ("es", 1),
        ("es", 1),
    ]


def test_the_order_of_strata_does_not_matter():
    strata = {name: [name + str(n) for n in range(50)] for name in ("en", "es", "nb")}
    backwards = {name: strata[name][::-1] for name in reversed(strata)}
    sizes = {"nb": 5, "en": 5, "es": 5}
    assert stratified(strata, sizes, Random(3)) == stratified(backwards, sizes, Random(3))


def test_a_stratum_without_a_size_is_not_drawn_from():
    assert stratified({"en": ["a"], "es": ["b"]}, {"en": 1}, Random(3))[0].key == "a"


@given(populations=populations, size=st.integers(0, 600))
@pytest.mark.parametrize("allocate", [proportional, equal])
def test_an_allocation_spends_its_size_and_overdraws_nobody(allocate, populations, size):
    sizes = allocate(populations, size)
    assert sizes.keys() == populations.keys()
    assert sum(sizes.values()) == min(size, sum(populations.values()))
    assert all(0 <= sizes[name] <= populations[name] for name in sizes)


@given(populations=populations, size=st.integers(0, 600))
def test_no_stratum_goes_empty_while_another_has_two(populations, size):
    sizes = proportional(populations, size)
    if any(populations[name] and not taken for name, taken in sizes.items()):
        assert max(sizes.values()) <= 1


@given(populations=populations, size=st.integers(0, 600))
def test_equal_sizes_differ_by_one_unless_a_stratum_is_used_up(populations, size):
    sizes = equal(populations, size)
    most = max(sizes.values(), default=0)
    assert all(taken >= most - 1 or taken == populations[name] for name, taken in sizes.items())


def test_sizes_can_be_given():
    assert sampling.given({"en": 10, "es": 3, "nb": 9}, {"en": 4, "es": 4}) == {
        "en": 4,
        "es": 3,
        "nb": 0,
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simple("ab", -1, Random(1)), "a draw of -1 items"),
        (lambda: stratified({"en": "a"}, {"fr": 1}, Random(1)), "no stratum 'fr'"),
        (lambda: sampling.given({"en": 1}, {"fr": 1}), "no stratum 'fr'"),
        (lambda: sampling.given({"en": 1}, {"en": -1}), "-1 items from 'en'"),
        (lambda: size_at_rate(10, 0), "a rate lies above 0"),
        (lambda: size_at_rate(10, 1.5), "a rate lies above 0"),
        (lambda: size_for_precision(0), "a precision lies between"),
        (lambda: size_for_precision(0.05, expected=2), "a share lies between"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("population", "rate", "size"), [(100, 0.07, 7), (3, 0.1, 1), (5, 1, 5)])
def test_a_rate_is_a_size(population, rate, size):
    assert size_at_rate(population, rate) == size


@given(half_width=st.floats(0.01, 0.4), expected=st.floats(0, 1))
def test_the_size_for_a_precision_is_the_smallest_that_reaches_it(half_width, expected):
    size = size_for_precision(half_width, expected=expected)
    reach = [(high - low) / 2 for low, high in (wilson(expected, n) for n in (size, size - 1) if n)]
    assert reach[0] <= half_width
    assert all(shorter > half_width for shorter in reach[1:])


def test_a_small_population_needs_fewer_and_never_more_than_all():
    assert size_for_precision(0.05, population=100) == 80
    assert size_for_precision(0.001, population=100) == 100
    assert size_for_precision(0.05, population=0) == 0
