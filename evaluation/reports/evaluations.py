"""One version measured on one set version: what the result of an evaluation holds.

`Result` is the stored JSON as dataclasses (`read`); a number that cannot be given is null there and
NaN here. Every Estimate has value, low, high, n, effective_n, level, method and reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

from evaluation.models import Evaluation, ModelVersion, SetVersion
from evaluation.policy.parts import Columns, Origin, Part, all_parts, mask_of
from evaluation.policy.slices import parse
from evaluation.reports.predictions import (
    Examples,
    Predictions,
    answers_of,
    examples_of,
    given_by,
    labels_of,
)
from evaluation.stats.answers import Answers
from evaluation.stats.confidence import reliability
from evaluation.stats.measures import accuracy, macro_f1
from evaluation.stats.metrics import Scores, error_kinds, measure, score
from labeling.models import Criterion, Slice
from labeling.policy.slices import SliceError
from labeling.reports.snapshots import revived
from labeling.stats.estimate import Estimate

#: How a result is computed; another way of computing gets another name.
METHOD = "fettle-evaluation/1"
#: Below this many labels a part is not said to be worse than the whole.
FEW = 10


@dataclass(frozen=True)
class PartResult:
    """How good the version is on a part of the set; masked where the whole hides that it is worse.

    origin: slice (of the project), branch (of the reference answer) or attribute. share: of the
    set's weight.
    """

    origin: str
    name: str
    share: float
    accuracy: Estimate
    macro_f1: Estimate
    masked: bool


@dataclass(frozen=True)
class LabelResult:
    """How good the version is at one label; due and given: with it as reference, as answer."""

    label: str
    due: int
    given: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


#: The kinds of answers as people read them; a kind that is not here is called by its own name.
KIND_NAMES = {
    "exact": gettext_lazy("exact"),
    "too general": gettext_lazy("too general"),
    "too specific": gettext_lazy("too specific"),
    "sibling": gettext_lazy("sibling"),
    "wrong branch": gettext_lazy("wrong branch"),
}


@dataclass(frozen=True)
class KindResult:
    """The share of the examples answered in one way: exact, too general, sibling …"""

    kind: str
    share: Estimate

    @property
    def name(self) -> str:
        return str(KIND_NAMES.get(self.kind, self.kind))


@dataclass(frozen=True)
class BinResult:
    """Examples of similar confidence, and how many of them were right."""

    low: float
    high: float
    confidence: float
    share: float
    accuracy: Estimate


@dataclass(frozen=True)
class ConfidenceResult:
    """Confidence beside accuracy; given: how many predictions have one."""

    given: int
    ece: Estimate
    by_chance: float
    gap: Estimate
    lean: str
    bins: list[BinResult]


@dataclass(frozen=True)
class Result:
    """How good a version is: overall, by label, by kind of error, by confidence, by part.

    left_out: names of the project's slices that a set cannot be cut by.
    """

    method: str
    examples: int
    provenance: str
    accuracy: Estimate
    macro_precision: Estimate
    macro_recall: Estimate
    macro_f1: Estimate
    confidence: ConfidenceResult
    labels: list[LabelResult] = field(default_factory=list)
    kinds: list[KindResult] = field(default_factory=list)
    parts: list[PartResult] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Measured:
    """What measuring gave: a result, or how many predictions were missing for it."""

    result: Result | None
    missing: int
    digest: str


def read(evaluation: Evaluation) -> Result | None:
    """The result of an evaluation that is done."""
    done = evaluation.state == Evaluation.State.DONE
    return revived(Result, evaluation.result) if done else None


def judges_another(version: ModelVersion, set_version: SetVersion) -> bool:
    """Whether the references are judgments about what some other version, or nobody knows whose,
    answered: then they say nothing about this one."""
    about_output = set_version.subject == Criterion.Subject.OUTPUT
    return about_output and set_version.judged_version != version.name


def measured(version: ModelVersion, set_version: SetVersion) -> Measured:
    """Measure a version; without all predictions there is no result."""
    examples = examples_of(set_version)
    given = given_by(version, set_version, examples)
    if given.missing or not len(examples):
        return Measured(None, given.missing, given.digest)
    slices, left_out = project_slices(set_version)
    labels = labels_of(examples, given)
    answers = answers_of(examples, given, labels)
    scores = score(answers)
    result = Result(
        method=METHOD,
        examples=len(examples),
        provenance=set_version.provenance,
        accuracy=scores.accuracy,
        macro_precision=scores.macro_precision,
        macro_recall=scores.macro_recall,
        macro_f1=scores.macro_f1,
        confidence=_confidence(given, answers),
        labels=_labels(scores, labels),
        kinds=_kinds(examples, answers, labels),
        parts=_parts(examples.columns, slices, answers, scores.accuracy),
        left_out=left_out,
    )
    return Measured(result, 0, given.digest)


def project_slices(set_version: SetVersion) -> tuple[list[Part], list[str]]:
    """The project's slices as parts of a set, and the names of those that cannot be."""
    parts, left_out = [], []
    for row in Slice.objects.filter(project=set_version.evaluation_set.project_id):
        try:
            parts.append(Part(Origin.SLICE, row.name, parse(row.conditions)))
        except SliceError:
            left_out.append(row.name)
    return parts, left_out


def worst_first(parts: Sequence[PartResult]) -> list[PartResult]:
    """By accuracy; parts of too few labels to say much come last."""
    return sorted(parts, key=lambda part: (part.accuracy.n < FEW, part.accuracy.value))


def costliest_first(
    parts: Sequence[PartResult], weights: Mapping[str, float]
) -> list[tuple[PartResult, float | None]]:
    """By what mistakes cost: their share times the weight of the slice, which is given along.

    weights: of the project's slices by name; a branch or an attribute's value has none and counts
    as 1. Parts of too few labels to say much come last.
    """
    rows = [
        (part, weights.get(part.name) if part.origin == Origin.SLICE else None) for part in parts
    ]
    return sorted(
        rows,
        key=lambda row: (
            row[0].accuracy.n < FEW,
            (row[0].accuracy.value - 1) * (1 if row[1] is None else row[1]),
        ),
    )


def is_masked(part: Estimate, whole: Estimate) -> bool:
    """Whether a part is shown to be worse than the whole: its interval lies below the whole's.

    >>> from labeling.stats.estimate import share
    >>> is_masked(share(5, 20), share(900, 1000)), is_masked(share(1, 4), share(900, 1000))
    (True, False)
    """
    return part.n >= FEW and part.high < whole.low


def _labels(scores: Scores, labels: Sequence[str]) -> list[LabelResult]:
    return [
        LabelResult(labels[one.label], one.due, one.given, one.precision, one.recall, one.f1)
        for one in scores.by_label
    ]


def _kinds(examples: Examples, answers: Answers, labels: Sequence[str]) -> list[KindResult]:
    if examples.tree is None:
        return []
    found = error_kinds(answers, examples.tree, labels)
    return [KindResult(str(kind), share) for kind, share in found.items()]


def _confidence(given: Predictions, answers: Answers) -> ConfidenceResult:
    found = reliability(given.confidences, answers.right, answers.weights)
    bins = [
        BinResult(one.low, one.high, one.confidence, one.share, one.accuracy) for one in found.bins
    ]
    count = sum(one.accuracy.n for one in bins)
    lean = str(found.lean)
    return ConfidenceResult(count, found.ece, found.by_chance, found.gap, lean, bins)


def _parts(
    columns: Columns, slices: Sequence[Part], answers: Answers, whole: Estimate
) -> list[PartResult]:
    return worst_first(list(_measured_parts(columns, slices, answers, whole)))


def _measured_parts(
    columns: Columns, slices: Sequence[Part], answers: Answers, whole: Estimate
) -> Iterator[PartResult]:
    total = float(answers.weights.sum())
    for part in all_parts(columns, slices):
        within = answers.where(mask_of(part.slice, columns))
        if not len(within):
            continue
        right = measure(accuracy, within)
        yield PartResult(
            str(part.origin),
            part.name,
            float(within.weights.sum()) / total,
            right,
            measure(macro_f1, within),
            is_masked(right, whole),
        )
