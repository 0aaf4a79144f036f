"""What a lead reads of a change: the lines that differ, and what a setting was and is."""

from __future__ import annotations

import pytest

from labeling.policy.rubric_changes import changes
from labeling.reports.rubric_changes import told
from labeling.reports.rubric_texts import BELOW, DASH, lines_between
from tests.factories import topic

GUIDANCE = [f"Rule {number}." for number in range(1, 31)]


def test_of_a_long_text_the_lines_that_differ_are_told_with_what_stands_beside_them():
    reworded = [*GUIDANCE]
    reworded[11] = "Rule 12 is another."
    reworded[29:] = []
    assert lines_between("\n".join(GUIDANCE), "\n".join(reworded)) == [
        ("", "…"),
        ("", "Rule 11."),
        ("-", "Rule 12."),
        ("+", "Rule 12 is another."),
        ("", "Rule 13."),
        ("", "…"),
        ("", "Rule 29."),
        ("-", "Rule 30."),
    ]


def test_nothing_is_said_to_be_left_out_before_the_first_line():
    assert lines_between("One.\nTwo.", "One.\nThree.")[0] == ("", "One.")


@pytest.mark.parametrize(("old", "new"), [("One.", "One.\n"), ("One.\nTwo.", "One.\r\nTwo.")])
def test_texts_that_differ_in_the_ends_of_lines_alone_are_shown_whole(old, new):
    assert lines_between(old, new) == [("-", old), ("+", new)]


def only(old, new):
    """What is told of the only change between two criteria."""
    documents = [{"criteria": [row]} for row in (old, new)]
    (one,) = told(changes(*documents), *documents)
    return one.texts


def tree(*nodes):
    rows = [{"key": key, "parent": parent, "label": label} for key, parent, label in nodes]
    return {"key": "intent", "kind": "taxonomy", "prompt": "What?", "taxonomy": {"nodes": rows}}


def test_a_label_that_is_called_otherwise_is_told_with_both_names():
    old, new = tree(("a", None, "Late")), tree(("a", None, "Delayed"))
    assert only(old, new) == [("Late", "Delayed")]


def test_a_label_that_stands_elsewhere_is_told_with_both_places():
    rows = (("a", None, "Delivery"), ("b", None, "Money"))
    old, new = tree(*rows, ("c", "a", "Fee")), tree(*rows, ("c", "b", "Fee"))
    assert only(old, new) == [(f"Delivery{BELOW}Fee", f"Money{BELOW}Fee")]
    to_the_top = only(old, tree(*rows, ("c", None, "Fee")))
    assert to_the_top == [(f"Delivery{BELOW}Fee", f"the top{BELOW}Fee")]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"required": False}, ("Yes", "No")),
        ({"critical": True}, ("No", "Yes")),
        ({"distance": "jaccard"}, (DASH, "jaccard")),
        (
            {"when": {"criterion": "ok", "answers": ["yes", "no"]}},
            (DASH, "criterion: ok\nanswers: yes, no"),
        ),
        ({"terms": {"most": 3, "ties": True}}, (DASH, "most: 3\nties: yes")),
    ],
)
def test_a_setting_is_told_as_it_was_and_as_it_is(setting, said):
    assert only(topic(), topic(**setting)) == [said]
