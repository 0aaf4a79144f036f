"""When a stage may be entered, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.policy.releasing import (
    DEFAULT_STAGES,
    LONGEST_SOAK,
    Facts,
    Grade,
    Ground,
    Kind,
    Problem,
    StageTerms,
    Why,
    may_enter,
    may_override,
    not_over,
    problems_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PASSED = Facts(NOON, grade=Grade.PASS)
FULL, WATCH = StageTerms(Kind.FULL, 1), StageTerms(Kind.WATCH, 1)

facts = st.builds(
    Facts,
    at=st.just(NOON),
    has_next=st.booleans(),
    ended=st.booleans(),
    held_why=st.none() | st.just("odd"),
    retired=st.booleans(),
    live_as_planned=st.booleans(),
    entered_at=st.none() | st.just(NOON - 5 * HOUR),
    soak_hours=st.integers(0, 10),
    alerts=st.lists(st.just("too slow"), max_size=2).map(tuple),
    grade=st.sampled_from(Grade),
    overrides=st.lists(st.integers(-3, 3).map(lambda h: NOON + h * HOUR), max_size=2).map(tuple),
)


def whys(found: Facts) -> list[Why]:
    return [reason.why for reason in may_enter(found).reasons]


def test_a_passing_verdict_is_enough_where_nothing_is_in_the_way():
    answer = may_enter(PASSED)
    assert (answer.may, answer.ground, answer.reasons) == (True, Ground.VERDICT, ())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ended": True}, Why.ENDED),
        ({"has_next": False}, Why.NO_STAGE),
        ({"held_why": ""}, Why.HELD),
        ({"retired": True}, Why.RETIRED),
        ({"live_as_planned": False}, Why.MOVED),
        ({"entered_at": NOON - HOUR, "soak_hours": 2}, Why.SOAKING),
        ({"alerts": ("too slow",)}, Why.ALERT),
        ({"grade": Grade.FAIL}, Why.FAILED),
        ({"grade": Grade.INCONCLUSIVE}, Why.INCONCLUSIVE),
        ({"grade": Grade.INVALID}, Why.INVALID),
        ({"grade": Grade.PENDING}, Why.PENDING),
        ({"grade": Grade.UNKNOWN}, Why.NO_VERDICT),
    ],
)
def test_each_thing_in_the_way_is_a_reason_of_its_own(change, why):
    found = replace(PASSED, **change)
    assert whys(found) == [why]
    assert not may_enter(found).may


def test_every_reason_is_told_not_only_the_first():
    found = Facts(NOON, held_why="odd", entered_at=NOON, soak_hours=1, alerts=("a", "b"))
    assert whys(found) == [Why.HELD, Why.SOAKING, Why.ALERT, Why.ALERT, Why.NO_VERDICT]


def test_a_stage_has_lasted_long_enough_on_the_hour():
    assert may_enter(replace(PASSED, entered_at=NOON - 2 * HOUR, soak_hours=2)).may


def test_an_override_stands_in_for_the_verdict_only_and_while_it_lasts():
    failed = Facts(NOON, grade=Grade.FAIL, overrides=(NOON + HOUR,))
    assert may_enter(failed).ground is Ground.OVERRIDE
    assert whys(replace(failed, held_why="odd")) == [Why.HELD]
    over = replace(failed, overrides=(NOON, NOON - HOUR))
    assert whys(over) == [Why.FAILED, Why.EXPIRED]
    assert may_enter(over).reasons[1].values == {"until": NOON}


@given(facts)
def test_a66_missing_evidence_never_passes(found):
    answer = may_enter(found)
    if answer.may:
        assert found.grade is Grade.PASS or max(found.overrides) > NOON
        assert answer.ground is not None
        assert not not_over(found)
    else:
        assert answer.reasons


def test_the_watch_is_over_without_asking_the_gate_again():
    assert not_over(Facts(NOON)) == ()
    assert [reason.why for reason in not_over(Facts(NOON, alerts=("slow",)))] == [Why.ALERT]


@pytest.mark.parametrize(
    ("person", "planned_by", "registered_by", "may"),
    [
        (1, 2, 3, True),
        (1, 2, None, True),
        (1, 1, 3, False),
        (1, 2, 1, False),
        (1, None, 3, False),
    ],
)
def test_a14_only_somebody_else_may_override(person, planned_by, registered_by, may):
    assert may_override(person, planned_by=planned_by, registered_by=registered_by) is may


@pytest.mark.parametrize(
    ("stages", "problem"),
    [
        ([FULL], Problem.NOT_ONE_WATCH),
        ([WATCH], Problem.NOT_ONE_FULL),
        ([FULL, FULL, WATCH], Problem.NOT_ONE_FULL),
        ([WATCH, FULL], Problem.OUT_OF_ORDER),
        ([StageTerms(Kind.SHADOW, 0.1), FULL, WATCH], Problem.WRONG_SHARE),
        ([StageTerms(Kind.CANARY, 0), FULL, WATCH], Problem.WRONG_SHARE),
        ([StageTerms(Kind.CANARY, float("nan")), FULL, WATCH], Problem.WRONG_SHARE),
        ([StageTerms(Kind.FULL, 0.9), WATCH], Problem.WRONG_SHARE),
        (
            [StageTerms(Kind.CANARY, 0.2), StageTerms(Kind.CANARY, 0.1), FULL, WATCH],
            Problem.SHRINKING,
        ),
        ([FULL, StageTerms(Kind.WATCH, 1, LONGEST_SOAK + 1)], Problem.WRONG_SOAK),
        ([FULL, StageTerms(Kind.WATCH, 1, -1)], Problem.WRONG_SOAK),
        ([StageTerms(Kind.SHADOW, 0)] * 11 + [FULL, WATCH], Problem.TOO_MANY),
    ],
)
def test_a_plan_that_cannot_be_followed_says_what_is_wrong(stages, problem):
    assert problems_of(stages) == [problem]


def test_the_default_stages_and_the_shortest_plan_can_be_followed():
    assert problems_of(DEFAULT_STAGES) == []
    assert problems_of([FULL, WATCH]) == []
