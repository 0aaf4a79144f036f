"""Recompute what an export says of itself; exit status 1 when something differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.formats.manifests import differences, read_manifest


class Command(BaseCommand):
    help = "Recompute the digests and row counts of an export and say what is not as written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive as it was downloaded")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if found := differences(path):
            raise CommandError("\n".join(found), returncode=1)
        manifest = read_manifest(path)
        for file in manifest["files"]:
            self.stdout.write(f"{file['name']}: {file['rows']} rows, SHA-256 {file['sha256']}")
        self.stdout.write(f"whole, digest {manifest['digest']}")
