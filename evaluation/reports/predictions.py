"""What versions answered to the examples of a set, as columns that statistics can read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
from django.db.models import F, FloatField, TextField
from django.db.models.functions import Cast

from evaluation.models import Example, ModelVersion, Prediction, SetVersion
from evaluation.policy.parts import Columns
from evaluation.stats.answers import NONE, Answers, Floats
from labeling.formats.canonical import canonical_json
from labeling.models import Item
from labeling.policy.slices import as_text
from labeling.reports.figures import tree_of
from labeling.stats.taxonomy import Tree

Answered = tuple[str | None, float | None]
AT_ONCE = 5_000
#: JSON as text and weights as floats: reading them here is much faster than a field's own way.
_COLUMNS = (
    F("item_id"),
    F("item__external_id"),
    Cast("references", TextField()),
    Cast("weight", FloatField()),
    Cast("item__attributes", TextField()),
    F("item__occurred_at"),
    F("item__model_version"),
)


@dataclass(frozen=True)
class Examples:
    """The examples of a set version in their order; one entry each in every list."""

    items: Sequence[int]
    external_ids: Sequence[str]
    weights: Floats
    columns: Columns

    def __len__(self) -> int:
        return len(self.items)

    @property
    def references(self) -> Sequence[str]:
        return self.columns.references

    @property
    def tree(self) -> Tree | None:
        return self.columns.tree


@dataclass(frozen=True)
class Predictions:
    """A version's answers to a set's examples, in their order; None where there is none.

    confidences: NaN where none was given. digest: of answers and confidences, by external_id.
    """

    values: Sequence[str | None]
    confidences: Floats
    digest: str

    @cached_property
    def missing(self) -> int:
        return sum(value is None for value in self.values)


@dataclass(frozen=True)
class Completeness:
    """How many examples of a set a version has answered."""

    predicted: int
    size: int

    @property
    def missing(self) -> int:
        return self.size - self.predicted


def predictions_of(version: ModelVersion, set_version: SetVersion) -> dict[int, str]:
    """The version's answers by the item's primary key: those sent, and what items came in with."""
    answered = _answered(version, set_version)
    return {item: value for item, (value, _) in answered.items() if value is not None}


def examples_of(set_version: SetVersion) -> Examples:
    """Every example with its reference answer and what its item says."""
    rows = Example.objects.filter(set_version=set_version).order_by("position")
    found = list(rows.values_list(*_COLUMNS).iterator(chunk_size=AT_ONCE))
    by_column: list[tuple[Any, ...]] = list(zip(*found, strict=True)) or [()] * len(_COLUMNS)
    items, external_ids, references, weights, attributes, occurred_at, names = by_column
    tree = tree_of(set_version.taxonomy) if set_version.taxonomy else None
    answers = [orjson.loads(by_criterion)[set_version.criterion] for by_criterion in references]
    columns = Columns(answers, list(map(orjson.loads, attributes)), occurred_at, names, tree)
    return Examples(items, external_ids, np.array(weights, dtype=np.float64), columns)


def given_by(version: ModelVersion, set_version: SetVersion, examples: Examples) -> Predictions:
    """The version's answers with their confidences and digest, in the order of the examples."""
    known = _answered(version, set_version)
    answers = [known.get(item, (None, None)) for item in examples.items]
    digest = sha256()
    for external_id, (value, confidence) in zip(examples.external_ids, answers, strict=True):
        digest.update(canonical_json([external_id, value, confidence]) + b"\n")
    values = [value for value, _ in answers]
    confidences = [math.nan if sure is None else sure for _, sure in answers]
    return Predictions(values, np.array(confidences, dtype=np.float64), digest.hexdigest())


def completeness(version: ModelVersion, set_version: SetVersion) -> Completeness:
    """n of m examples have a prediction, counted by the database."""
    examples = Example.objects.filter(set_version=set_version)
    sent = Prediction.objects.filter(version=version).values("item")
    items = Item.objects.filter(project=version.project_id, model_version=version.name)
    own = items.exclude(prediction=None).values("pk")
    predicted = examples.filter(item__in=sent).count()
    predicted += examples.filter(item__in=own).exclude(item__in=sent).count()
    return Completeness(predicted, set_version.size)


def labels_of(examples: Examples, *predictions: Predictions) -> list[str]:
    """Every label that is a reference answer or a prediction; its place is its code."""
    given = (value for one in predictions for value in one.values if value is not None)
    return sorted({*examples.references, *given})


def answers_of(examples: Examples, predictions: Predictions, labels: Sequence[str]) -> Answers:
    """Codes of references and predictions with weights; a missing prediction is NONE."""
    codes: dict[str | None, int] = {label: code for code, label in enumerate(labels)}
    return Answers.of(
        [codes[label] for label in examples.references],
        [codes.get(label, NONE) for label in predictions.values],
        examples.weights,
        labels=len(labels),
    )


def _answered(version: ModelVersion, set_version: SetVersion) -> dict[int, Answered]:
    examples = Example.objects.filter(set_version=set_version, item__model_version=version.name)
    own = examples.values_list("item_id", "item__prediction", "item__confidence")
    sent = Prediction.objects.filter(version=version, item__examples__set_version=set_version)
    rows = sent.values_list("item_id", "value", "confidence")
    known: dict[int, Answered] = {
        item: (as_text(prediction), confidence)
        for item, prediction, confidence in own.iterator(chunk_size=AT_ONCE)
        if prediction is not None
    }
    for item, value, sure in rows.iterator(chunk_size=AT_ONCE):
        known[item] = (value, sure)
    return known
