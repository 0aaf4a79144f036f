"""Measure a version on an evaluation set, here and now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluation.models import Evaluation, ModelVersion, SetVersion
from evaluation.reports.advice import headline
from evaluation.reports.evaluations import read
from evaluation.reports.predictions import completeness
from evaluation.services.evaluations import evaluate
from labeling.services.runner import run_job


class Command(BaseCommand):
    """Prints a sentence, or the result as JSON; an error when there is no result."""

    help = "Measure a version on the latest frozen version of a set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="its short name in addresses")
        parser.add_argument("version", help="the version's name")
        parser.add_argument("set", help="the set's name")
        parser.add_argument("--number", type=int, help="of the set's version, not the latest")
        parser.add_argument("--json", action="store_true", help="print the whole result")

    def handle(self, *args: Any, **options: Any) -> None:
        version = _version(options)
        set_version = _set_version(options)
        evaluation = evaluate(version, set_version, by=None)
        assert evaluation.job is not None
        run_job(evaluation.job.uid)
        evaluation.refresh_from_db()
        if evaluation.state != Evaluation.State.DONE:
            raise CommandError(evaluation.reason or "The evaluation is still running elsewhere.")
        answered = completeness(version, set_version)
        said = headline(version, set_version, evaluation, read(evaluation), answered)
        self.stdout.write(json.dumps(evaluation.result) if options["json"] else said)


def _version(options: dict[str, Any]) -> ModelVersion:
    rows = ModelVersion.objects.filter(project__slug=options["project"], name=options["version"])
    version = rows.select_related("project").first()
    if version is None:
        raise CommandError("There is no such version in this project.")
    return version


def _set_version(options: dict[str, Any]) -> SetVersion:
    rows = SetVersion.objects.frozen().filter(
        evaluation_set__project__slug=options["project"], evaluation_set__name=options["set"]
    )
    if options["number"]:
        rows = rows.filter(number=options["number"])
    set_version = rows.select_related("evaluation_set").order_by("-number").first()
    if set_version is None:
        raise CommandError("There is no such frozen set in this project.")
    return set_version
