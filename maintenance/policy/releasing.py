"""When the next stage of a release may be entered, and every reason why it may not.

A stage is entered on a passing verdict or on somebody else's word for it, never on nothing. That
word stands in for the verdict only: order, soak, holds and alerts bind all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

#: More stages than that nobody watches.
MOST_STAGES = 12
#: Hours that a stage may ask for: a quarter of a year.
LONGEST_SOAK = 2160


class Kind(StrEnum):
    """What a stage is, in the order in which they come."""

    SHADOW = "shadow"
    CANARY = "canary"
    FULL = "full"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class StageTerms:
    """A step of the plan: its kind, the share of traffic (0 to 1), the hours it lasts at least."""

    kind: Kind
    share: float
    soak_hours: int = 0


DEFAULT_STAGES = (
    StageTerms(Kind.SHADOW, 0, 24),
    StageTerms(Kind.CANARY, 0.05, 24),
    StageTerms(Kind.CANARY, 0.25, 24),
    StageTerms(Kind.FULL, 1, 24),
    StageTerms(Kind.WATCH, 1, 168),
)


class Problem(StrEnum):
    """What is wrong with a plan."""

    TOO_MANY = "too_many"
    NOT_ONE_FULL = "not_one_full"
    NOT_ONE_WATCH = "not_one_watch"
    OUT_OF_ORDER = "out_of_order"
    WRONG_SHARE = "wrong_share"
    SHRINKING = "shrinking"
    WRONG_SOAK = "wrong_soak"


def problems_of(stages: Sequence[StageTerms]) -> list[Problem]:
    """What is wrong with a plan of stages; nothing for one that can be followed.

    >>> problems_of(DEFAULT_STAGES)
    []
    >>> problems_of([StageTerms(Kind.WATCH, 1), StageTerms(Kind.FULL, 1)])
    [<Problem.OUT_OF_ORDER: 'out_of_order'>]
    """
    kinds = [stage.kind for stage in stages]
    order = [list(Kind).index(kind) for kind in kinds]
    shares = [stage.share for stage in stages]
    found = {
        Problem.TOO_MANY: len(stages) > MOST_STAGES,
        Problem.NOT_ONE_FULL: kinds.count(Kind.FULL) != 1,
        Problem.NOT_ONE_WATCH: kinds.count(Kind.WATCH) != 1,
        Problem.OUT_OF_ORDER: order != sorted(order),
        Problem.WRONG_SHARE: not all(_share_fits(stage) for stage in stages),
        Problem.SHRINKING: any(later < before for before, later in pairwise(shares)),
        Problem.WRONG_SOAK: not all(0 <= stage.soak_hours <= LONGEST_SOAK for stage in stages),
    }
    return [problem for problem, there in found.items() if there]


class Grade(StrEnum):
    """What the gate says about exactly this candidate, as both are now."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"
    PENDING = "pending"
    UNKNOWN = "unknown"


class Ground(StrEnum):
    """What a stage is entered on."""

    VERDICT = "verdict"
    OVERRIDE = "override"


class Why(StrEnum):
    """Why the next stage may not be entered."""

    ENDED = "ended"
    NO_STAGE = "no_stage"
    HELD = "held"
    RETIRED = "retired"
    MOVED = "moved"
    SOAKING = "soaking"
    ALERT = "alert"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"
    PENDING = "pending"
    NO_VERDICT = "no_verdict"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with what its sentence names: a `text`, a time `until`."""

    why: Why
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a release at one moment.

    at: that moment. entered_at, soak_hours: of the stage it is in; None before the first.
    has_next: whether a stage is left. held_why: None while nothing holds it. retired: whether the
    candidate was taken out of use. live_as_planned: whether the version that is live is the one
    that the release left live. alerts: the sentences of critical alerts that opened since the
    stage began and are open. grade: what the gate says. overrides: until when each override of
    the next stage counts.
    """

    at: datetime
    has_next: bool = True
    ended: bool = False
    held_why: str | None = None
    retired: bool = False
    live_as_planned: bool = True
    entered_at: datetime | None = None
    soak_hours: int = 0
    alerts: tuple[str, ...] = ()
    grade: Grade = Grade.UNKNOWN
    verdict: str = ""
    overrides: tuple[datetime, ...] = ()

    @property
    def soaks_until(self) -> datetime | None:
        """When the present stage has lasted long enough."""
        return self.entered_at and self.entered_at + timedelta(hours=self.soak_hours)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the next stage may be entered: on what, or every reason why not."""

    ground: Ground | None
    reasons: tuple[Reason, ...] = ()

    @property
    def may(self) -> bool:
        return self.ground is not None and not self.reasons


def may_enter(facts: Facts) -> Answer:
    """Whether the next stage may be entered now.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> may_enter(Facts(noon, grade=Grade.PASS)).may
    True
    >>> [str(reason.why) for reason in may_enter(Facts(noon)).reasons]
    ['no_verdict']
    >>> may_enter(Facts(noon, overrides=(noon + timedelta(hours=1),))).ground
    <Ground.OVERRIDE: 'override'>
    """
    if facts.ended:
        return Answer(None, (Reason(Why.ENDED),))
    if not facts.has_next:
        return Answer(None, (Reason(Why.NO_STAGE),))
    ground = _ground(facts)
    missing = () if ground else tuple(_no_ground(facts))
    return Answer(ground, (*_in_the_way(facts), *missing))


def not_over(facts: Facts) -> tuple[Reason, ...]:
    """Why the watch may not be ended yet: what stops any stage, without asking the gate again.

    >>> from datetime import UTC
    >>> not_over(Facts(datetime(2026, 11, 23, tzinfo=UTC), held_why="odd answers"))[0].values
    {'text': 'odd answers'}
    """
    return tuple(_in_the_way(facts))


def may_override(person: int, *, planned_by: int | None, registered_by: int | None) -> bool:
    """Whether it is somebody else's word: not of whoever planned, nor registered the candidate.

    All three are people, not memberships or tokens, of which one person may have several. A plan
    that nobody answers for is nobody else's: nobody may override it.

    >>> [may_override(person, planned_by=1, registered_by=2) for person in (1, 2, 3)]
    [False, False, True]
    """
    return planned_by is not None and person not in {planned_by, registered_by}


def _share_fits(stage: StageTerms) -> bool:
    if stage.kind is Kind.SHADOW:
        return stage.share == 0
    if stage.kind is Kind.CANARY:
        return 0 < stage.share < 1
    return stage.share == 1


def _in_the_way(facts: Facts) -> Iterator[Reason]:
    """What stops a release whatever its verdict."""
    if facts.held_why is not None:
        yield Reason(Why.HELD, {"text": facts.held_why})
    if facts.retired:
        yield Reason(Why.RETIRED)
    if not facts.live_as_planned:
        yield Reason(Why.MOVED)
    if (until := facts.soaks_until) and until > facts.at:
        yield Reason(Why.SOAKING, {"until": until})
    for sentence in facts.alerts:
        yield Reason(Why.ALERT, {"text": sentence})


def _ground(facts: Facts) -> Ground | None:
    if facts.grade is Grade.PASS:
        return Ground.VERDICT
    if any(until > facts.at for until in facts.overrides):
        return Ground.OVERRIDE
    return None


WHY_NOT = {
    Grade.FAIL: Why.FAILED,
    Grade.INCONCLUSIVE: Why.INCONCLUSIVE,
    Grade.INVALID: Why.INVALID,
    Grade.PENDING: Why.PENDING,
}


def _no_ground(facts: Facts) -> Iterator[Reason]:
    """Whatever is not a pass is said as it is; what nobody knows is no verdict."""
    yield Reason(WHY_NOT.get(facts.grade, Why.NO_VERDICT), {"text": facts.verdict})
    if facts.overrides:
        yield Reason(Why.EXPIRED, {"until": max(facts.overrides)})
