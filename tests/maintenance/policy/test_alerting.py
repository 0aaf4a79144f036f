"""When a monitor fires: k of the last n windows, and never for want of windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.policy.alerting import (
    Operator,
    Rule,
    State,
    Window,
    ask,
    counts,
    replayed,
    sentence,
    written,
)

START = datetime(2026, 9, 1, tzinfo=UTC)
TWO_OF_THREE = Rule(Operator.BELOW, 0.8, needed=2, windows=3)


def series(*values: float, n: int | None = 400) -> list[Window]:
    """Windows by day, oldest first."""
    return [Window(START + timedelta(days=day), value, n) for day, value in enumerate(values)]


def newest_first(*values: float, n: int | None = 400) -> list[Window]:
    return series(*reversed(values), n=n)[::-1]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ((0.7, 0.7, 0.9), State.FIRING),
        ((0.9, 0.7, 0.7), State.FIRING),
        ((0.7, 0.9, 0.9), State.UNCHANGED),
        ((0.9, 0.9, 0.7), State.RECOVERED),
        ((0.9, 0.9, 0.9), State.RECOVERED),
        ((0.7, 0.7), State.FIRING),
        ((0.9, 0.9), State.RECOVERED),
        ((0.9,), State.UNCHANGED),
        ((0.7,), State.UNCHANGED),
        ((), State.UNCHANGED),
    ],
)
def test_two_of_three_windows_decide(values, state):
    assert ask(TWO_OF_THREE, newest_first(*values)).state is state


def test_only_the_newest_windows_are_looked_at():
    answer = ask(TWO_OF_THREE, newest_first(0.9, 0.9, 0.9, 0.1, 0.1, 0.1))
    assert answer.state is State.RECOVERED
    assert len(answer.windows) == 3


def test_the_threshold_itself_is_on_neither_side():
    above = Rule(Operator.ABOVE, 0.8, needed=1, windows=1)
    assert not TWO_OF_THREE.is_beyond(0.8)
    assert not above.is_beyond(0.8)
    assert above.is_beyond(0.81)
    assert not above.is_beyond(0.79)


def test_windows_of_too_few_observations_are_passed_over():
    rule = Rule(Operator.BELOW, 0.8, needed=2, windows=2, minimum=100)
    few, many = newest_first(0.9, n=99), newest_first(0.7, 0.7, n=100)
    assert ask(rule, [*few, *many]).state is State.FIRING
    assert ask(rule, [*newest_first(0.9, 0.9, n=99)]).state is State.UNCHANGED


def test_an_unknown_number_is_passed_over_where_one_is_asked_for():
    rule = Rule(Operator.BELOW, 0.8, needed=1, windows=1, minimum=1)
    (unknown,) = newest_first(0.1, n=None)
    assert not counts(rule, unknown)
    assert counts(TWO_OF_THREE, unknown)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_neither_fires_nor_closes(value):
    rule = Rule(Operator.BELOW, 0.8, needed=1, windows=1)
    assert ask(rule, newest_first(value)).state is State.UNCHANGED


@pytest.mark.parametrize(
    "wrong",
    [
        {"needed": 0},
        {"needed": 4},
        {"threshold": float("nan")},
        {"threshold": float("inf")},
        {"minimum": -1},
    ],
)
def test_a_rule_that_could_not_be_asked_is_refused(wrong):
    terms = {"threshold": 0.8, "needed": 2, "windows": 3, **wrong}
    with pytest.raises(ValueError, match=r"finite|needed|observations"):
        Rule(Operator.BELOW, **terms)


def test_a_sentence_names_what_is_wrong_with_its_numbers():
    answer = ask(TWO_OF_THREE, newest_first(0.71, 0.78, 0.9))
    assert sentence("Accuracy (German)", "share", TWO_OF_THREE, answer) == (
        "Accuracy (German) was below 80 % in 2 of the last 3 windows: 71 % (400), 78 % (400)."
    )


def test_a_sentence_of_one_window_says_so_and_a_long_one_stops():
    one = Rule(Operator.ABOVE, 200, needed=1, windows=1)
    said = sentence("Latency", "ms", one, ask(one, newest_first(250.5, n=None)))
    assert said == "Latency was above 200 ms in the last window: 250.5 ms."
    many = Rule(Operator.ABOVE, 1, needed=7, windows=7)
    said = sentence("Errors", "count", many, ask(many, newest_first(*[2] * 7, n=None)))
    assert said == "Errors was above 1 in 7 of the last 7 windows: 2, 2, 2, 2, 2, …"


def test_each_unit_is_written_in_its_own_way():
    said = [written(0.5, unit) for unit in ("share", "count", "ms", "money", "number")]
    assert said == ["50 %", "0.5", "0.5 ms", "0.50", "0.5"]


def test_a_replay_opens_folds_and_closes():
    found = list(replayed(TWO_OF_THREE, series(0.9, 0.7, 0.7, 0.7, 0.9, 0.9, 0.7, 0.7)))
    days = [(one.opened_at - START).days for one in found]
    assert days == [2, 7]
    assert found[0].closed_at == START + timedelta(days=5)
    assert found[1].closed_at is None


def test_a_replay_looks_through_windows_that_do_not_count():
    rule = Rule(Operator.BELOW, 0.8, needed=2, windows=2, minimum=100)
    small = [Window(START + timedelta(days=1, hours=1), 0.99, 5)]
    windows = sorted([*series(0.9, 0.7, 0.7), *small], key=lambda window: window.at)
    assert [(one.opened_at - START).days for one in replayed(rule, windows)] == [2]


values = st.one_of(st.floats(0, 1), st.just(float("nan")))
some_windows = st.lists(st.tuples(values, st.none() | st.integers(0, 200)), max_size=30)


@st.composite
def rules(draw):
    looked = draw(st.integers(1, 6))
    return Rule(
        draw(st.sampled_from(Operator)),
        draw(st.floats(0, 1)),
        draw(st.integers(1, looked)),
        looked,
        draw(st.sampled_from([0, 50])),
    )


@given(rules(), some_windows)
def test_no_alert_opens_with_fewer_windows_beyond_than_needed(rule, drawn):
    windows = [
        Window(START + timedelta(days=day), value, n) for day, (value, n) in enumerate(drawn)
    ]
    for firing in replayed(rule, windows):
        assert len(firing.opened.wrong) >= rule.needed
        assert all(rule.is_beyond(window.value) for window in firing.opened.wrong)
        assert all(counts(rule, window) for window in firing.opened.windows)
        assert firing.closed_at is None or firing.closed_at > firing.opened_at


@given(rules(), some_windows)
def test_nothing_recovers_while_as_many_windows_as_needed_could_be_beyond(rule, drawn):
    windows = [
        Window(START - timedelta(days=day), value, n) for day, (value, n) in enumerate(drawn)
    ]
    answer = ask(rule, windows)
    missing = rule.windows - len(answer.windows)
    if answer.state is State.RECOVERED:
        assert len(answer.wrong) + missing < rule.needed
        assert not answer.beyond[0]
    assert (answer.state is State.FIRING) == (len(answer.wrong) >= rule.needed)


@given(rules(), some_windows)
def test_windows_that_do_not_count_change_nothing(rule, drawn):
    windows = [
        Window(START - timedelta(days=day), value, n) for day, (value, n) in enumerate(drawn)
    ]
    assert ask(rule, windows) == ask(rule, [window for window in windows if counts(rule, window)])
