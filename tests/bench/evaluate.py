"""Seconds to measure 100,000 predictions on a set with 50 parts, from the tables to the result."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from tests.bench.harness import Row, rows_on_sqlite, within
from tests.bench.scratch import scratch_database

EXAMPLES, TIMES = 100_000, 3
BRANCHES, LEAVES = 10, 151
LANGUAGES, CHANNELS = 20, 15
SLICES = 5  # with branches and the values of two attributes: 50 parts
WANTED = 5.0  # seconds
AT_ONCE = 5_000


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    with scratch_database() as vendor:
        version, set_version = filled(EXAMPLES)
        name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[vendor]
        times, parts = measured(version, set_version)
        case = f"evaluate, {EXAMPLES} predictions, {LEAVES} labels, {parts} parts, {name}"
        yield within(case, times, "s", WANTED)
    yield from rows_on_sqlite("evaluate")


def measured(version: Any, set_version: Any) -> tuple[float, int]:
    """The median time of an evaluation that ends done, and how many parts it has."""
    from evaluation.models import Evaluation
    from evaluation.services.evaluations import perform_evaluation

    times = []
    for _ in range(TIMES):
        row = Evaluation.objects.create(model_version=version, set_version=set_version)
        start = time.perf_counter()
        done = perform_evaluation(row)
        times.append(time.perf_counter() - start)
        assert done.state == "done", done.reason
    return statistics.median(times), len(done.result["parts"])


def filled(count: int) -> tuple[Any, Any]:
    """A frozen set of examples with weights, and a version that is right four times of five."""
    from evaluation.models import EvaluationSet, Example, ModelVersion, Prediction, SetVersion
    from labeling.models import Project, Slice

    project = Project.objects.create(slug="bench", name="Bench")
    version = ModelVersion.objects.create(project=project, name="v2")
    row = EvaluationSet.objects.create(project=project, name="Bench", role="frozen")
    set_version = SetVersion.objects.create(
        evaluation_set=row,
        number=1,
        state="frozen",
        digest="0" * 64,
        provenance="adjudicated",
        criterion="topic",
        taxonomy=nodes(),
        size=count,
    )
    for number in range(SLICES):
        Slice.objects.create(project=project, name=f"slice {number}", conditions=since(number))
    rng = np.random.default_rng(1)
    due = rng.integers(0, LEAVES, count)
    given = np.where(rng.random(count) < 0.8, due, rng.integers(0, LEAVES, count))
    sure = rng.random(count).round(3)
    weights = [Decimal(int(weight)) for weight in rng.integers(1, 20, count)]
    items = made_items(project, count)
    Example.objects.bulk_create(
        (
            Example(
                set_version=set_version,
                position=at,
                item_id=item,
                references={"topic": f"leaf {due[at]}"},
                weight=weights[at],
                content_digest="0" * 64,
            )
            for at, item in enumerate(items)
        ),
        batch_size=AT_ONCE,
    )
    Prediction.objects.bulk_create(
        (
            Prediction(
                version=version, item_id=item, value=f"leaf {given[at]}", confidence=float(sure[at])
            )
            for at, item in enumerate(items)
        ),
        batch_size=AT_ONCE,
    )
    return version, set_version


def nodes() -> list[dict[str, Any]]:
    """A taxonomy of ten branches and 151 leaves."""
    roots = [{"key": f"branch {at}", "parent": None, "label": ""} for at in range(BRANCHES)]
    leaves = [
        {"key": f"leaf {at}", "parent": f"branch {at % BRANCHES}", "label": ""}
        for at in range(LEAVES)
    ]
    return roots + leaves


def since(number: int) -> list[dict[str, str]]:
    """A slice on time and on an attribute."""
    after = (START + timedelta(days=number)).isoformat()
    return [
        {"field": "occurred_at", "operator": "after", "value": after},
        {"field": "attributes.language", "operator": "is_not", "value": f"l{number}"},
    ]


START = datetime(2026, 9, 1, tzinfo=UTC)


def made_items(project: Any, count: int) -> list[int]:
    """Items with two attributes and a time of their own each; their primary keys."""
    from labeling.models import Import, Item

    batch = Import.objects.create(project=project, name="bench", source="command", state="done")
    rows = (
        Item(
            project=project,
            batch=batch,
            external_id=f"item-{at}",
            content={"text": f"Message {at}"},
            attributes={"language": f"l{at % LANGUAGES}", "channel": f"c{at % CHANNELS}"},
            occurred_at=START + timedelta(seconds=at),
            content_digest="0" * 64,
        )
        for at in range(count)
    )
    return [item.pk for item in Item.objects.bulk_create(rows, batch_size=AT_ONCE)]
