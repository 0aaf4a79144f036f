"""What the policy says about agreement: facts in, an action with reasons out."""

from __future__ import annotations

import math

import pytest

from labeling.policy.adjudicating import lacks_cause, lacks_rationale, leading_answer
from labeling.policy.agreement import Action, Advice, Facts, Why, advise, most_urgent
from labeling.policy.settling import Vote
from labeling.reports.advice import WHAT_TO_DO, WHY
from labeling.stats.estimate import Estimate, Reason, share, undefined
from labeling.stats.taxonomy import Decomposition


def seen(value: float, reach: float = 0.05, n: int = 200) -> Estimate:
    return Estimate(value, value - reach, value + reach, n, float(n))


def facts(**fields) -> Facts:
    defaults = {
        "kind": "single_choice",
        "alpha": seen(0.75),
        "ac1": seen(0.75),
        "cannot_tell": share(0, 400),
        "largest_share": 0.4,
    }
    return Facts(**{**defaults, **fields})


def reasons(advice: Advice) -> list[Why]:
    return [because.why for because in advice.reasons]


@pytest.mark.parametrize(
    ("alpha", "action"),
    [
        (seen(0.9), Action.USE),
        (seen(0.84), Action.CALIBRATE),
        (seen(0.7), Action.CALIBRATE),
        (seen(0.5), Action.MEND),
        (seen(0.6, 0.2), Action.JUDGE_MORE),
        (seen(0.3, 0.2), Action.MEND),
        (seen(0.9, n=9), Action.JUDGE_MORE),
        (undefined(Reason.NOTHING_COUNTED), Action.JUDGE_MORE),
        (undefined(Reason.ONE_VALUE_ONLY, 50), Action.JUDGE_MORE),
    ],
)
def test_what_is_shown_decides_and_what_is_not_asks_for_more(alpha, action):
    assert advise(facts(alpha=alpha)).action == action


def test_too_few_items_and_one_answer_only_are_told_apart():
    assert reasons(advise(facts(alpha=undefined(Reason.NOTHING_COUNTED)))) == [Why.FEW_ITEMS]
    assert reasons(advise(facts(alpha=undefined(Reason.ONE_VALUE_ONLY, 50)))) == [Why.ALL_SAME]


def test_a_wide_interval_says_how_many_items_would_narrow_it():
    advice = advise(facts(alpha=seen(0.7, 0.2, n=100)))
    assert advice.reasons[-1].numbers == {"items": 300}


def test_many_who_cannot_tell_come_before_any_coefficient():
    advice = advise(facts(alpha=seen(0.9), cannot_tell=share(100, 400)))
    assert (advice.action, reasons(advice)) == (Action.SHOW_MORE, [Why.CANNOT_TELL, Why.ALPHA])
    advice = advise(facts(alpha=undefined(Reason.NOTHING_COUNTED), cannot_tell=share(100, 400)))
    assert reasons(advice) == [Why.CANNOT_TELL]


def test_a_prevailing_answer_on_which_people_agree_is_no_fault_of_the_rubric():
    advice = advise(facts(alpha=seen(0.3), ac1=seen(0.95), largest_share=0.95))
    assert advice.action == Action.DRAW_RARE
    assert reasons(advice)[0] == Why.PREVAILS
    assert advise(facts(alpha=seen(0.3), ac1=seen(0.5), largest_share=0.95)).action == Action.MEND


@pytest.mark.parametrize(
    ("shares", "why"),
    [((0.8, 0.1, 0.1), Why.DEPTH), ((0.1, 0.8, 0.1), Why.BOUNDARY), ((0, 0.2, 0.8), Why.BRANCH)],
)
def test_the_kind_of_disagreement_in_a_tree_says_what_to_mend(shares, why):
    found = Decomposition(0.4, *shares)
    assert why in reasons(advise(facts(alpha=seen(0.4), decomposition=found)))


def test_a_tree_on_which_nothing_differs_names_no_cause():
    found = Decomposition(0.0, math.nan, math.nan, math.nan)
    assert reasons(advise(facts(decomposition=found))) == [Why.ALPHA]


def test_the_lowest_of_the_slices_that_are_surely_below_is_named():
    slices = {
        "German": seen(0.3),
        "French": seen(0.5),
        "few": seen(0.2, 0.9),
        "none": undefined(Reason.NOTHING_COUNTED),
    }
    advice = advise(facts(alpha=seen(0.75), slices=slices))
    assert advice.reasons[1].numbers == {"slice": "German", "value": 0.3}


def test_texts_are_to_be_read():
    assert advise(facts(kind="free_text")).action == Action.READ


def test_the_most_urgent_advice_comes_first():
    advice = [Advice(Action.USE), Advice(Action.MEND), Advice(Action.JUDGE_MORE)]
    assert most_urgent(advice) == Advice(Action.MEND)
    assert most_urgent([]) is None


def test_every_action_and_every_reason_has_its_words():
    assert set(WHAT_TO_DO) == set(Action)
    assert set(WHY) == set(Why)


def test_an_answer_leads_with_more_than_half_of_all_votes():
    assert leading_answer([Vote("a"), Vote("a"), Vote("b")]) == "a"
    assert leading_answer([Vote("a"), Vote("b")]) is None
    assert leading_answer([Vote(None), Vote(None), Vote("a")]) is None
    assert leading_answer([]) is None


def test_a_reason_is_owed_to_the_majority_that_was_seen():
    votes = [Vote("a"), Vote("a"), Vote("b")]
    assert lacks_rationale("b", " ", votes, revealed=True)
    assert lacks_rationale(None, "", votes, revealed=True)
    assert not lacks_rationale("b", "because", votes, revealed=True)
    assert not lacks_rationale("a", "", votes, revealed=True)
    assert not lacks_rationale("b", "", votes, revealed=False)
    assert not lacks_rationale("b", "", [Vote("a"), Vote("b")], revealed=True)


def test_a_cause_is_owed_where_a_dispute_was_seen():
    assert lacks_cause("", contested=True, revealed=True)
    assert not lacks_cause("slip", contested=True, revealed=True)
    assert not lacks_cause("", contested=False, revealed=True)
    assert not lacks_cause("", contested=True, revealed=False)
