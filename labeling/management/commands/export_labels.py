"""Write an export of a project to a file, without a job."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import Export, Project
from labeling.services import audit
from labeling.services.exports import write_export
from labeling.services.jobs import JobFailed


class Command(BaseCommand):
    help = "Write labels, annotations or inputs of a project to an archive with its manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="SLUG")
        parser.add_argument("--queue", default="", help="uid of a queue; all queues without it")
        parser.add_argument("--kind", choices=Export.Kind.values, default=Export.Kind.ADJUDICATIONS)
        parser.add_argument(
            "--format", choices=Export.FileFormat.values, default=Export.FileFormat.JSONL
        )
        parser.add_argument("--profile", choices=Export.Profile.values, default=Export.Profile.RAW)
        parser.add_argument("--out", type=Path, required=True, help="the archive to write")

    def handle(self, *args: Any, **options: Any) -> None:
        export = _export(options)
        out: Path = options["out"]
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            bundle = Path(folder) / "export.zip"
            try:
                manifest = write_export(export, bundle)
            except (JobFailed, ValidationError) as error:
                raise CommandError(str(error)) from error
            shutil.move(bundle, out)
        rows = manifest["files"][0]["rows"]
        audit.record(
            None,
            "exported_by_command",
            project=export.project,
            kind=export.kind,
            rows=rows,
            digest=manifest["digest"],
        )
        self.stdout.write(f"{out}: {rows} rows")


def _export(options: dict[str, Any]) -> Export:
    """What to write, never stored as a row; the record says that it went out."""
    project = Project.objects.filter(slug=options["project"]).first()
    if project is None:
        raise CommandError(f"There is no project {options['project']!r}.", returncode=2)
    return Export(
        project=project,
        kind=options["kind"],
        file_format=options["format"],
        profile=options["profile"],
        scope={"queue": options["queue"]} if options["queue"] else {},
    )
