from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.policy.gates import (
    Criterion,
    Facts,
    Finding,
    Outcome,
    decide,
    judge,
)
from evaluation.policy.metrics import ASKED, Metric
from evaluation.stats.measures import accuracy
from evaluation.stats.metrics import measure
from evaluation.stats.paired import compare
from evaluation.stats.power import More
from labeling.stats.estimate import share, undefined
from tests.evaluation.stats.makers import make_answers, make_pair

BANKING = Criterion("banking", margin=0.1, slice="banking")
sizes = st.tuples(*[st.integers(0, 60)] * 4)


def make_facts(both=80, wins=5, losses=5, neither=10) -> Facts:
    candidate, baseline = make_pair(both, wins, losses, neither)
    return Facts(
        paired=compare(candidate, baseline),
        candidate=measure(accuracy, candidate),
        baseline=measure(accuracy, baseline),
    )


def make_finding(outcome, *, slice_="", needed=None, critical=False, shortfall=0.0) -> Finding:
    criterion = Criterion(slice_ or "all", margin=0.1, slice=slice_, critical=critical)
    where = f"On {slice_}" if slice_ else "Overall"
    return Finding(criterion, outcome, f"{where} so it is.", needed, shortfall)


def test_what_is_shown_to_be_within_the_margin_passes():
    finding = judge(BANKING, make_facts())
    assert finding.outcome is Outcome.PASS
    assert finding.reason == (
        "On banking it answers at most 6.3 points worse than the baseline; "
        "up to 10 points worse is allowed."
    )


def test_what_is_shown_to_be_better_says_so():
    finding = judge(BANKING, make_facts(wins=20, losses=2))
    assert finding.outcome is Outcome.PASS
    assert "at least 8.9 points better" in finding.reason


def test_what_is_shown_to_be_beyond_the_margin_fails():
    finding = judge(BANKING, make_facts(both=20, wins=1, losses=59, neither=20))
    assert finding.outcome is Outcome.FAIL
    assert finding.reason.startswith("On banking it answers 58 points worse than the baseline")
    assert 0.3 < finding.shortfall < 0.5
    assert finding.labels_needed is None


def test_what_reaches_across_the_margin_is_inconclusive_and_says_how_many_more():
    finding = judge(BANKING, make_facts(both=20, wins=2, losses=4, neither=4))
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert "it may answer" in finding.reason
    assert "points better; up to 10 points worse is allowed" in finding.reason
    assert finding.labels_needed.low > 0


def test_what_is_worse_by_an_unclear_amount_says_from_where_to_where():
    finding = judge(BANKING, make_facts(both=20, wins=0, losses=8, neither=12))
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert "between 7.2 points and 36 points worse" in finding.reason


@given(sizes)
def test_a_verdict_follows_from_the_one_sided_bounds_alone(sizes):
    facts = make_facts(*sizes)
    outcome = judge(BANKING, facts).outcome
    if facts.n < 10:
        assert outcome is Outcome.INCONCLUSIVE
    elif facts.paired.at_least > -0.1:
        assert outcome is Outcome.PASS
    else:
        beyond = facts.paired.at_most < -0.1
        assert outcome is (Outcome.FAIL if beyond else Outcome.INCONCLUSIVE)


@given(sizes, st.floats(0, 0.5), st.floats(0, 0.49))
def test_a_wider_margin_never_makes_a_verdict_worse(sizes, margin, more):
    order = [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    facts = make_facts(*sizes)
    narrow = judge(Criterion("narrow", margin=margin), facts).outcome
    wide = judge(Criterion("wide", margin=margin + more), facts).outcome
    assert order.index(narrow) <= order.index(wide)


@given(sizes, st.floats(0.01, 0.98), st.floats(0, 1))
def test_a_higher_floor_never_makes_a_verdict_better(sizes, floor, part):
    order = [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    facts = make_facts(*sizes)
    low = judge(Criterion("low", floor=floor), facts).outcome
    high = judge(Criterion("high", floor=floor + part * (0.99 - floor)), facts).outcome
    assert order.index(high) <= order.index(low)


def test_a_floor_needs_no_baseline():
    facts = Facts(candidate=share(95, 100))
    assert judge(Criterion("floor", floor=0.85), facts).outcome is Outcome.PASS
    assert judge(Criterion("floor", floor=0.92), facts).outcome is Outcome.INCONCLUSIVE
    failed = judge(Criterion("floor", floor=0.99), facts)
    assert failed.outcome is Outcome.FAIL
    assert failed.reason == ("Overall its accuracy is 95 %, surely not above 98 %; 99 % is wanted.")


def test_a_margin_kept_does_not_make_up_for_a_floor_missed():
    both = Criterion("both", margin=0.1, floor=0.99)
    finding = judge(both, make_facts())
    assert finding.outcome is Outcome.FAIL
    assert "99 % is wanted" in finding.reason
    assert "baseline" not in finding.reason


def test_a_floor_kept_does_not_make_up_for_a_margin_missed():
    facts = make_facts(both=20, wins=1, losses=59, neither=20)
    assert judge(Criterion("both", margin=0.1, floor=0.01), facts).outcome is Outcome.FAIL


def test_an_open_floor_keeps_a_criterion_open():
    finding = judge(Criterion("both", margin=0.1, floor=0.85), make_facts())
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert finding.labels_needed is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (Facts(), "Overall the difference to the baseline was not measured."),
        (Facts(candidate=share(9, 10)), "the difference to the baseline was not measured"),
        (replace(make_facts(), unmatched=3), "3 examples have no prediction of both versions"),
        (replace(make_facts(), unmatched=1), "1 example has no prediction of both versions"),
        (replace(make_facts(), foreign=2), "2 labels judge what another version answered"),
    ],
)
def test_missing_evidence_makes_a_verdict_invalid_and_says_why(facts, said):
    finding = judge(Criterion("all", margin=0.1), facts)
    assert finding.outcome is Outcome.INVALID
    assert said in finding.reason


def test_a_floor_without_a_candidate_measured_is_invalid():
    finding = judge(Criterion("all", floor=0.5), Facts())
    assert finding.outcome is Outcome.INVALID
    assert "the candidate was not measured" in finding.reason


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("bound", ["at_least", "at_most"])
def test_a_bound_that_is_no_number_never_passes(wrong, bound):
    facts = make_facts()
    facts = replace(facts, paired=replace(facts.paired, **{bound: wrong}))
    assert judge(BANKING, facts).outcome is Outcome.INVALID


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["value", "effective_n"])
def test_an_estimate_that_is_no_number_never_passes(wrong, field):
    facts = Facts(candidate=replace(share(90, 100), **{field: wrong}))
    assert judge(Criterion("all", floor=0.1), facts).outcome is Outcome.INVALID


def test_a_metric_that_has_no_value_says_why():
    facts = Facts(candidate=undefined("the version never gave this label", 50))
    criterion = Criterion("fee", Metric.PRECISION, floor=0.5, label="fee")
    finding = judge(criterion, facts)
    assert finding.outcome is Outcome.INVALID
    assert finding.reason == (
        "Overall its precision of “fee” has no value: the version never gave this label."
    )


@pytest.mark.parametrize(("n", "said"), [(0, "are none"), (1, "is 1 label,"), (9, "are 9 labels")])
def test_below_the_minimum_nothing_is_decided(n, said):
    finding = judge(BANKING, make_facts(n, 0, 0, 0))
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert f"there {said}" in finding.reason
    assert "below 10 nothing is decided" in finding.reason
    assert finding.labels_needed.low == 10 - n


def test_labels_below_the_minimum_do_not_fail_either():
    assert judge(BANKING, make_facts(0, 0, 9, 0)).outcome is Outcome.INCONCLUSIVE


@given(
    minimum=st.integers(0, 20),
    n=st.integers(0, 20),
    margin=st.none() | st.floats(0, 0.99),
    floor=st.floats(0.01, 0.99),
    problem=st.sampled_from(["unmatched", "foreign", "nan", "no paired", "no candidate", "few"]),
)
def test_missing_evidence_never_passes(minimum, n, margin, floor, problem):
    criterion = Criterion("all", margin=margin, floor=floor, minimum=minimum)
    facts = make_facts(n, 0, 0, 0)
    facts = {
        "unmatched": replace(facts, unmatched=1),
        "foreign": replace(facts, foreign=1),
        "nan": replace(facts, candidate=undefined("lost", n)),
        "no paired": replace(facts, paired=None, candidate=undefined("lost", n)),
        "no candidate": replace(facts, candidate=None),
        "few": make_facts(0, 0, 0, 0),
    }[problem]
    assert judge(criterion, facts).outcome in {Outcome.INVALID, Outcome.INCONCLUSIVE}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"margin": -0.01},
        {"margin": 1.0},
        {"margin": math.nan},
        {"floor": 0.0},
        {"floor": 1.0},
        {"floor": math.nan},
        {"margin": 0.1, "metric": Metric.RECALL},
        {"margin": 0.1, "label": "fee"},
    ],
)
def test_a_criterion_that_asks_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"margin|floor|label"):
        Criterion("nonsense", **wrong)


def test_a_gate_passes_if_every_criterion_does():
    decision = decide([make_finding(Outcome.PASS), make_finding(Outcome.PASS, slice_="fees")])
    assert decision.outcome is Outcome.PASS
    assert decision.sentence == "Say yes: each of the 2 criteria is shown to hold."


def test_a_gate_of_one_criterion_says_its_reason():
    assert decide([make_finding(Outcome.PASS)]).sentence == "Say yes: overall so it is."


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=6))
def test_one_failure_says_no_then_invalid_then_inconclusive(outcomes):
    outcome = decide([make_finding(one, needed=More(1, 2)) for one in outcomes]).outcome
    order = [Outcome.FAIL, Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.PASS]
    assert outcome is min(outcomes, key=order.index)


def test_a_gate_without_criteria_says_nothing():
    decision = decide([])
    assert decision.outcome is Outcome.INVALID
    assert decision.sentence == "No verdict: the gate has no criteria."


def test_the_largest_failure_comes_first_and_the_others_are_counted():
    decision = decide(
        [
            make_finding(Outcome.PASS),
            make_finding(Outcome.FAIL, slice_="fees", shortfall=0.1),
            make_finding(Outcome.FAIL, slice_="banking", shortfall=0.4),
        ]
    )
    assert decision.sentence == "Say no: on banking so it is. 1 other criterion fails, too."
    assert decision.reasons == (
        "On banking so it is.",
        "On fees so it is.",
        "Overall so it is.",
    )


def test_a_critical_failure_comes_before_a_larger_one():
    decision = decide(
        [
            make_finding(Outcome.FAIL, slice_="banking", shortfall=0.4),
            make_finding(Outcome.FAIL, slice_="safety", shortfall=0.1, critical=True),
        ]
    )
    assert decision.sentence.startswith("Say no: on safety")


def test_an_invalid_criterion_gives_no_verdict():
    decision = decide([make_finding(Outcome.INVALID)] * 3)
    assert decision.sentence == (
        "No verdict: overall so it is. 2 other criteria cannot be judged, too."
    )


def test_open_slices_add_up_and_count_for_the_whole_too():
    open_ = Outcome.INCONCLUSIVE
    decision = decide(
        [
            make_finding(open_, needed=More(20, 300)),
            make_finding(open_, slice_="fees", needed=More(10, 40)),
            make_finding(open_, slice_="fees", needed=More(5, 60)),
            make_finding(open_, slice_="banking", needed=More(30, 50)),
        ]
    )
    assert decision.labels_needed == More(40, 300)
    assert decision.sentence == (
        "Not decided: overall so it is. 3 other criteria are open, too. "
        "About 40 to 300 more labels would settle it."
    )


def test_where_labels_do_not_help_in_one_place_no_number_is_said():
    open_ = Outcome.INCONCLUSIVE
    decision = decide([make_finding(open_), make_finding(open_, slice_="fees", needed=More(9, 9))])
    assert decision.labels_needed is None
    assert decision.sentence.endswith("More labels would hardly settle it.")


def test_slices_alone_add_up():
    finding = make_finding(Outcome.INCONCLUSIVE, slice_="fees", needed=More(1, 1))
    decision = decide([finding])
    assert decision.sentence.endswith("About 1 more label would settle it.")


@pytest.mark.parametrize("metric", [one for one in Metric if one not in ASKED])
def test_each_metric_can_be_asked_for_in_a_gate(metric):
    label, code = ("fee", 1) if metric.of_a_label else ("", None)
    answers = make_answers(400)
    facts = Facts(compare(answers, answers, metric.measure(code)))
    criterion = Criterion("any", metric, margin=0.1, slice="fees", label=label)
    finding = judge(criterion, facts)
    assert finding.outcome is Outcome.PASS
    assert finding.reason.startswith("On fees it" if metric is Metric.ACCURACY else "On fees its")


def test_the_metric_of_a_label_needs_its_code():
    with pytest.raises(ValueError, match="say which"):
        Metric.RECALL.measure()
