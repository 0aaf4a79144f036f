"""What people said about a candidate, as far as a gate asks: win rates and scores on questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np

from evaluation.models import GateCriterion, GateVersion, JudgedEvaluation, ModelVersion
from evaluation.policy.gates import Facts
from evaluation.reports.judged import JudgedResult, QuestionResult, progress_of, read
from evaluation.stats.answers import Floats, Mask
from evaluation.stats.judged import compare_scores, mean_score
from labeling.formats.canonical import canonical_json

Metric = GateCriterion.Metric
JUDGED_METRICS = (Metric.WIN_RATE, Metric.RUBRIC_SCORE)
#: What keeps a version from being judged fairly, counted as examples without a prediction.
UNMATCHED = ("missing", "empty")


@dataclass(frozen=True)
class _Scores:
    """The scores of a question by place in the set, NaN where there is none."""

    scores: Floats
    groups: Floats


class Judgments:
    """The evaluations by people that a gate rests on: the latest about each of its questions."""

    def __init__(
        self, gate: GateVersion, candidate: ModelVersion, baseline: ModelVersion | None
    ) -> None:
        self.gate, self.candidate, self.baseline = gate, candidate, baseline

    @cached_property
    def bound(self) -> list[dict[str, Any]]:
        """What the answer is bound to; nothing for a gate that asks no such question."""
        return [
            {
                "metric": row.metric,
                "question": row.question,
                "evaluations": [_bound(self._latest(row, version)) for version in self._of(row)],
            }
            for row in self.gate.criteria.all()
            if row.metric in JUDGED_METRICS
        ]

    def facts(self, row: GateCriterion, inside: Mask, weights: Floats) -> Facts:
        """What was measured for one criterion on a part of the set, or why nothing can be said."""
        found = [self._latest(row, version) for version in self._of(row)]
        problem = next(filter(None, (self._problem(row, one) for one in found)), "")
        if problem or not _asked_alike(found):
            return Facts(problem=problem or "the two were asked by different rubric versions")
        own, *others = (_scores(row, one, len(weights)) for one in found if one is not None)
        counted = inside & ~np.isnan(own.scores)
        alone = mean_score(own.scores[counted], weights[counted], own.groups[counted])
        paired = None
        for other in others:
            both = counted & ~np.isnan(other.scores)
            paired = compare_scores(
                own.scores[both],
                other.scores[both],
                weights[both],
                own.groups[both],
                error=self.gate.error_rate,
            )
        left_out = [one.left_out for one in found if one is not None]
        unmatched = sum(counts.get(reason, 0) for counts in left_out for reason in UNMATCHED)
        return Facts(paired=paired, candidate=alone, unmatched=unmatched)

    def _of(self, row: GateCriterion) -> list[ModelVersion | None]:
        """Whose outputs have to be judged: the candidate's, and for a margin the baseline's."""
        compares = row.metric == Metric.RUBRIC_SCORE and row.margin is not None
        return [self.candidate, self.baseline] if compares else [self.candidate]

    def _latest(self, row: GateCriterion, version: ModelVersion | None) -> JudgedEvaluation | None:
        beside = self.baseline if row.metric == Metric.WIN_RATE else None
        if version is None or (beside is None and row.metric == Metric.WIN_RATE):
            return None
        rows = JudgedEvaluation.objects.filter(
            model_version=version,
            against=beside,
            set_version=self.gate.set_version,
            rubric_version__criteria__key=row.question,
        )
        latest = rows.exclude(state=JudgedEvaluation.State.FAILED).order_by("-created_at", "-pk")
        return latest.first()

    def _problem(self, row: GateCriterion, found: JudgedEvaluation | None) -> str:
        if found is None:
            return f"people have not been asked “{row.question}” about these outputs"
        result = read(found) if found.state == JudgedEvaluation.State.DONE else None
        if result is None:
            seen = progress_of(found)
            return f"it waits for people: {seen.judged:,} of {seen.wanted:,} outputs are judged"
        if found.digest != sha256(canonical_json(found.result)).hexdigest():
            return "what people said was changed after it was counted"
        if result.question(row.question) is None:
            return f"“{row.question}” gives no number there"
        if missed := result.wanted - result.judged:
            said = f"{missed:,} of its {result.wanted:,} outputs were never judged"
            return f"the queue was closed before its end: {said}"
        return ""


def _scores(row: GateCriterion, found: JudgedEvaluation, size: int) -> _Scores:
    result: JudgedResult | None = read(found)
    question: QuestionResult | None = result.question(row.question) if result else None
    assert question is not None
    scores, groups = np.full(size, np.nan), np.full(size, -1.0)
    scores[question.positions] = question.scores
    groups[question.positions] = question.groups
    return _Scores(scores, groups)


def _asked_alike(found: Iterable[JudgedEvaluation | None]) -> bool:
    return len({one.rubric_version_id for one in found if one is not None}) == 1


def _bound(found: JudgedEvaluation | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {"uid": str(found.uid), "state": str(found.state), "digest": found.digest}
