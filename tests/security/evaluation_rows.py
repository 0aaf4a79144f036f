"""Rows of evaluation for a world: one of each kind, and more of them."""

from __future__ import annotations

from typing import Any

from evaluation.models import (
    Evaluation,
    JudgedEvaluation,
    ModelVersion,
    PredictionUpload,
    SetVersion,
    Verdict,
)
from evaluation.services.evaluations import perform_evaluation
from evaluation.services.gates import perform_verdict, register_gate
from evaluation.services.judged import count_now
from labeling.models import Membership, Project
from labeling.models.base import Row
from tests.evaluation.judging import make_judged
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_annotation

NODES = [("a", None), ("b", "a")]
TREE = [{"key": key, "parent": parent, "label": key.upper()} for key, parent in NODES]


def evaluation_rows(project: Project, member: Membership) -> dict[str, Row]:
    """A frozen set, a version with predictions, and what was measured."""
    set_version = make_set_version(project, ["a", "b"], taxonomy=TREE)
    version = make_version(project, registered_by=member)
    evaluation = measured(version, set_version, member)
    verdict = judged(version, set_version, member)
    by_people = _by_people(version, set_version)
    assert by_people.against is not None
    return {
        "set": set_version.evaluation_set,
        "set_version": set_version,
        "version": version,
        "upload": _upload(version, member),
        "evaluation": evaluation,
        "judged": by_people,
        "other_version": by_people.against,
        "comparing": by_people.rubric_version,
        "gate": verdict.gate_version.gate,
        "verdict": verdict,
    }


def grow_evaluation(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more of each kind, and below each of the world's own rows."""
    version = ModelVersion.objects.get(uid=rows["version"])
    set_version = SetVersion.objects.get(uid=rows["set_version"])
    _upload(version, member)
    measured(version, make_set_version(project, ["a", "b"], taxonomy=TREE), member)
    child = make_version(project, parent=version, registered_by=member)
    measured(child, set_version, member)
    judged(child, set_version, member, margin=0.001 * ModelVersion.objects.count())
    judged(version, make_set_version(project, ["a", "b"]), member, name=child.name)
    _by_people(version, set_version)


def judged(
    candidate: ModelVersion,
    set_version: SetVersion,
    by: Membership,
    *,
    name: str = "Gate",
    margin: float = 0.1,
) -> Verdict:
    """What a gate has answered about a version that is compared with another."""
    project = candidate.project
    criteria = [{"scope": "overall", "margin": margin}, {"scope": "branches", "margin": 0.1}]
    gate = register_gate(project, name, set_version, criteria, by=by)
    baseline = make_version(project, registered_by=by)
    make_predictions(baseline, set_version, ["a", "a"])
    verdict = Verdict.objects.create(
        gate_version=gate, candidate=candidate, baseline=baseline, asked_by=by
    )
    return perform_verdict(verdict)


def measured(version: ModelVersion, set_version: SetVersion, by: Membership) -> Evaluation:
    """An evaluation that is done."""
    make_predictions(version, set_version, ["b", "b"], [0.6, 0.9])
    row = Evaluation.objects.create(model_version=version, set_version=set_version, created_by=by)
    return perform_evaluation(row)


def _by_people(version: ModelVersion, set_version: SetVersion) -> JudgedEvaluation:
    """Outputs that people have judged, one of them, and counted."""
    other = make_version(version.project)
    make_predictions(other, set_version, ["says this", "says that"])
    row = make_judged(version.project, set_version, version, against=other)
    task = row.queue.tasks.first()
    make_annotation(task, answers={"better": "a"})
    return count_now(row, by=None)


def _upload(version: ModelVersion, by: Membership) -> PredictionUpload:
    reasons = [{"line": 1, "reason": "“prediction” is missing"}]
    return PredictionUpload.objects.create(
        version=version, name="a.jsonl", state="done", refused=1, reasons=reasons, created_by=by
    )
