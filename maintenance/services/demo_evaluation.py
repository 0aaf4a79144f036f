"""The demo's sets, versions and gates: one candidate passes, one fails, one is not decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evaluation.models import EvaluationSet, GateVersion, ModelVersion, SetVersion, Verdict
from evaluation.services.evaluations import evaluate, perform_evaluation
from evaluation.services.gates import ask_verdict, perform_verdict, register_gate
from evaluation.services.sets import create_set, freeze, perform_freeze
from evaluation.services.versions import register_version, store_predictions
from labeling.models import Queue, Sample
from maintenance.demo.assistant import MODEL_VERSION
from maintenance.demo.candidates import (
    CANDIDATES,
    DISTILLED,
    LOPSIDED,
    RETRAINED,
    Candidate,
    predictions,
)
from maintenance.demo.people import ENGINEER, LEAD
from maintenance.demo.rubric import INTENT
from maintenance.services.demo_story import WEEKS, Story

BENCHMARK, EDGES = "Weeks 1 to 4", "New market and kettle"
RELEASE_GATE, EDGE_GATE = "Release gate", "New market, not worse"
RETURNS = [{"field": "reference", "operator": "is", "value": "returns"}]
CRITERIA: list[dict[str, Any]] = [
    {"scope": "overall", "margin": 0.05},
    {
        "scope": "slice",
        "name": "Returns",
        "conditions": RETURNS,
        "margin": 0.2,
        "critical": True,
    },
]
#: Hours into the weeks (week, hours) in which the versions came.
REGISTERED = {DISTILLED.name: (5, 40), RETRAINED.name: (WEEKS, 2), LOPSIDED.name: (WEEKS, 30)}


def measure(story: Story) -> None:
    """Freeze what is adjudicated, then ask the gates about each version when it has come."""
    live = _register(story, MODEL_VERSION, story.monday(0), state=ModelVersion.State.LIVE)
    benchmark = _freeze(story, BENCHMARK, "frozen", "Weeks 1 to 4", story.monday(5, hours=36))
    gate = _gate(story, RELEASE_GATE, benchmark, CRITERIA, story.monday(5, hours=38))
    at = story.monday(5, hours=37)
    perform_evaluation(evaluate(live, benchmark, by=story.of(ENGINEER), at=at))
    for candidate in CANDIDATES:
        at = story.monday(REGISTERED[candidate.name][0], hours=REGISTERED[candidate.name][1])
        _ask(story, gate, _candidate(story, candidate, at), live, at)
    at = story.monday(WEEKS, hours=40)
    edges = _freeze(story, EDGES, "edge", "Weeks 5 and 6", at)
    gate = _gate(story, EDGE_GATE, edges, [{"scope": "overall", "margin": 0.02}], at)
    _ask(story, gate, story.project.versions.get(name=RETRAINED.name), live, at)


def _freeze(story: Story, name: str, role: str, queue: str, at: datetime) -> SetVersion:
    lead = story.of(LEAD)
    judged = Queue.objects.get(project=story.project, name=queue)
    made = create_set(story.project, name, EvaluationSet.Role(role), by=lead, at=at)
    asked = freeze(made, [judged], criterion=INTENT["key"], by=lead, at=at)
    return perform_freeze(asked, at=at)


def _gate(
    story: Story, name: str, on: SetVersion, criteria: list[dict[str, Any]], at: datetime
) -> GateVersion:
    return register_gate(story.project, name, on, criteria, by=story.of(LEAD), at=at)


def _candidate(story: Story, candidate: Candidate, at: datetime) -> ModelVersion:
    """A version with its answers to everything that has been drawn for judging."""
    parent = story.project.versions.get(name=candidate.parent)
    version = _register(
        story, candidate.name, at, parent=parent, commit=candidate.commit, digest=candidate.commit
    )
    drawn = _drawn(story)
    asked = [item for item in story.items if item.external_id in drawn]
    rows = predictions(story.seed, candidate, asked)
    name = f"{candidate.name}.jsonl"
    store_predictions(version, rows, name=name, by=story.of(ENGINEER), at=at)
    return version


def _register(story: Story, name: str, at: datetime, **fields: Any) -> ModelVersion:
    return register_version(story.project, name, by=story.of(ENGINEER), at=at, **fields)


def _drawn(story: Story) -> set[str]:
    """What lies in a sample, by external id."""
    drawn = Sample.objects.filter(project=story.project)
    return set(drawn.values_list("members__item__external_id", flat=True))


def _ask(
    story: Story, gate: GateVersion, candidate: ModelVersion, baseline: ModelVersion, at: datetime
) -> Verdict:
    verdict = ask_verdict(gate, candidate, baseline, by=story.of(ENGINEER), at=at)
    return perform_verdict(verdict, at=at)
