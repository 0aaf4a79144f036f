"""Bring readings in from the shell of the server: a file, or what comes on standard input."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.formats.reading import read_rows
from labeling.formats.rows import FormatError
from labeling.formats.sniffing import sniff
from labeling.models import Project
from maintenance.models import Reading
from maintenance.services.signals import Recorded, record_readings


class Command(BaseCommand):
    """All of the file is taken, or none of it; the first lines at fault are named."""

    help = "Record readings of signals from CSV, JSON lines or a JSON array; - reads stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="its short name in addresses")
        parser.add_argument("file", help="a file, or - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError("There is no such project.")
        if options["file"] == "-":
            recorded = _record_stdin(project)
        else:
            recorded = _record(project, Path(options["file"]))
        for alert in recorded.alerts:
            self.stdout.write(alert.sentence)
        self.stdout.write(
            f"{recorded.accepted:,} readings recorded, {recorded.unchanged:,} known already, "
            f"{len(recorded.alerts)} alerts opened."
        )


def _record_stdin(project: Project) -> Recorded:
    """What is piped in is kept in a file for as long as it is read."""
    with NamedTemporaryFile(suffix=".rows") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        return _record(project, Path(kept.name))


def _record(project: Project, path: Path) -> Recorded:
    try:
        rows = read_rows(path, sniff(path, path.name))
        return record_readings(project, rows, source=Reading.Source.COMMAND, by=None)
    except (FormatError, OSError) as error:
        raise CommandError(str(error)) from error
    except ValidationError as error:
        raise CommandError(_reasons(error)) from error


def _reasons(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    lines = [f"{line}: {' '.join(said)}" for line, said in error.message_dict.items()]
    return "Nothing was recorded.\n" + "\n".join(lines)
