"""Freeze a labeled file from the shell; its quality is unknown, and gates say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.models import EvaluationSet
from evaluation.services.sets import import_labeled
from labeling.models import Project


class Command(BaseCommand):
    help = "Freeze a labeled file (JSON lines, JSON array, CSV or Parquet) as a set version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True, help="the set's name; made if there is none")
        roles = EvaluationSet.Role.values
        parser.add_argument("--role", choices=roles, default=EvaluationSet.Role.FROZEN.value)
        parser.add_argument("--label", default="", help="the column of the right answer")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.", returncode=2)
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {str(file)!r}.", returncode=2)
        try:
            version = import_labeled(
                project, options["name"], options["role"], file, by=None, label=options["label"]
            )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages), returncode=1) from error
        self.stdout.write(f"{version}: {version.size} examples, digest {version.digest}")
        self.stdout.write(f"uid {version.uid}")
