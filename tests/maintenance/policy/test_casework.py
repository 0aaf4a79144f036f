from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.policy.casework import Action, Facts, State, Step, strip

SAMPLED = {"samples": 1}
JUDGED = {**SAMPLED, "queues": 1, "wanted": 150, "judged": 150}
DECIDED = {**JUDGED, "cause": "drift", "decision": "retrain"}
PASSED = {**DECIDED, "set_versions": 1, "candidates": 1, "verdict": "pass"}

facts = st.builds(
    Facts,
    kind=st.sampled_from(["alert", "request", "incident", "first_loop"]),
    alerts=st.integers(0, 3),
    open_alerts=st.integers(0, 3),
    cause=st.sampled_from(["", "drift", "model", "false_alarm"]),
    samples=st.integers(0, 2),
    drawing=st.integers(0, 1),
    queues=st.integers(0, 2),
    wanted=st.integers(0, 5),
    judged=st.integers(0, 5),
    disputed=st.integers(0, 2),
    decision=st.sampled_from(["", "retrain", "mend", "relabel", "wait", "nothing"]),
    set_versions=st.integers(0, 1),
    candidates=st.integers(0, 1),
    verdict=st.sampled_from(["", "pending", "pass", "fail", "inconclusive", "invalid"]),
    release=st.sampled_from(["", "planned", "canary", "done", "rolled_back", "given_up"]),
    stages=st.integers(0, 5),
    entered=st.integers(0, 5),
    held=st.booleans(),
    closed=st.booleans(),
)


@pytest.mark.parametrize(
    ("about", "action"),
    [
        ({}, Action.TRIAGE),
        ({"cause": "drift"}, Action.DRAW),
        ({"cause": "drift", "drawing": 1}, Action.AWAIT_SAMPLE),
        ({"cause": "drift", **SAMPLED}, Action.QUEUE),
        ({"cause": "drift", **JUDGED, "judged": 71}, Action.JUDGE),
        ({"cause": "drift", **JUDGED, "disputed": 3}, Action.SETTLE),
        ({"cause": "drift", **JUDGED}, Action.DECIDE),
        ({**DECIDED, "decision": "relabel"}, Action.RELABEL),
        (DECIDED, Action.FREEZE),
        ({**DECIDED, "set_versions": 1}, Action.CANDIDATE),
        ({**DECIDED, "set_versions": 1, "candidates": 1}, Action.ASK),
        ({**PASSED, "verdict": "pending"}, Action.AWAIT_VERDICT),
        ({**PASSED, "verdict": "inconclusive"}, Action.MORE_LABELS),
        ({**PASSED, "verdict": "fail"}, Action.ANOTHER),
        (PASSED, Action.PLAN),
        ({**PASSED, "release": "canary"}, Action.ENTER),
        ({**PASSED, "release": "canary", "held": True}, Action.RESUME),
        ({**PASSED, "release": "rolled_back"}, Action.DECIDE_AGAIN),
        ({**PASSED, "release": "done"}, Action.CLOSE),
        ({**DECIDED, "decision": "nothing"}, Action.CLOSE),
        ({"cause": "false_alarm"}, Action.CLOSE),
    ],
)
def test_each_state_of_a_case_has_its_next_step(about, action):
    assert strip(Facts(kind="alert", alerts=1, **about)).action == action


def test_a_closed_case_asks_for_nothing():
    assert strip(Facts(closed=True)).action is None


def test_the_strip_of_an_alert_goes_through_the_whole_loop():
    found = strip(Facts(kind="alert", alerts=1))
    assert [step for step, _state in found.steps] == list(Step)


def test_the_first_loop_begins_at_the_sample():
    found = strip(Facts(kind="first_loop"))
    assert [step.value for step, _state in found.steps] == [
        "sample",
        "judge",
        "settle",
        "gate",
        "stages",
        "closed",
    ]
    assert found.action == Action.DRAW


def test_a_request_has_no_alert_to_begin_with():
    assert strip(Facts(kind="request")).steps[0] == (Step.TRIAGE, State.NOW)


def test_a_decision_passes_over_what_was_not_judged():
    found = dict(strip(Facts(decision="mend", cause="")).steps)
    assert found[Step.SAMPLE] == State.PASSED
    assert found[Step.DECIDE] == State.DONE
    assert found[Step.GATE] == State.NOW


def test_a_decision_to_wait_needs_no_gate():
    assert Step.GATE not in dict(strip(Facts(decision="wait", cause="drift")).steps)


def test_nobody_gets_to_the_stages_of_a_case_without_a_decision():
    found = strip(Facts(cause="model", **JUDGED, candidates=1, verdict="pass"))
    assert found.action == Action.DECIDE


@given(facts)
def test_there_is_one_step_to_take_unless_the_case_is_closed(about):
    found = strip(about)
    now = [step for step, state in found.steps if state == State.NOW]
    assert len(now) == (0 if about.closed else 1)
    assert (found.action is None) == about.closed


@given(facts)
def test_steps_come_in_the_order_of_the_loop_and_nothing_done_is_left_out(about):
    found = strip(about)
    order = list(Step)
    places = [order.index(step) for step, _state in found.steps]
    assert places == sorted(set(places))
    assert all(state != State.NOW for step, state in found.steps[: _place_of_now(found)])
    if about.decision:
        assert Step.DECIDE in dict(found.steps)
    if about.release:
        assert Step.STAGES in dict(found.steps)


@given(facts)
def test_before_the_next_step_everything_is_done_or_passed_over(about):
    found = strip(about)
    before = found.steps[: _place_of_now(found)]
    assert all(state in {State.DONE, State.PASSED} for _step, state in before)


def _place_of_now(found):
    states = [state for _step, state in found.steps]
    return states.index(State.NOW) if State.NOW in states else len(states)
