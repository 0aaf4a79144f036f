"""Where a case stands and what comes next: computed from what belongs to it, never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps of a case, in the order of the loop."""

    ALERT = "alert"
    TRIAGE = "triage"
    SAMPLE = "sample"
    JUDGE = "judge"
    SETTLE = "settle"
    DECIDE = "decide"
    GATE = "gate"
    STAGES = "stages"
    CLOSED = "closed"


class State(StrEnum):
    """What is known of a step; passed over is what a later step has made unnecessary."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    PASSED = "passed"


class Action(StrEnum):
    """What moves a case on."""

    TRIAGE = "triage"
    DRAW = "draw"
    AWAIT_SAMPLE = "await_sample"
    QUEUE = "queue"
    JUDGE = "judge"
    SETTLE = "settle"
    DECIDE = "decide"
    RELABEL = "relabel"
    FREEZE = "freeze"
    CANDIDATE = "candidate"
    ASK = "ask"
    AWAIT_VERDICT = "await_verdict"
    MORE_LABELS = "more_labels"
    ANOTHER = "another"
    PLAN = "plan"
    ENTER = "enter"
    RESUME = "resume"
    DECIDE_AGAIN = "decide_again"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Facts:
    """What belongs to a case, counted.

    kind: of the case. alerts, open_alerts: rows. cause: "" until it is triaged. samples: drawn;
    drawing: still being drawn. queues: rows; wanted, judged: judgments in them, disputed: tasks
    that wait for a decision. decision: the answer that stands or "". set_versions, candidates:
    rows. verdict: the outcome of the newest one about a candidate or "". release: the state of
    the newest release or ""; stages, entered: of it; held: whether it is stopped.
    """

    kind: str = "request"
    alerts: int = 0
    open_alerts: int = 0
    cause: str = ""
    samples: int = 0
    drawing: int = 0
    queues: int = 0
    wanted: int = 0
    judged: int = 0
    disputed: int = 0
    decision: str = ""
    set_versions: int = 0
    candidates: int = 0
    verdict: str = ""
    release: str = ""
    stages: int = 0
    entered: int = 0
    held: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """The steps that a case has, each with its state, and what to do next; None once closed."""

    steps: tuple[tuple[Step, State], ...]
    action: Action | None

    @property
    def now(self) -> Step | None:
        """The step that the next action belongs to."""
        return next((step for step, state in self.steps if state == State.NOW), None)


#: Decisions after which nothing goes through a gate.
STAYS = frozenset({"wait", "nothing"})
#: Releases that ended without the candidate being live.
WENT_BACK = frozenset({"rolled_back", "given_up"})
BEFORE_DECISION = frozenset({Step.TRIAGE, Step.SAMPLE, Step.JUDGE, Step.SETTLE})


def strip(facts: Facts) -> Strip:
    """The strip of a case.

    >>> strip(Facts(kind="alert", alerts=1)).action
    <Action.TRIAGE: 'triage'>
    >>> strip(Facts(kind="first_loop", samples=1)).now
    <Step.JUDGE: 'judge'>
    """
    done, passed = _done(facts), _passed(facts)
    steps: list[tuple[Step, State]] = []
    now: Step | None = None
    for step in Step:
        if step not in _needed(facts):
            continue
        if step in done:
            steps.append((step, State.DONE))
        elif step in passed:
            steps.append((step, State.PASSED))
        else:
            steps.append((step, State.LATER if now else State.NOW))
            now = now or step
    return Strip(tuple(steps), _ACTIONS[now](facts) if now else None)


def _needed(facts: Facts) -> frozenset[Step]:
    """A step that has begun is always shown; others only where the case needs them."""
    needed = set(Step)
    if not facts.alerts:
        needed.discard(Step.ALERT)
    if facts.kind == "first_loop":
        needed -= {Step.TRIAGE, Step.DECIDE}
    if facts.cause == "false_alarm":
        needed -= {Step.SAMPLE, Step.JUDGE, Step.SETTLE, Step.DECIDE, Step.GATE, Step.STAGES}
    if facts.decision in STAYS:
        needed -= {Step.GATE, Step.STAGES}
    return frozenset(needed | _begun(facts))


def _begun(facts: Facts) -> set[Step]:
    begun = {
        Step.ALERT: facts.alerts,
        Step.TRIAGE: facts.cause,
        Step.SAMPLE: facts.samples or facts.drawing or facts.queues,
        Step.JUDGE: facts.queues,
        Step.SETTLE: facts.queues,
        Step.DECIDE: facts.decision,
        Step.GATE: facts.candidates or facts.verdict,
        Step.STAGES: facts.release,
    }
    return {step for step, something in begun.items() if something}


def _done(facts: Facts) -> set[Step]:
    judged = facts.queues > 0 and 0 < facts.wanted <= facts.judged
    done = {
        Step.ALERT: facts.alerts,
        Step.TRIAGE: facts.cause,
        Step.SAMPLE: facts.samples or facts.queues,
        Step.JUDGE: judged,
        Step.SETTLE: judged and not facts.disputed,
        Step.DECIDE: facts.decision and facts.decision != "relabel",
        Step.GATE: facts.verdict == "pass",
        Step.STAGES: facts.release == "done",
        Step.CLOSED: facts.closed,
    }
    return {step for step, well in done.items() if well}


def _passed(facts: Facts) -> set[Step]:
    """Steps before something that stands without them."""
    if facts.closed:
        return set(Step)
    passed: set[Step] = set()
    if facts.decision and facts.decision != "relabel":
        passed |= BEFORE_DECISION
    if facts.verdict == "pass":
        passed |= BEFORE_DECISION - {Step.TRIAGE}
    if facts.release:
        passed |= BEFORE_DECISION | {Step.DECIDE, Step.GATE}
    return passed


def _of_sample(facts: Facts) -> Action:
    return Action.AWAIT_SAMPLE if facts.drawing else Action.DRAW


def _of_judging(facts: Facts) -> Action:
    return Action.JUDGE if facts.queues else Action.QUEUE


def _of_settling(facts: Facts) -> Action:
    return Action.SETTLE if facts.queues else Action.QUEUE


def _of_deciding(facts: Facts) -> Action:
    return Action.RELABEL if facts.decision == "relabel" else Action.DECIDE


def _of_gate(facts: Facts) -> Action:
    if facts.verdict:
        asked = {"pending": Action.AWAIT_VERDICT, "inconclusive": Action.MORE_LABELS}
        return asked.get(facts.verdict, Action.ANOTHER)
    if not facts.candidates:
        return Action.FREEZE if facts.queues and not facts.set_versions else Action.CANDIDATE
    return Action.ASK


def _of_stages(facts: Facts) -> Action:
    if not facts.release:
        return Action.PLAN
    if facts.release in WENT_BACK:
        return Action.DECIDE_AGAIN
    return Action.RESUME if facts.held else Action.ENTER


_ACTIONS: dict[Step, Callable[[Facts], Action]] = {
    Step.ALERT: lambda facts: Action.TRIAGE,
    Step.TRIAGE: lambda facts: Action.TRIAGE,
    Step.SAMPLE: _of_sample,
    Step.JUDGE: _of_judging,
    Step.SETTLE: _of_settling,
    Step.DECIDE: _of_deciding,
    Step.GATE: _of_gate,
    Step.STAGES: _of_stages,
    Step.CLOSED: lambda facts: Action.CLOSE,
}
