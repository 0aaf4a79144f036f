"""What a gate finds about a candidate, and what its answer is bound to; recomputable at any time.

The evidence of a verdict is one letter for each example, kept with it: so its findings can be
recomputed even after an item has been erased together with its own prediction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from django.db.models import Count, Max

from evaluation.models import (
    Evaluation,
    GateCriterion,
    GateVersion,
    ModelVersion,
    Prediction,
    Verdict,
)
from evaluation.policy.gates import Criterion, Decision, Facts, Finding, decide, judge
from evaluation.policy.metrics import Metric
from evaluation.reports.gate_judged import JUDGED_METRICS, Judgments
from evaluation.reports.gate_slices import Part, parts_of
from evaluation.reports.independence import assisted
from evaluation.reports.predictions import Predictions, examples_of, given_by
from evaluation.stats.answers import Answers, Mask
from evaluation.stats.measures import accuracy
from evaluation.stats.metrics import measure
from evaluation.stats.paired import Paired, compare
from labeling.formats.canonical import canonical_json
from labeling.models import Criterion as Question

#: How a verdict is computed; another way of computing gives other digests.
METHOD = "fettle-gate/1"
BOTH, CANDIDATE, BASELINE, NEITHER = "b", "c", "o", "n"
#: Left out: a prediction is missing; the item was erased together with its prediction.
MISSING, ERASED = "?", "x"
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate's whole answer, as a verdict keeps it."""

    outcome: str
    sentence: str
    findings: list[dict[str, Any]]
    evidence: dict[str, Any]
    labels_needed: int | None


class Comparison:
    """A gate version asked about a candidate and a baseline: all that is read from the database."""

    def __init__(
        self, gate: GateVersion, candidate: ModelVersion, baseline: ModelVersion | None
    ) -> None:
        self.gate, self.candidate, self.baseline = gate, candidate, baseline
        self.set_version = gate.set_version
        self.examples = examples_of(gate.set_version)
        self.given = given_by(candidate, gate.set_version, self.examples)
        self.beside = given_by(baseline, gate.set_version, self.examples) if baseline else None
        self.judgments = Judgments(gate, candidate, baseline)

    @cached_property
    def letters(self) -> str:
        """Who was right about each example; without a baseline, the candidate alone."""
        erased = self._erased()
        beside = self.beside.values if self.beside else [""] * len(self.examples)
        rows = zip(
            self.examples.items,
            self.examples.references,
            self.given.values,
            beside,
            strict=True,
        )
        return "".join(
            _letter(reference, ours, theirs, item in erased)
            for item, reference, ours, theirs in rows
        )

    @cached_property
    def bound(self) -> dict[str, Any]:
        """What a verdict is bound to: a change in any of it is another question."""
        return {
            "method": METHOD,
            "gate": self.gate.digest,
            "set": self.set_version.digest,
            "candidate": _bound(self.candidate, self.given),
            "baseline": _bound(self.baseline, self.beside),
            **_judged(self.judgments),
        }

    @property
    def foreign(self) -> bool:
        """Whether the references are judgments about what another version answered."""
        if self.set_version.subject == Question.Subject.INPUT:
            return False
        names = {version.name for version in (self.candidate, self.baseline) if version}
        return names != {self.set_version.judged_version}

    @cached_property
    def leaning(self) -> Mask:
        """(examples,) whether the label was given with a prediction before people's eyes."""
        items = set(assisted(self.set_version).values_list("item_id", flat=True))
        return np.array([item in items for item in self.examples.items], dtype=bool)

    def _erased(self) -> set[int]:
        rows = self.set_version.examples.filter(item__erased_at__isnull=False)
        return set(rows.values_list("item_id", flat=True))


def digest_of(bound: dict[str, Any]) -> str:
    """SHA-256 of what a verdict is bound to, in hexadecimal."""
    return sha256(canonical_json(bound)).hexdigest()


def question_of(gate: GateVersion, candidate: ModelVersion, baseline: ModelVersion | None) -> str:
    """What is asked, as a digest that costs no reading: predictions are counted, not read.

    They only ever come, or go with an erased item, so the same numbers are the same predictions.
    """
    versions = [one and _counted(one, gate) for one in (candidate, baseline)]
    about = {"gate": gate.digest, "set": gate.set_version.digest, "versions": versions}
    return digest_of({**about, **_judged(Judgments(gate, candidate, baseline))})


def wording_digest(version: GateVersion, criteria: Sequence[GateCriterion]) -> str:
    """What a gate version asks, as one digest: set version, error rate and criteria in order."""
    fields = ("metric", "scope", "name", "conditions", "margin", "floor", "critical")
    wording = {
        "set": version.set_version.digest,
        "error_rate": version.error_rate,
        "criteria": [
            {field: getattr(row, field) for field in fields} | _question(row) for row in criteria
        ],
    }
    return sha256(canonical_json(wording)).hexdigest()


def judged(
    verdict: Verdict, comparison: Comparison | None = None, *, letters: str | None = None
) -> Judged:
    """Judge a candidate; letters: those kept with a verdict, in place of those that are seen."""
    found = comparison or Comparison(verdict.gate_version, verdict.candidate, verdict.baseline)
    letters = found.letters if letters is None else letters
    rows = list(_findings(found, letters))
    decision = decide([finding for _part, finding, _facts in rows])
    needed = decision.labels_needed
    return Judged(
        outcome=str(decision.outcome),
        sentence=_sentence(decision, found),
        findings=[_as_json(*row) for row in rows],
        evidence=_evidence(verdict, found, letters),
        labels_needed=needed.high if needed else None,
    )


def _judged(judgments: Judgments) -> dict[str, Any]:
    """Named only where a gate asks people, so that other digests stay what they were."""
    return {"judged": judgments.bound} if judgments.bound else {}


def _question(row: GateCriterion) -> dict[str, str]:
    return {"question": row.question} if row.question else {}


def _bound(version: ModelVersion | None, given: Predictions | None) -> dict[str, str] | None:
    if version is None or given is None:
        return None
    return {"uid": str(version.uid), "name": version.name, "predictions": given.digest}


def _counted(version: ModelVersion, gate: GateVersion) -> list[Any]:
    """A version, how many predictions it has for the gate's set, and which came last."""
    examples = gate.set_version.examples
    sent = Prediction.objects.filter(
        version=version, item__examples__set_version=gate.set_version
    ).aggregate(count=Count("pk"), last=Max("pk"))
    own = examples.filter(item__model_version=version.name).exclude(item__prediction=None)
    return [str(version.uid), version.name, sent["count"], sent["last"], own.count()]


def _letter(reference: str, ours: str | None, theirs: str | None, erased: bool) -> str:
    if ours is None or theirs is None:
        return ERASED if erased else MISSING
    if ours == reference:
        return BOTH if theirs == reference else CANDIDATE
    return BASELINE if theirs == reference else NEITHER


def _findings(
    found: Comparison, letters: str
) -> Iterator[tuple[tuple[GateCriterion, Part], Finding, Facts]]:
    seen = np.array(list(letters), dtype="U1")
    for row in found.gate.criteria.all():
        for part in parts_of(row, found.examples.columns, found.set_version.taxonomy):
            criterion = as_policy(row, part.name)
            if row.metric in JUDGED_METRICS:
                facts = found.judgments.facts(row, part.mask, found.examples.weights)
            else:
                facts = _facts(found, seen, part.mask)
            yield (row, part), judge(criterion, facts, error=found.gate.error_rate), facts


def as_policy(row: GateCriterion, where: str = "") -> Criterion:
    """A stored criterion in the terms of the policy; ValueError for what it refuses."""
    return Criterion(
        name=str(row),
        metric=Metric(row.metric),
        margin=row.margin,
        floor=row.floor,
        critical=row.critical,
        slice=where,
        label=row.question,
    )


def _facts(found: Comparison, seen: np.ndarray, inside: Mask) -> Facts:
    counted = inside & (seen != ERASED) & (seen != MISSING)
    weights = found.examples.weights
    ours = _answers(seen, (BOTH, CANDIDATE), weights, counted)
    paired = None
    if found.baseline is not None:
        theirs = _answers(seen, (BOTH, BASELINE), weights, counted)
        paired = compare(ours, theirs, error=found.gate.error_rate)
    return Facts(
        paired=paired,
        candidate=measure(accuracy, ours),
        unmatched=int((inside & (seen == MISSING)).sum()),
        foreign=int(counted.sum()) if found.foreign else 0,
        assisted=int((inside & found.leaning).sum()),
    )


def _answers(
    seen: np.ndarray, right: tuple[str, str], weights: np.ndarray, counted: Mask
) -> Answers:
    """Right and wrong as answers of two labels: all that accuracy looks at."""
    predicted = np.where(np.isin(seen, right), 0, 1)
    return Answers(np.zeros(len(seen), dtype=np.int64), predicted, weights, 2).where(counted)


def _sentence(decision: Decision, found: Comparison) -> str:
    if found.set_version.provenance == found.set_version.Provenance.IMPORTED:
        return f"{decision.sentence} The labels were imported: their quality is unknown."
    return decision.sentence


def _evidence(verdict: Verdict, found: Comparison, letters: str) -> dict[str, Any]:
    set_version = found.set_version
    earlier = Verdict.objects.filter(
        gate_version__set_version=set_version, pk__lt=verdict.pk, decided_at__isnull=False
    )
    known = Evaluation.objects.filter(
        model_version=found.candidate,
        set_version=set_version,
        created_at__lt=found.gate.registered_at,
    )
    return {
        "bound": found.bound,
        "examples": len(letters),
        "left_out": {"missing": letters.count(MISSING), "erased": letters.count(ERASED)},
        "outcomes": letters,
        "quality_known": set_version.provenance != set_version.Provenance.IMPORTED,
        "earlier_verdicts_on_this_set": earlier.count(),
        "measured_before_registered": known.exists(),
    }


def _as_json(about: tuple[GateCriterion, Part], finding: Finding, facts: Facts) -> dict[str, Any]:
    row, part = about
    needed = finding.labels_needed
    return {
        "criterion": row.position,
        "metric": row.metric,
        "scope": row.scope,
        "slice": part.name,
        "conditions": part.conditions,
        "margin": row.margin,
        "floor": row.floor,
        "critical": row.critical,
        "outcome": str(finding.outcome),
        "reason": finding.reason,
        "labels_needed": [needed.low, needed.high] if needed else None,
        "unmatched": facts.unmatched,
        "n": facts.n or 0,
        "candidate": _number(facts.candidate.value if facts.candidate else None),
        **_paired(facts.paired),
        **_question(row),
    }


def _paired(paired: Paired | None) -> dict[str, Any]:
    if paired is None:
        return {"difference": None}
    difference = paired.difference
    return {
        "baseline": _number(paired.baseline),
        "difference": {
            "value": _number(difference.value),
            "low": _number(difference.low),
            "high": _number(difference.high),
            "effective_n": _number(difference.effective_n),
            "level": difference.level,
            "method": difference.method,
            "reason": str(difference.reason),
        },
        "at_least": _number(paired.at_least),
        "at_most": _number(paired.at_most),
        "wins": paired.wins,
        "losses": paired.losses,
        "discordance": _number(paired.discordance),
    }


def _number(value: float | None) -> float | None:
    """Rounded, so that another machine computes the same; NaN has no place in JSON."""
    return None if value is None or not math.isfinite(value) else round(value, DECIMALS)
