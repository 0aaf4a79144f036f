"""Rows of evaluation for tests, with defaults for whatever a test does not mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from evaluation.models import EvaluationSet, Example, ModelVersion, Prediction, SetVersion
from labeling.models import Item, Project
from tests.factories import _numbers, make_items


def make_version(project: Project, name: str = "", **fields: Any) -> ModelVersion:
    """A candidate unless told otherwise."""
    return ModelVersion.objects.create(
        project=project, name=name or f"version-{next(_numbers)}", **fields
    )


def make_set_version(
    project: Project,
    references: Sequence[str] = (),
    *,
    items: Sequence[Item] = (),
    weights: Sequence[float] = (),
    **fields: Any,
) -> SetVersion:
    """A frozen set version whose examples have these reference answers to the topic."""
    name = f"Set {next(_numbers)}"
    row = EvaluationSet.objects.create(project=project, name=name, role="frozen")
    defaults = {
        "number": 1,
        "state": "frozen",
        "digest": "d" * 64,
        "provenance": "adjudicated",
        "criterion": "topic",
        "size": len(references),
    }
    version = SetVersion.objects.create(evaluation_set=row, **{**defaults, **fields})
    items = items or make_items(project, len(references))
    pairs = zip(items, references, strict=True)
    for position, (item, answer) in enumerate(pairs, start=1):  # as freezing and importing count
        Example.objects.create(
            set_version=version,
            position=position,
            item=item,
            references={version.criterion: answer},
            weight=Decimal(str(weights[position - 1])) if weights else Decimal(1),
            content_digest=item.content_digest,
        )
    return version


def make_predictions(
    version: ModelVersion,
    set_version: SetVersion,
    answers: Sequence[str | None],
    confidences: Mapping[int, float] | Sequence[float] = (),
) -> None:
    """This version's answers to the examples of a set, in their order; None is left out."""
    known = dict(enumerate(confidences)) if not isinstance(confidences, Mapping) else confidences
    items = set_version.examples.order_by("position").values_list("item_id", flat=True)
    Prediction.objects.bulk_create(
        Prediction(version=version, item_id=item, value=answer, confidence=known.get(place))
        for place, (item, answer) in enumerate(zip(items, answers, strict=True))
        if answer is not None
    )
