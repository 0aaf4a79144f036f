"""Recompute the digests of frozen set versions; exit status 1 when one does not fit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.models import SetVersion
from evaluation.reports.set_digests import differences
from labeling.services.one_view import one_view


class Command(BaseCommand):
    help = "Recompute set versions from their examples and say what is not as it was frozen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uid", nargs="?", type=UUID, help="only this version")
        parser.add_argument("--project", metavar="SLUG", help="only versions of this project")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        with one_view():
            for version in _versions(options["uid"], options["project"]):
                found = list(differences(version))
                for line in found:
                    self.stdout.write(f"{version}: {line}")
                if not found:
                    self.stdout.write(f"{version}: whole, {version.size} examples")
                wrong += bool(found)
        if wrong:
            raise CommandError(f"{wrong} versions are not as they were frozen", returncode=1)


def _versions(uid: UUID | None, project: str | None) -> list[SetVersion]:
    rows = SetVersion.objects.frozen().select_related("evaluation_set", "rubric_version")
    if project:
        rows = rows.filter(evaluation_set__project__slug=project)
    if uid:
        rows = rows.filter(uid=uid)
    found = list(rows.order_by("evaluation_set__name", "number"))
    if uid and not found:
        raise CommandError(f"There is no frozen version {uid}.", returncode=2)
    return found
