"""Examples a second from a frozen set of 50,000 to each kind of archive, and the memory for it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.harness import Row, rows_on_sqlite, within
from tests.bench.scratch import scratch_database

EXAMPLES, FEW, TIMES = 50_000, 5_000, 3
LAYOUTS = ("jsonl", "csv", "parquet", "huggingface")
WANTED = 20_000  # rows a second
GROWTH_MB = 32  # what ten times the rows may add to the memory
AT_ONCE = 5_000
TEXT = "Where is my parcel, which was due last week? " * 4
START = datetime(2026, 9, 1, tzinfo=UTC)


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    with scratch_database() as vendor:
        name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[vendor]
        few, many = filled(FEW), filled(EXAMPLES)
        bare = EXAMPLES / statistics.median(bare_dump(many) for _ in range(TIMES))
        for layout in LAYOUTS:
            case = f"export, {EXAMPLES} examples, {layout}, {name}"
            rate = EXAMPLES / statistics.median(timed(many, layout) for _ in range(TIMES))
            yield within(case, rate, "rows/s", WANTED)
            yield Row(case, rate, "rows/s", "json.dumps of one cursor", bare, rate / bare)
            added = peak_of(many, layout) - peak_of(few, layout)
            yield within(f"{case}, memory over that of {FEW}", added, "MB", GROWTH_MB)
    yield from rows_on_sqlite("export")


def timed(version: Any, layout: str) -> float:
    """Seconds from the question to the stored archive."""
    from evaluation.services.set_exports import request_set_export
    from labeling.services.runner import run_job

    by = version.created_by
    start = time.perf_counter()
    job = request_set_export(version, layout, by=by)
    run_job(job.uid)
    taken = time.perf_counter() - start
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert job.result["rows"] == version.size
    return taken


def bare_dump(version: Any) -> float:
    """Seconds to put the same rows, read by one cursor, into a file with nothing around it."""
    from django.conf import settings
    from django.db import connection

    path = Path(settings.FETTLE_DATA) / "bare.jsonl"
    start = time.perf_counter()
    with connection.cursor() as cursor, path.open("w") as lines:
        cursor.execute(BARE, [version.pk])
        names = [column[0] for column in cursor.description]
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            row |= {name: json.loads(row[name]) for name in NESTED}
            lines.write(json.dumps(row, default=str) + "\n")
    return time.perf_counter() - start


NESTED = ("content", "attributes", "references")
BARE = """
    SELECT i.external_id, i."group", i.occurred_at, i.content, i.attributes, e."references",
           e.weight, e.stratum, e.inclusion_probability, e.content_digest, i.erased_at
    FROM evaluation_example e JOIN labeling_item i ON i.id = e.item_id
    WHERE e.set_version_id = %s ORDER BY e.position
"""


def peak_of(version: Any, layout: str) -> float:
    """The most memory, in MB, of a process that does nothing but write this archive."""
    command = [sys.executable, "-m", "tests.bench.export", str(version.pk), layout]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603
    return float(done.stdout)


def peak_here(primary_key: int, layout: str) -> float:
    """The same, of this process."""
    import django

    django.setup()
    from evaluation.models import SetVersion

    version = SetVersion.objects.select_related("created_by__team", "created_by__user").get(
        pk=primary_key
    )
    timed(version, layout)
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent as well
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def filled(count: int) -> Any:
    """A frozen set version of messages of 180 characters with two attributes and a weight."""
    from evaluation.models import EvaluationSet, Example, SetVersion
    from tests.factories import make_member

    by = make_member(None, "lead")
    row = EvaluationSet.objects.create(project=by.project, name="Bench", role="frozen")
    version = SetVersion.objects.create(
        evaluation_set=row,
        number=1,
        state="frozen",
        digest="0" * 64,
        provenance="adjudicated",
        criterion="topic",
        size=count,
        created_by=by,
    )
    rows = (
        Example(
            set_version=version,
            position=at,
            item_id=item,
            references={"topic": f"leaf {at % 151}"},
            weight=1 + at % 20,
            stratum=f"week {at % 4}",
            inclusion_probability=0.25,
            content_digest="0" * 64,
        )
        for at, item in enumerate(made_items(by.project, count))
    )
    Example.objects.bulk_create(rows, batch_size=AT_ONCE)
    return version


def made_items(project: Any, count: int) -> list[int]:
    """Messages of a project of their own; their primary keys."""
    from labeling.models import Import, Item

    batch = Import.objects.create(project=project, name="bench", source="command", state="done")
    rows = (
        Item(
            project=project,
            batch=batch,
            external_id=f"item-{at}",
            content={"text": f"{at} {TEXT}"},
            attributes={"language": f"l{at % 20}", "channel": f"c{at % 15}"},
            group=f"talk-{at // 3}",
            occurred_at=START + timedelta(seconds=at),
            content_digest="0" * 64,
        )
        for at in range(count)
    )
    return [item.pk for item in Item.objects.bulk_create(rows, batch_size=AT_ONCE)]


if __name__ == "__main__":
    print(peak_here(int(sys.argv[1]), sys.argv[2]))
