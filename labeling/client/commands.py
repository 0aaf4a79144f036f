"""The client's command line; `/client.py` serves it behind the library, as one file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from labeling.client.library import Fettle, FettleError, Row

NAMED = {"help": "its name or uid"}
#: What is said of an argument; one without more is required, an option a text.
ARGUMENTS: dict[str, Row] = {
    "queue": NAMED,
    "version": NAMED,
    "gate": NAMED,
    "candidate": {"help": "the version's name or uid"},
    "set": {"help": "its name or uid; the newest version is meant"},
    "--baseline": {"default": "", "help": "the live version unless named"},
    "--commit": {"default": "", "help": "of the code it was made by"},
    "--criteria": {"type": Path, "help": "a file with a JSON list; the usual ones without it"},
    "--criterion": {"default": "", "help": "with --queue: the key of what predictions answer"},
    "--digest": {"default": "", "help": "of the model's files"},
    "--file": {"default": "", "help": "JSON lines with their right answers, in place of --queue"},
    "--format": {"default": "jsonl", "choices": ["jsonl", "csv", "parquet"]},
    "--junit": {"default": "", "help": "write JUnit XML here; waits"},
    "--kind": {"default": "adjudications", "choices": ["adjudications", "annotations", "items"]},
    "--label": {"default": "", "help": "with --file: the field of the right answer"},
    "--queue": {"default": "", "help": "its name or uid"},
    "--role": {"default": "frozen", "choices": ["frozen", "rolling", "edge"]},
    "--state": {"default": "candidate", "choices": ["candidate", "live", "retired"]},
    "--valid-only": {"action": "store_true", "help": "take the good rows in any case"},
    "--wait": {"action": "store_true", "help": "until it is decided"},
}


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit status 1 when something was refused or went wrong; `gate`: see it."""
    asked = vars(_parser().parse_args(arguments))
    command = asked.pop("command")
    run: Callable[[Fettle, Row], int] = COMMANDS[command][0]
    try:
        return run(Fettle(), asked)
    except FettleError as error:
        sys.stderr.write(f"{error}\n")
        for line, reasons in error.fields.items():
            sys.stderr.write(f"{line}: {_said(reasons)}\n")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
    return 2 if command == "gate" else 1


def _parser() -> argparse.ArgumentParser:
    about = "Push items to Fettle, pull labels from it, ask it about versions."
    parser = argparse.ArgumentParser(description=about)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_run, purpose, *arguments) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        for argument in arguments:
            command.add_argument(argument, **ARGUMENTS.get(argument, {}))
    return parser


def _push(fettle: Fettle, asked: Row) -> int:
    return _told(fettle.push(asked["file"], valid_only=asked["valid_only"], progress=_tell))


def _export(fettle: Fettle, asked: Row) -> int:
    out, kind, file_format = asked["out"], asked["kind"], asked["format"]
    made = fettle.export(out, kind, file_format, queue=asked["queue"], progress=_tell)
    sys.stderr.write(f"{made['files'][0]['rows']} rows in {out}\n")
    return 0


def _freeze(fettle: Fettle, asked: Row) -> int:
    name, queue, criterion = asked["name"], asked["queue"], asked["criterion"]
    if asked["file"]:
        made = fettle.freeze_rows(name, asked["file"], asked["label"], role=asked["role"])
    elif queue and criterion:
        made = fettle.freeze(name, queue, criterion, role=asked["role"])
    else:
        raise FettleError("nothing_to_freeze", "Say --queue and --criterion, or --file.")
    return _print([made])


def _register(fettle: Fettle, asked: Row) -> int:
    return _print([fettle.register(**{name: value for name, value in asked.items() if value})])


def _predict(fettle: Fettle, asked: Row) -> int:
    return _told(fettle.send_predictions(asked["version"], asked["file"], progress=_tell))


def _evaluate(fettle: Fettle, asked: Row) -> int:
    found = fettle.evaluate(asked["version"], asked["set"])
    _print([found])
    return 0 if found["state"] == "done" else 1


def _register_gate(fettle: Fettle, asked: Row) -> int:
    criteria = asked["criteria"]
    rows = json.loads(criteria.read_text(encoding="utf-8")) if criteria else []
    return _print([fettle.register_gate(asked["name"], asked["set"], rows)])


def _gate(fettle: Fettle, asked: Row) -> int:
    names = asked["gate"], asked["candidate"], asked["baseline"]
    verdict = fettle.gate(*names, wait=asked["wait"] or bool(asked["junit"]))
    sys.stdout.write(f"{verdict['outcome']}: {verdict['sentence']}\n")
    if asked["junit"]:
        fettle.junit(verdict, asked["junit"])
    return {"pass": 0, "fail": 1}.get(verdict["outcome"], 3)


def _rows(name: str) -> Callable[[Fettle, Row], int]:
    """A command that prints what the method of this name gives."""
    return lambda fettle, asked: _print(getattr(fettle, name)(**asked))


def _print(rows: Iterable[Row]) -> int:
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0


def _told(found: Row) -> int:
    for row in found["refused_rows"]:
        sys.stderr.write(f"line {row['line']}: {row['reason']}\n")
    counts = (f"{found[name]} {name}" for name in ("accepted", "unchanged", "refused"))
    sys.stdout.write(", ".join(counts) + "\n")
    return 1 if found["refused"] else 0


def _tell(job: Row) -> None:
    sys.stderr.write(f"{job['state']} {job['message']}\n")


def _said(reasons: Any) -> str:
    return " ".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)


#: What runs a command, what it is for, and its arguments.
COMMANDS: dict[str, Any] = {
    "push": (_push, "bring a file of JSON lines in", "file", "--valid-only"),
    "imports": (_rows("imports"), "print the imports as JSON lines"),
    "queues": (_rows("queues"), "print the queues as JSON lines"),
    "labels": (_rows("labels"), "print a queue's adjudicated labels as JSON lines", "queue"),
    "annotations": (_rows("annotations"), "print a queue's answers as JSON lines", "queue"),
    "export": (
        *(_export, "fetch an archive with its manifest"),
        *("out", "--kind", "--format", "--queue"),
    ),
    "freeze": (
        *(_freeze, "freeze a queue's labels, or a labeled file, as a set's next version"),
        *("name", "--queue", "--criterion", "--file", "--label", "--role"),
    ),
    "versions": (_rows("versions"), "print the model versions as JSON lines"),
    "register": (
        *(_register, "register a model version"),
        *("name", "--state", "--commit", "--digest"),
    ),
    "predict": (_predict, "send a version's predictions, JSON lines", "version", "file"),
    "evaluate": (_evaluate, "measure a version on a set", "version", "set"),
    "register-gate": (
        *(_register_gate, "fix what is asked of candidates, before there are results"),
        *("name", "set", "--criteria"),
    ),
    "gate": (
        *(_gate, "exit 0 pass, 1 fail, 2 not asked, 3 not decided"),
        *("gate", "candidate", "--baseline", "--wait", "--junit"),
    ),
}


if __name__ == "__main__":
    sys.exit(main())
