"""``python -m tests.bench``: the names; with a name: that benchmark, as a table or as JSON."""

from __future__ import annotations

import argparse
from importlib import import_module

from tests.bench.harness import as_json, as_table, benchmarks


def main() -> None:
    """Run one benchmark, or say which there are."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=list(benchmarks()))
    parser.add_argument("--json", action="store_true", help="one object per row")
    options = parser.parse_args()
    if options.name is None:
        for name, about in benchmarks().items():
            print(f"{name:<14} {about}")
        return
    rows = import_module(f"tests.bench.{options.name}").run()
    for line in (as_json if options.json else as_table)(options.name, rows):
        print(line, flush=True)


if __name__ == "__main__":
    main()
