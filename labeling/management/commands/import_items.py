"""Bring a file of items in from the shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.formats.columns import preview
from labeling.formats.mapping import Mapping, MappingError
from labeling.formats.rows import Format, FormatError
from labeling.formats.sniffing import sniff
from labeling.formats.suggestions import suggest
from labeling.models import Import, Project
from labeling.services.imports import import_rows, rows_of

REFUSED_SHOWN = 100


class Command(BaseCommand):
    help = "Bring a file of items (JSON lines, JSON array, CSV or Parquet) into a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--map", type=Path, help="a JSON file with the mapping")
        how.add_argument("--suggest", action="store_true", help="print a mapping, take nothing")
        parser.add_argument(
            "--valid-rows-only", action="store_true", help="take valid rows even if others are not"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        try:
            file_format = sniff(file, file.name)
            mapping = _mapping(file, file_format, options["map"])
        except (OSError, FormatError, MappingError, json.JSONDecodeError) as error:
            raise CommandError(str(error)) from error
        if options["suggest"]:
            self.stdout.write(json.dumps(mapping.to_json(), indent=2, ensure_ascii=False))
            return
        rows = rows_of(file, file_format, mapping)
        valid_only = options["valid_rows_only"]
        self._report(
            import_rows(
                project,
                rows,
                name=file.name,
                source=Import.Source.COMMAND,
                by=None,
                valid_rows_only=valid_only,
            )
        )

    def _report(self, batch: Import) -> None:
        for refused in batch.refused_rows.all()[:REFUSED_SHOWN]:
            self.stderr.write(str(refused))
        counts = f"{batch.accepted} accepted, {batch.unchanged} unchanged, {batch.refused} refused"
        if batch.state == Import.State.FAILED:
            raise CommandError(f"{batch.error} ({counts})")
        self.stdout.write(counts)


def _mapping(file: Path, file_format: Format, given: Path | None) -> Mapping:
    if given:
        return Mapping.from_json(json.loads(given.read_text()))
    return suggest(column.path for column in preview(file, file_format).columns)
