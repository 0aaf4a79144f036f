"""Steps on a tree of labels: what each does, what is refused, and what never happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.policy.rubrics import taxonomy_problems
from labeling.policy.taxonomy_diff import Kind, differences, successors
from labeling.policy.taxonomy_edits import Op, Refused, Trouble, apply, below, replay


def node(key, parent=None, **fields):
    return {
        "key": key,
        "parent": parent,
        "label": key.title(),
        "synonyms": [],
        "description": "",
        **fields,
    }


TREE = [
    node("money"),
    node("refund", "money"),
    node("charge", "money", synonyms=["Debit"]),
    node("other"),
    node("greeting", "other"),
]
PUBLISHED = {row["key"] for row in TREE}


def after(*steps, tree=TREE):
    return {row["key"]: row for row in replay(tree, steps)}


def refused(step, tree=TREE, published=PUBLISHED):
    with pytest.raises(Refused) as caught:
        apply(tree, step, published)
    return caught.value.trouble, caught.value.field


def step(op, key, **fields):
    return {"op": op, "key": key, **fields}


ADD = step("add", "fee", label="Fee", parent="money")
SPLIT = step("split", "refund", into=[node("full"), node("part")])
MERGE = step("merge", "refund", into="charge")


def test_a_label_is_added_below_another_where_it_is_wanted():
    rows = after(step("add", "fee", label=" A  fee ", parent="money", before="charge"))

    assert list(rows) == ["money", "refund", "fee", "charge", "other", "greeting"]
    assert rows["fee"]["label"] == "A fee"


def test_a_branch_moves_with_all_that_is_below_it():
    rows = after(step("move", "money", parent="other"))

    assert list(rows) == ["other", "greeting", "money", "refund", "charge"]
    assert below(rows.values(), "other") == {"greeting", "money", "refund", "charge"}


def test_merging_leaves_names_and_labels_below_to_the_other_one():
    rows = after(step("merge", "money", into="other"))

    assert rows["other"]["replaces"] == ["money"]
    assert rows["other"]["synonyms"] == ["Money"]
    assert rows["refund"]["parent"] == "other"


def test_an_answer_can_be_followed_through_merges_and_splits():
    rows = after(SPLIT, step("merge", "part", into="charge")).values()

    assert successors(PUBLISHED, rows) == {"refund": ("full", "charge")}
    assert [(row.kind, row.key, row.now) for row in differences(TREE, rows)] == [
        (Kind.SPLIT, "refund", "Full, Charge"),
        (Kind.REWORDED, "charge", "Debit · Part"),
    ]


def test_deprecating_a_branch_takes_what_is_below_it_along_and_back():
    gone = after(step("deprecate", "money"))
    back = after(step("restore", "money"), tree=list(gone.values()))

    assert [key for key, row in gone.items() if row.get("deprecated")] == [
        "money",
        "refund",
        "charge",
    ]
    assert list(back.values()) == TREE


def test_what_is_new_can_get_another_key_and_go_again():
    assert "cost" in after(ADD, step("rekey", "fee", to="cost"))
    assert list(after(ADD, step("remove", "fee")).values()) == TREE


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        (step("rename", "gone", label="x"), (Trouble.NO_SUCH_LABEL, "key")),
        (step("rename", "refund", label=" "), (Trouble.BAD_NAME, "label")),
        (step("rename", "refund", label="a\u202eb"), (Trouble.BAD_NAME, "label")),
        (step("rename", "refund", label="Charge"), (Trouble.NAME_TAKEN, "label")),
        (step("rename", "refund", label="Refund"), (Trouble.NOTHING_CHANGES, "op")),
        (step("add", "refund", label="New", parent=None), (Trouble.KEY_TAKEN, "key")),
        (step("add", "No Key", label="New", parent=None), (Trouble.BAD_KEY, "key")),
        (step("add", "new", label="New", parent="gone"), (Trouble.NO_SUCH_LABEL, "parent")),
        (step("move", "money", parent="refund"), (Trouble.INSIDE_ITSELF, "parent")),
        (step("move", "money", parent="money"), (Trouble.INSIDE_ITSELF, "parent")),
        (step("merge", "money", into="refund"), (Trouble.INSIDE_ITSELF, "into")),
        (step("merge", "money", into="money"), (Trouble.INSIDE_ITSELF, "into")),
        (step("split", "money", into=[]), (Trouble.HAS_LABELS_BELOW, "key")),
        (step("split", "refund", into=[node("x")]), (Trouble.TOO_FEW, "into")),
        (step("split", "refund", into=[node("x"), node("charge")]), (Trouble.NAME_TAKEN, "into")),
        (step("remove", "refund"), (Trouble.IS_PUBLISHED, "key")),
        (step("rekey", "refund", to="new"), (Trouble.IS_PUBLISHED, "key")),
    ],
    ids=lambda value: "-".join(map(str, value.values()))[:40] if isinstance(value, dict) else None,
)
def test_what_does_not_fit_the_tree_is_refused(wrong, answer):
    assert refused(wrong) == answer


def test_a_key_that_answers_were_given_with_is_never_given_away_again():
    merged = apply(TREE, MERGE, PUBLISHED)

    assert refused(step("add", "refund", label="New", parent=None), merged)[0] == Trouble.KEY_TAKEN


def test_nothing_is_put_under_what_is_deprecated():
    tree = apply(TREE, step("deprecate", "money"), PUBLISHED)

    assert refused({**ADD}, tree)[0] == Trouble.IS_DEPRECATED
    assert refused(step("move", "greeting", parent="money"), tree)[0] == Trouble.IS_DEPRECATED
    assert refused(step("merge", "greeting", into="money"), tree)[0] == Trouble.IS_DEPRECATED
    assert refused(step("restore", "refund"), tree)[0] == Trouble.IS_DEPRECATED


def test_a_tree_does_not_grow_too_deep():
    steps = [
        step("add", f"n{n}", label=f"N{n}", parent=f"n{n - 1}" if n else None) for n in range(13)
    ]

    with pytest.raises(Refused) as caught:
        replay([], steps)

    assert caught.value.trouble == Trouble.TOO_DEEP


KEYS = st.sampled_from([*sorted(PUBLISHED), "n1", "n2", "n3"])
STEPS = st.fixed_dictionaries(
    {
        "op": st.sampled_from([op.value for op in Op if op not in (Op.REPLACE, Op.SPLIT)]),
        "key": KEYS,
        "parent": st.none() | KEYS,
        "into": KEYS,
        "to": KEYS,
        "before": KEYS,
        "label": st.sampled_from(["Money", "Refund", "New", "Newer"]),
        "synonyms": st.just(["Word"]),
    }
) | st.fixed_dictionaries(
    {
        "op": st.just("split"),
        "key": KEYS,
        "into": st.lists(KEYS.map(node), min_size=2, max_size=3, unique_by=lambda row: row["key"]),
    }
)


@given(st.lists(STEPS, max_size=12))
def test_whatever_is_done_a_tree_stays_a_tree_and_no_answer_loses_its_label(tried):
    trees, done = [TREE], []
    for one in tried:
        try:
            trees.append(apply(trees[-1], one, PUBLISHED))
        except Refused:
            continue
        done.append(one)
    tree = trees[-1]

    assert taxonomy_problems(tree) == []
    names = [(row["parent"], row["label"]) for row in tree]
    assert len(names) == len(set(names))
    heirs = successors(PUBLISHED, tree)
    removed = {one["key"] for one in done if one["op"] == "remove"}
    assert all(into or removed for into in heirs.values())
    # taking the last step back restores the tree before it exactly
    assert replay(TREE, done) == tree
    assert not done or replay(TREE, done[:-1]) == trees[-2]


@given(st.lists(STEPS, max_size=8))
def test_equal_trees_have_no_difference_and_others_have(tried):
    tree = TREE
    for one in tried:
        try:
            tree = apply(tree, one, PUBLISHED)
        except Refused:
            continue

    assert differences(tree, tree) == []
    if {row["key"]: row for row in tree} != {row["key"]: row for row in TREE}:
        assert differences(TREE, tree)
