from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.stats.agreement import alpha, count
from labeling.stats.taxonomy import (
    MAX_DEPTH,
    MAX_LABELS,
    Kind,
    Tree,
    alpha_by_level,
    decompose,
    merge,
)

INTENTS = {
    "banking": ["balance", "transfer", "routing"],
    "work": ["pto_request", "payday", "income", "w2", "rollover_401k"],
    "utility": ["weather"],
}
ROWS = [(domain, None) for domain in INTENTS] + [
    (intent, domain) for domain, intents in INTENTS.items() for intent in intents
]
ANSWERS = [
    ["pto_request", "pto_request", "work"],
    ["payday", "payday", "payday"],
    ["income", "payday", "income"],
    ["w2", "rollover_401k", "work"],
    ["balance", "balance", "balance"],
    ["balance", "transfer", "banking"],
    ["routing", "routing", "routing"],
    ["weather", "balance", "weather"],
]


@st.composite
def trees(draw):
    """A tree of up to 20 labels, each under the root or under an earlier label."""
    size = draw(st.integers(1, 20))
    parents = [draw(st.integers(-1, place - 1)) for place in range(size)]
    return Tree.of((str(place), str(up) if up >= 0 else None) for place, up in enumerate(parents))


def counts_of(tree, answers):
    items = [place for place, row in enumerate(answers) for _ in row]
    values = [tree.position(key) for row in answers for key in row]
    return count(items, values, len(tree.keys))


def test_eight_units_over_a_tree_give_the_three_reference_alphas():
    tree = Tree.of(ROWS)
    counts = counts_of(tree, ANSWERS)
    by_domain, by_label = alpha_by_level(counts, tree, tree.keys)
    assert by_label.value == pytest.approx(alpha(counts)) == pytest.approx(0.454545, abs=5e-7)
    assert by_domain.value == pytest.approx(0.859756, abs=5e-7)
    assert alpha(counts, tree.distance(tree.keys)) == pytest.approx(0.661211, abs=5e-7)


@given(
    counts=arrays(np.int64, st.tuples(st.integers(2, 20), st.just(4)), elements=st.integers(0, 3))
)
def test_a_tree_of_one_level_is_nominal(counts):
    tree = Tree.of((key, None) for key in "abcd")
    assert alpha(counts, tree.distance("abcd")) == pytest.approx(alpha(counts), nan_ok=True)


@given(tree=trees())
def test_the_dissimilarity_is_a_metric_between_zero_and_one(tree):
    apart = tree.dissimilarity()
    assert apart == pytest.approx(apart.T)
    assert ((apart == 0) == np.eye(len(apart), dtype=bool)).all()
    assert apart.max() <= 1
    assert (apart[:, None, :] <= apart[:, :, None] + apart[None, :, :] + 1e-12).all()


@given(tree=trees())
def test_the_dissimilarity_is_that_of_the_lowest_common_ancestors(tree):
    apart = tree.dissimilarity()
    for one, other in product(tree.keys, repeat=2):
        common = tree.lowest_common_ancestor(one, other)
        depth = tree.depth(common) if common else 0
        expected = 1 - 2 * depth / (tree.depth(one) + tree.depth(other))
        assert apart[tree.position(one), tree.position(other)] == pytest.approx(expected)


@given(tree=trees(), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tree, order):
    rows = [(key, tree.ancestors(key)[:1]) for key in tree.keys]
    order.shuffle(rows)
    again = Tree.of((key, *(parent or [None])) for key, parent in rows)
    assert again.dissimilarity(tree.keys) == pytest.approx(tree.dissimilarity())


@given(tree=trees())
def test_errors_mirror_each_other(tree):
    mirror = {Kind.TOO_GENERAL: Kind.TOO_SPECIFIC, Kind.TOO_SPECIFIC: Kind.TOO_GENERAL}
    for one, other in product(tree.keys, repeat=2):
        kind = tree.kind(one, other)
        assert tree.kind(other, one) == mirror.get(kind, kind)
        assert (kind == Kind.EXACT) == (one == other)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("payday", Kind.EXACT),
        ("work", Kind.TOO_GENERAL),
        ("income", Kind.SIBLING),
        ("banking", Kind.WRONG_BRANCH),
        ("weather", Kind.WRONG_BRANCH),
    ],
)
def test_an_error_has_a_kind(answer, kind):
    assert Tree.of(ROWS).kind(answer, "payday") == kind


def test_a_label_below_the_right_one_is_too_specific():
    assert Tree.of(ROWS).kind("payday", "work") == Kind.TOO_SPECIFIC


def test_top_labels_are_branches_not_siblings():
    assert Tree.of(ROWS).kind("work", "banking") == Kind.WRONG_BRANCH


@pytest.mark.parametrize(
    ("error", "ancestor", "sibling", "other"),
    [("work", 1, 0, 0), ("income", 0, 1, 0), ("weather", 0, 0, 1)],
)
def test_the_decomposition_names_the_cause(error, ancestor, sibling, other):
    tree = Tree.of(ROWS)
    counts = counts_of(tree, [["payday", "payday", error], ["payday"] * 3])
    parts = decompose(counts, tree, tree.keys)
    assert (parts.ancestor, parts.sibling, parts.other_branch) == (ancestor, sibling, other)
    assert parts.disagreeing == pytest.approx(1 / 3)


def test_without_disagreement_there_is_nothing_to_decompose():
    tree = Tree.of(ROWS)
    parts = decompose(counts_of(tree, [["payday", "payday"]]), tree, tree.keys)
    assert parts.disagreeing == 0
    assert math.isnan(parts.ancestor)


def test_without_answers_even_the_share_of_disagreement_is_unknown():
    parts = decompose(np.zeros((0, 1), dtype=np.int64), Tree.of([("a", None)]), ["a"])
    assert math.isnan(parts.disagreeing)


def test_a_tree_knows_its_leaves_its_height_and_who_is_above_whom():
    tree = Tree.of([("a", ""), ("b", "a"), ("c", "b"), ("d", None)])
    assert tree.leaves == ("d", "c")
    assert tree.height == 3
    assert tree.ancestors("c") == ("b", "a")
    assert [tree.at_level("c", level) for level in (1, 2, 3, 9)] == ["a", "b", "c", "c"]
    assert tree.lowest_common_ancestor("c", "d") is None
    assert tree.lowest_common_ancestor("c", "b") == "b"


def test_an_empty_tree_has_no_labels():
    tree = Tree.of([])
    assert (tree.keys, tree.leaves, tree.height) == ((), (), 0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", None), ("a", None)], "'a' is in the taxonomy twice"),
        ([("a", "b")], "'a' has a parent that is not in the taxonomy: 'b'"),
        ([("top", None), ("a", "b"), ("b", "a")], "'a' is part of a cycle"),
        ([("a", "a")], "'a' is part of a cycle"),
        ([("", None)], "'' is no key"),
        ([(str(n), str(n - 1) if n else None) for n in range(MAX_DEPTH + 1)], "'16' is deeper"),
        ([(str(n), None) for n in range(MAX_LABELS + 1)], "'5000' is one label too many"),
    ],
)
def test_rows_that_make_no_tree_are_refused_by_name(rows, message):
    with pytest.raises(ValueError, match=message):
        Tree.of(rows)


def test_an_unknown_label_is_refused_by_name():
    with pytest.raises(ValueError, match="'holiday' is not in the taxonomy"):
        Tree.of(ROWS).kind("holiday", "payday")


def test_labels_that_do_not_fit_the_values_are_refused():
    with pytest.raises(ValueError, match="2 labels do not fit 3 values"):
        Tree.of(ROWS).distance(["work", "payday"])(np.ones(3))


def test_merged_columns_keep_every_answer():
    assert merge(np.array([[1, 2, 3], [4, 5, 6]]), ["x", "y", "x"]).tolist() == [[4, 2], [10, 5]]
