# ruff: noqa: N999 - the benchmark is called so
"""Items a second from a file to visible rows with all constraints, beside a raw COPY."""

from __future__ import annotations

import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.harness import Row, rows_on_sqlite, within
from tests.bench.scratch import scratch_database

ITEMS, TIMES = 100_000, 3
WANTED = 15_000  # items a second on PostgreSQL
GROWTH_MB = 32  # what the largest of all imports may add to the memory of a small one
SENTENCE = (
    "parcel refund where is my order late broken invoice address change card payment cancel "
    "return shoe size wrong colour"
)
COLUMNS = (
    'external_id, content, attributes, "group", model_version, prediction, confidence, '
    "occurred_at, imported_at, salt, content_digest, twin_key, row_digest, erased_why"
)


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    with scratch_database() as vendor, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "items.jsonl"
        write_items(file, ITEMS)
        yield from measured(vendor, file)
    yield from rows_on_sqlite("import")


def measured(vendor: str, file: Path) -> Iterator[Row]:
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[vendor]
    case = f"import, {ITEMS} items, {name}"
    few = file.with_name("few.jsonl")
    write_items(few, ITEMS // 10)
    timed(new_project(), few)
    before = peak_mb()
    rate = statistics.median(timed(new_project(), file) for _ in range(TIMES))
    added = peak_mb() - before
    again = timed(last_project(), file)
    if vendor == "postgresql":
        yield within(case, rate, "items/s", WANTED)
        yield beside(f"{case}, all constraints in both", rate, *raw_copy(constrained=True))
        yield beside(f"{case}, beside a table without any", rate, *raw_copy(constrained=False))
    else:
        yield Row(case, rate, "items/s")
    yield Row(f"{case}, the same file again", again, "items/s")
    yield within(f"{case}, memory added by ten times the rows", added, "MB", GROWTH_MB)


def write_items(file: Path, count: int) -> None:
    """Messages of about 330 bytes each, the same ones every time."""
    rng, words = random.Random(1), SENTENCE.split()
    with file.open("w") as lines:
        for number in range(count):
            row = {
                "external_id": f"message-{number:07d}",
                "text": " ".join(rng.choices(words, k=22)),
                "language": rng.choice(["de", "en", "es"]),
                "channel": rng.choice(["mail", "chat", "app"]),
                "group": f"talk-{number // 3}",
                "prediction": rng.choice(words),
                "confidence": round(rng.random(), 3),
                "occurred_at": f"2026-09-{1 + number * 28 // count:02d}T08:{number % 60:02d}:00Z",
                "model_version": "v1",
            }
            lines.write(json.dumps(row) + "\n")


def timed(project: Any, file: Path) -> float:
    """Items a second of one import into this project."""
    from labeling.formats.columns import preview
    from labeling.formats.rows import Format
    from labeling.formats.suggestions import suggest
    from labeling.services.imports import import_rows, rows_of

    start = time.perf_counter()
    mapping = suggest(column.path for column in preview(file, Format.JSON_LINES).columns)
    rows = rows_of(file, Format.JSON_LINES, mapping)
    batch = import_rows(project, rows, name=file.name, source="command", by=None)
    if batch.state != "done":
        raise RuntimeError(f"{batch.state}: {batch.error}")
    return (batch.accepted + batch.unchanged) / (time.perf_counter() - start)


def last_project() -> Any:
    from labeling.models import Project

    return Project.objects.latest("pk")


def new_project() -> Any:
    from labeling.models import Project

    number = Project.objects.count()
    return Project.objects.create(slug=f"bench-{number}", name=f"Bench {number}")


def raw_copy(*, constrained: bool) -> tuple[str, float]:
    """COPY of the rows that the last import made, from memory: what it was, items a second."""
    from django.db import connection

    rows = copied_rows()
    table = "labeling_item"
    with connection.cursor() as cursor:
        if not constrained:
            table = "bare_item"
            cursor.execute("CREATE TABLE bare_item AS SELECT * FROM labeling_item LIMIT 0")
        start = time.perf_counter()
        with cursor.copy(f"COPY {table} (uid, project_id, batch_id, {COLUMNS}) FROM STDIN") as copy:
            for place in range(0, len(rows), 1 << 20):
                copy.write(rows[place : place + (1 << 20)])
        rate = ITEMS / (time.perf_counter() - start)
    return ("raw COPY into the same table" if constrained else "raw COPY into a bare table"), rate


def copied_rows() -> bytes:
    """The last import's rows as COPY text, for another project."""
    from django.db import connection

    from labeling.models import Item
    from tests.factories import make_import

    batch = Item.objects.latest("pk").batch
    twin = make_import(new_project())
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY (SELECT gen_random_uuid(), {twin.project_id}, {twin.pk}, {COLUMNS} "  # noqa: S608
            f"FROM labeling_item WHERE batch_id = {batch.pk} ORDER BY id) TO STDOUT"
        ) as copy,
    ):
        return b"".join(bytes(block) for block in copy)


def beside(case: str, rate: float, against: str, against_rate: float) -> Row:
    return Row(case, rate, "items/s", against, against_rate, rate / against_rate)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
