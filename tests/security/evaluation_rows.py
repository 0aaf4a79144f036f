"""Rows of evaluation for a world: one of each kind, and more of them."""

from __future__ import annotations

from typing import Any

from evaluation.models import Evaluation, ModelVersion, PredictionUpload, SetVersion
from evaluation.services.evaluations import perform_evaluation
from labeling.models import Membership, Project
from labeling.models.base import Row
from tests.evaluation.makers import make_predictions, make_set_version, make_version

NODES = [("a", None), ("b", "a")]
TREE = [{"key": key, "parent": parent, "label": key.upper()} for key, parent in NODES]


def evaluation_rows(project: Project, member: Membership) -> dict[str, Row]:
    """A frozen set, a version with predictions, and what was measured."""
    set_version = make_set_version(project, ["a", "b"], taxonomy=TREE)
    version = make_version(project, registered_by=member)
    return {
        "set": set_version.evaluation_set,
        "set_version": set_version,
        "version": version,
        "upload": _upload(version, member),
        "evaluation": measured(version, set_version, member),
    }


def grow_evaluation(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more of each kind, and below each of the world's own rows."""
    version = ModelVersion.objects.get(uid=rows["version"])
    set_version = SetVersion.objects.get(uid=rows["set_version"])
    _upload(version, member)
    measured(version, make_set_version(project, ["a", "b"], taxonomy=TREE), member)
    child = make_version(project, parent=version, registered_by=member)
    measured(child, set_version, member)


def measured(version: ModelVersion, set_version: SetVersion, by: Membership) -> Evaluation:
    """An evaluation that is done."""
    make_predictions(version, set_version, ["b", "b"], [0.6, 0.9])
    row = Evaluation.objects.create(
        model_version=version, set_version=set_version, created_by=by
    )
    return perform_evaluation(row)


def _upload(version: ModelVersion, by: Membership) -> PredictionUpload:
    reasons = [{"line": 1, "reason": "“prediction” is missing"}]
    return PredictionUpload.objects.create(
        version=version, name="a.jsonl", state="done", refused=1, reasons=reasons, created_by=by
    )
