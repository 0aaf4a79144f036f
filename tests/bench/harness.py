"""What benchmarks share: rows of results, the conditions they were taken under, a clock."""

from __future__ import annotations

import ast
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path(__file__).parent
CHOSEN = {"DATABASE_URL", "FETTLE_DATA"}  # what a scratch database sets for its own process
PACKAGES = ("fettle", "django", "psycopg", "numpy", "scipy", "krippendorff", "pandas")


@dataclass(frozen=True, slots=True)
class Row:
    """One result, and what was measured beside it in the same run.

    ratio: how many times better ours is, or the share of the limit.
    """

    case: str
    value: float
    unit: str
    against: str = ""
    against_value: float | None = None
    ratio: float | None = None


def faster(case: str, seconds: float, against: str, against_seconds: float) -> Row:
    """A time beside another way's time for the same."""
    return Row(case, seconds, "s", against, against_seconds, against_seconds / seconds)


def within(case: str, value: float, unit: str, limit: float) -> Row:
    """A value beside the limit it has to keep."""
    return Row(case, value, unit, "limit", limit, value / limit)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """How long the work takes: the median of some runs, after one that is not counted."""
    work()
    return statistics.median(_once(work) for _ in range(times))


def benchmarks() -> dict[str, str]:
    """The names of the benchmarks, and what each is about, read without importing them."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        source = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in source.body):
            found[path.stem] = (ast.get_docstring(source) or "").partition("\n")[0]
    return found


def conditions() -> dict[str, object]:
    """What the numbers depend on: versions, cores, load, kind of database."""
    return {
        "python": platform.python_version(),
        **{name: installed for name in PACKAGES if (installed := _version(name))},
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 2),
        "database": os.environ.get("DATABASE_URL", "").partition(":")[0] or "sqlite",
    }


def as_json(name: str, rows: Iterable[Row]) -> Iterator[str]:
    """One object per line, the conditions first."""
    now = conditions()
    load = {"bench": name, "case": "conditions", "value": now["load"], "unit": "load"}
    yield json.dumps(load | {"conditions": now})
    for row in rows:
        filled = {key: value for key, value in asdict(row).items() if value not in {None, ""}}
        yield json.dumps({"bench": name, **filled})


def as_table(name: str, rows: Iterable[Row]) -> Iterator[str]:
    """Lines for reading, each as soon as it is measured."""
    yield f"{name}: " + ", ".join(f"{key} {value}" for key, value in conditions().items())
    for row in rows:
        line = f"{row.case:<64} {_number(row.value):>10} {row.unit:<8}"
        if row.against_value is not None:
            line += f" {_number(row.against_value):>10} {row.against}"
        if row.ratio is not None:
            line += f" (ratio {_number(row.ratio)})"
        yield line


def rows_on_sqlite(name: str) -> Iterator[Row]:
    """The rows of the same benchmark on SQLite, measured by a process of its own.

    Nothing where this process is on SQLite already, so that a benchmark can end with it.
    """
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return
    command = [sys.executable, "-m", "tests.bench", name, "--json"]
    there = {key: value for key, value in os.environ.items() if key not in CHOSEN}
    done = subprocess.run(command, env=there, check=True, stdout=subprocess.PIPE)  # noqa: S603
    for line in done.stdout.splitlines():
        fields = json.loads(line)
        if fields["case"] != "conditions":
            yield Row(**{key: value for key, value in fields.items() if key != "bench"})


def _once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
