"""Ask a gate from the shell of the server; the exit status is the verdict."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from evaluation.formats.junit import INCONCLUSIVE, write_junit
from evaluation.models import Gate, GateVersion, ModelVersion, Verdict
from evaluation.reports.verdicts import as_suite
from evaluation.services.gates import ask_verdict, perform_verdict
from labeling.models import Project

#: 2 is kept for what went wrong before anything was judged.
EXIT = {
    Verdict.Outcome.PASS: 0,
    Verdict.Outcome.FAIL: 1,
    Verdict.Outcome.INCONCLUSIVE: 3,
    Verdict.Outcome.INVALID: 3,
}


class Command(BaseCommand):
    help = "Ask a gate about a candidate. Exit status: 0 pass, 1 fail, 2 usage, 3 not decided."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("gate", help="the gate's name; its latest version is asked")
        parser.add_argument("candidate", help="the name of the version")
        parser.add_argument("--baseline", default="", help="the live version unless named")
        parser.add_argument("--junit", type=Path, help="write JUnit XML here")
        parser.add_argument("--inconclusive", choices=INCONCLUSIVE, default="error")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = perform_verdict(_asked(options))
        self.stdout.write(verdict.sentence)
        if path := options["junit"]:
            xml = write_junit(as_suite(verdict), inconclusive=options["inconclusive"])
            _write(path, xml)
        if status := EXIT[Verdict.Outcome(verdict.outcome)]:
            sys.exit(status)


def _asked(options: dict[str, Any]) -> Verdict:
    project = Project.objects.filter(slug=options["project"]).first()
    gates = Gate.objects.filter(project=project, name=options["gate"])
    version = GateVersion.objects.filter(gate__in=gates).first()
    candidate = _version(project, options["candidate"])
    baseline = _version(project, options["baseline"]) if options["baseline"] else None
    if version is None:
        raise CommandError("There is no gate of this name in the project.", returncode=2)
    try:
        return ask_verdict(version, candidate, baseline, by=None)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages), returncode=2) from error


def _version(project: Project | None, name: str) -> ModelVersion:
    found = ModelVersion.objects.filter(project=project, name=name).first()
    if found is None:
        raise CommandError(f"There is no version “{name}” in the project.", returncode=2)
    return found


def _write(path: Path, xml: bytes) -> None:
    try:
        path.write_bytes(xml)
    except OSError as error:
        raise CommandError(str(error), returncode=2) from error
