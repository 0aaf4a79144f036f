"""Say where a release stands, from the shell of the server; the exit status is the answer."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from maintenance.models import Release
from maintenance.reports.releases import headline, name_of, standing


class Command(BaseCommand):
    help = "Where a release stands. Exit status: 0 the next stage may be entered, 1 not, 2 usage."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument(
            "release",
            nargs="?",
            default="",
            help="uid or candidate; else the one under way",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = standing(find_release(options["project"], options["release"]))
        self.stdout.write(f"{found.release.candidate}: {headline(found)}")
        for reason in found.reasons:
            self.stdout.write(f"- {reason}")
        for stage in found.stages:
            mark = "x" if stage.entered_at else " "
            self.stdout.write(f"[{mark}] {name_of(stage)}")
        if not found.answer.may:
            sys.exit(1)


def find_release(project: str, given: str) -> Release:
    """The release of this uid or candidate; without either, the one that is under way."""
    rows = Release.objects.select_related(
        "project", "candidate__project", "baseline__project", "gate"
    ).filter(project__slug=project)
    found = rows.filter(_named(given)) if given else rows.under_way()
    release = found.first()
    if release is None:
        raise CommandError("There is no such release in the project.", returncode=2)
    return release


def _named(given: str) -> Q:
    try:
        return Q(uid=UUID(given))
    except ValueError:
        return Q(candidate__name=given)
