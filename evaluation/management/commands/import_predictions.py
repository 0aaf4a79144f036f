"""Bring a version's predictions in from the shell; the version is registered if it is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.models import ModelVersion
from evaluation.services.versions import move_version, register_version, store_predictions
from labeling.formats.reading import read_rows
from labeling.formats.rows import FormatError
from labeling.formats.sniffing import sniff
from labeling.models import Project

REFUSED_SHOWN = 100


class Command(BaseCommand):
    help = "Bring in what a version answers: external_id, prediction and perhaps confidence."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("version", help="its name; registered if there is none")
        parser.add_argument("file", type=Path)
        parser.add_argument("--live", action="store_true", help="make it the live version")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.", returncode=2)
        file: Path = options["file"]
        try:
            rows = read_rows(file, sniff(file, file.name))
        except (OSError, FormatError) as error:
            raise CommandError(str(error), returncode=2) from error
        version = _version(project, options["version"], live=options["live"])
        upload = store_predictions(version, rows, name=file.name, by=None)
        for refused in upload.reasons[:REFUSED_SHOWN]:
            self.stderr.write(f"line {refused['line']}: {refused['reason']}")
        counts = f"{upload.accepted} accepted, {upload.unchanged} unchanged"
        self.stdout.write(f"{version}: {counts}, {upload.refused} refused")
        if upload.refused or upload.state != upload.State.DONE:
            raise CommandError(upload.error or "Not every row was taken.", returncode=1)


def _version(project: Project, name: str, *, live: bool) -> ModelVersion:
    found = ModelVersion.objects.filter(project=project, name=name).first()
    version = found or register_version(project, name, by=None)
    if live and version.state != ModelVersion.State.LIVE:
        return move_version(version, ModelVersion.State.LIVE, by=None)
    return version
