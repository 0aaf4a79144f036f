"""The demo's maintenance: what is watched, what it raised, what was decided and what went out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from evaluation.models import Evaluation, EvaluationSet, Gate, ModelVersion, Verdict
from labeling.models import Membership, Queue
from maintenance.demo.candidates import DISTILLED, RETRAINED
from maintenance.demo.people import ADMIN, ENGINEER, LEAD
from maintenance.demo.readings import (
    CONFIDENCE,
    LATENCY,
    SETTLED,
    SIGNALS,
    SPANISH,
    SPANISH_SLICE,
    UNSURE,
    readings,
)
from maintenance.demo.traffic import CHANGE_WEEK
from maintenance.models import Case, Reading, Release, RetrainingDecision, Signal
from maintenance.policy.releasing import Kind, StageTerms
from maintenance.services.cases import add_note, close_case, link, open_case, triage
from maintenance.services.demo_evaluation import BENCHMARK, RELEASE_GATE
from maintenance.services.demo_story import WEEKS, Story
from maintenance.services.governance import set_target
from maintenance.services.monitors import MonitorTerms, define_monitor
from maintenance.services.releases import enter_stage, plan_release, roll_back
from maintenance.services.retraining import decide_retraining
from maintenance.services.signals import SignalTerms, define_signal, record_readings

#: When the small version began to answer a part of the traffic, and when that was ended.
CANARY, ROLLED_BACK = (5, 61.0), (5, 104.5)
ACCURACY = "benchmark-accuracy"
#: Messages that a day needs before its shares say something.
FEWEST = 20
#: More Spanish than that was never seen for long before the new market opened.
USUAL_SPANISH = 0.17
FAST = (
    StageTerms(Kind.SHADOW, 0, 12),
    StageTerms(Kind.CANARY, 0.05, 24),
    StageTerms(Kind.FULL, 1, 24),
    StageTerms(Kind.WATCH, 1, 168),
)
BACK = (
    "Set the share of the candidate to 0 in the gateway; the baseline still runs beside it and "
    "takes everything within a minute."
)


def watch(story: Story) -> None:
    """Signals with their monitors and targets, and what was measured day by day."""
    _open_first_loop(story)
    for key, said in SIGNALS.items():
        terms = SignalTerms(key=key, **said)
        define_signal(story.project, terms, by=story.of(ENGINEER), at=story.monday(0, hours=9))
    _watch_the_benchmark(story)
    _define_monitors(story)
    _set_targets(story)
    slow = (_when(story, CANARY), _when(story, ROLLED_BACK))
    rows = readings(story.seed, story.items, story.start, slow=slow)
    for ends, of_day in groupby(rows, key=lambda row: row["at"]):
        _record(story, of_day, at=ends + timedelta(minutes=10))


def work(story: Story) -> None:
    """Four cases: one that is closed, one with a release at canary, an incident, one half-way."""
    _small_version(story)
    _incident(story)
    _drift(story)
    _kettle(story)


def _when(story: Story, moment: tuple[int, float]) -> datetime:
    return story.monday(moment[0], hours=moment[1])


def _watch_the_benchmark(story: Story) -> None:
    """Evaluations of the live version on the benchmark give its readings."""
    terms = SignalTerms(
        key=ACCURACY,
        name="Accuracy on the benchmark",
        layer=Signal.Layer.PERFORMANCE,
        unit=Signal.Unit.SHARE,
        about="How often the live version gives the adjudicated answer.",
        evaluation_set=EvaluationSet.objects.get(project=story.project, name=BENCHMARK),
    )
    define_signal(story.project, terms, by=story.of(LEAD), at=story.monday(5, hours=37))


def _define_monitors(story: Story) -> None:
    lead, engineer = story.of(LEAD), story.of(ENGINEER)
    spanish = story.project.slices.get(name=SPANISH_SLICE)
    rules = {
        SPANISH: MonitorTerms(
            "above", USUAL_SPANISH, 3, 5, minimum=FEWEST, owner=lead, due_days=21
        ),
        UNSURE: MonitorTerms("above", 0.2, 3, 5, minimum=FEWEST, owner=lead),
        CONFIDENCE: MonitorTerms("below", 0.7, 3, 5, minimum=8, slice=spanish, owner=lead),
        LATENCY: MonitorTerms("above", 300, 2, 3, severity="critical", owner=engineer, due_days=2),
    }
    for key, terms in rules.items():
        define_monitor(_signal(story, key), terms, by=engineer, at=story.monday(0, hours=10))


def _set_targets(story: Story) -> None:
    goals: dict[str, tuple[str, float]] = {
        ACCURACY: ("at_least", 0.9),
        LATENCY: ("at_most", 250),
        SETTLED: ("at_least", 0.85),
    }
    due = story.monday(WEEKS).date() + timedelta(days=45)
    for key, (operator, value) in goals.items():
        signal, admin = _signal(story, key), story.of(ADMIN)
        at = story.monday(5, hours=39)
        set_target(signal, None, operator, value, story.of(LEAD), due, by=admin, at=at)


def _signal(story: Story, key: str) -> Signal:
    return Signal.objects.get(project=story.project, key=key)


def _record(story: Story, rows: Iterable[dict[str, Any]], *, at: datetime) -> None:
    api = Reading.Source.API
    record_readings(story.project, rows, source=api, by=story.of(ENGINEER), at=at)


def _open_first_loop(story: Story) -> None:
    """From the first items to a gate: the case that every project begins with."""
    case = open_case(
        story.project,
        "First loop",
        kind=Case.Kind.FIRST_LOOP,
        about="From the first items to a release: each step of the loop once.",
        owner=story.of(LEAD),
        by=story.of(ADMIN),
        at=story.monday(0, hours=11),
    )
    queue = Queue.objects.get(project=story.project, name="Weeks 1 to 4")
    _link(story, case, [queue.sample, queue], at=story.monday(4, hours=9))
    _link(story, case, [_benchmark(story)], at=story.monday(5, hours=37))


def _small_version(story: Story) -> None:
    """Good enough for the gate, too slow for production: rolled back from its first canary."""
    case = Case.objects.get(project=story.project, kind=Case.Kind.FIRST_LOOP)
    engineer = story.of(ENGINEER)
    release = _plan(story, DISTILLED.name, case, at=story.monday(5, hours=42), stages=FAST)
    enter_stage(release, by=engineer, at=story.monday(5, hours=43))
    enter_stage(release, by=engineer, at=_when(story, CANARY))
    why = "Answers take almost twice as long since it takes 5 % of the traffic."
    roll_back(release, why, by=engineer, at=_when(story, ROLLED_BACK))
    effect = "The loop went round once. The small version did not stay; what it taught is the gate."
    close_case(case, effect, by=story.of(LEAD), at=story.monday(5, hours=120))


def _incident(story: Story) -> None:
    """The alert that the slow canary raised, settled by going back."""
    case, engineer = _case_of(story, LATENCY), story.of(ENGINEER)
    why = "Latency rose with the canary of intent-v2-small, and only on the hosts that serve it."
    triage(case, Case.Cause.MODEL, why, by=engineer, at=_when(story, ROLLED_BACK))
    add_note(case, "Rolled back; watching.", by=engineer, at=story.monday(5, hours=105))
    effect = "Latency is back below 210 ms since the day after the rollback."
    close_case(case, effect, by=engineer, at=story.monday(WEEKS, hours=1))


def _drift(story: Story) -> None:
    """The new market: seen by a signal, decided with evidence, and on its way out again."""
    case, lead = _case_of(story, SPANISH), story.of(LEAD)
    opened = story.monday(CHANGE_WEEK, hours=100)
    why = "Spanish customers have doubled since the new market opened; no word of ours changed."
    triage(case, Case.Cause.DRIFT, why, by=lead, at=opened)
    alert = case.alerts.get(monitor__signal__key=SPANISH)
    measured = Evaluation.objects.get(model_version__state=ModelVersion.State.LIVE)
    decide_retraining(
        case,
        RetrainingDecision.Answer.RETRAIN,
        RetrainingDecision.Ground.DRIFT,
        "One message in four is Spanish now, and the live version is weakest there.",
        evidence=[alert, measured],
        by=lead,
        at=story.monday(5, hours=60),
    )
    verdict = _verdict(story, RETRAINED.name)
    _link(story, case, [verdict.candidate, verdict], at=story.monday(WEEKS, hours=3))
    release = _plan(story, RETRAINED.name, case, at=story.monday(WEEKS, hours=4))
    for hours in (5, 30):
        enter_stage(release, by=story.of(ENGINEER), at=story.monday(WEEKS, hours=hours))


def _kettle(story: Story) -> None:
    """A product that no label names: its queue is half judged."""
    lead = story.of(LEAD)
    case = open_case(
        story.project,
        "The kettle: a product that no label names",
        about="Messages about the new kettle are taken for defects, log-ins and assembly.",
        owner=lead,
        due=_in_a_week(story),
        by=story.of(ENGINEER),
        at=story.monday(WEEKS, hours=6),
    )
    why = "Annotators propose a label of their own; the model has no answer that would be right."
    triage(case, Case.Cause.LABELS, why, by=lead, at=story.monday(WEEKS, hours=6.5))
    queue = Queue.objects.get(project=story.project, name="Weeks 5 and 6")
    _link(story, case, [queue.sample, queue], at=story.monday(WEEKS, hours=7))
    note = "The next rubric version has a place for it, see the draft."
    add_note(case, note, by=lead, at=story.monday(WEEKS, hours=20))


def _in_a_week(story: Story) -> date:
    return story.monday(WEEKS + 1).date() + timedelta(days=4)


def _plan(
    story: Story,
    candidate: str,
    case: Case,
    *,
    at: datetime,
    stages: tuple[StageTerms, ...] | None = None,
) -> Release:
    return plan_release(
        story.project,
        ModelVersion.objects.get(project=story.project, name=candidate),
        Gate.objects.get(project=story.project, name=RELEASE_GATE),
        rollback_plan=BACK,
        stages=stages,
        case=case,
        by=story.of(ENGINEER),
        at=at,
    )


def _case_of(story: Story, signal: str) -> Case:
    """The case that the first alert on this signal opened."""
    cases = Case.objects.filter(project=story.project, alerts__monitor__signal__key=signal)
    return cases.order_by("number")[0]


def _verdict(story: Story, candidate: str) -> Verdict:
    return Verdict.objects.select_related("candidate").get(
        gate_version__gate__name=RELEASE_GATE,
        gate_version__gate__project=story.project,
        candidate__name=candidate,
    )


def _benchmark(story: Story) -> Any:
    return EvaluationSet.objects.get(project=story.project, name=BENCHMARK).versions.get()


def _link(story: Story, case: Case, rows: Iterable[Any], *, at: datetime) -> None:
    by: Membership = story.of(LEAD)
    for row in rows:
        link(case, row, by=by, at=at)
