"""A rubric that takes a newer tree: merges and splits are seen as what they are."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.policy.rubric_changes import changes
from labeling.policy.rubric_decisions import Decision, decide
from labeling.policy.taxonomy_edits import apply

TREE: list[dict[str, Any]] = [
    {"key": key, "parent": parent, "label": key.title(), "synonyms": [], "description": ""}
    for key, parent in [("money", None), ("refund", "money"), ("charge", "money"), ("other", None)]
]
PUBLISHED = {row["key"] for row in TREE}
SPLIT = {
    "op": "split",
    "key": "refund",
    "into": [{"key": "full", "label": "Full"}, {"key": "part", "label": "Part"}],
}


def question(nodes):
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?"}
    return {"criteria": [asked | {"taxonomy": {"name": "Intents", "nodes": nodes}}]}


def decided(*steps):
    nodes = TREE
    for step in steps:
        nodes = apply(nodes, step, PUBLISHED)
    old, new = question(TREE), question(nodes)
    return {one.change.ident: one for one in decide(changes(old, new), {}, old, new)}


def test_a_merge_maps_answers_to_what_the_label_went_into():
    found = decided({"op": "merge", "key": "refund", "into": "charge"})
    merge = found["topic.node.merged.charge"]

    assert (merge.change.keys, merge.change.into) == (("refund",), ("charge",))
    assert merge.is_meaning
    assert merge.decision is None
    assert Decision.MAP in merge.choices
    assert merge.mapping == {"refund": "charge"}
    assert not any("removed" in ident or "added" in ident for ident in found)


def test_a_split_asks_which_part_stands_for_earlier_answers():
    (split,) = decided(SPLIT).values()

    assert split.change.ident == "topic.node.split.refund"
    assert split.change.into == ("full", "part")
    assert split.decision is None
    assert split.mapping == {}


def test_a_merge_after_a_split_is_followed_as_if_both_were_one():
    found = decided(SPLIT, {"op": "merge", "key": "part", "into": "charge"})

    assert found["topic.node.split.refund"].change.into == ("full", "charge")


def test_deprecating_carries_earlier_answers_over():
    (one,) = decided({"op": "deprecate", "key": "refund"}).values()

    assert one.change.ident == "topic.node.setting.labels.deprecated"
    assert (one.is_meaning, one.decision) == (False, Decision.CARRY_OVER)


@pytest.mark.parametrize(
    ("step", "ident"),
    [
        ({"op": "rename", "key": "refund", "label": "Back"}, "topic.node.renamed.labels.label"),
        ({"op": "move", "key": "refund", "parent": "other"}, "topic.node.moved.labels.parent"),
        (
            {"op": "add", "key": "fee", "label": "Fee", "parent": None},
            "topic.node.added.labels",
        ),
    ],
    ids=["rename", "move", "add"],
)
def test_other_steps_are_told_as_before(step, ident):
    assert list(decided(step)) == [ident]
