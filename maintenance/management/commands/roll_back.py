"""Bring the baseline back from the shell of the server, where no browser is at hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from labeling.errors import Conflict
from labeling.models import Membership
from maintenance.management.commands.release_status import find_release
from maintenance.models import Release
from maintenance.services.releases import roll_back


class Command(BaseCommand):
    help = "Bring the baseline of a release back, at once; needs the database and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("release", help="the release's uid, or its candidate's name")
        parser.add_argument("--why", required=True, help="what went wrong, for the record")
        parser.add_argument("--by", default="", help="your e-mail address, for the record")

    def handle(self, *args: Any, **options: Any) -> None:
        release = find_release(options["project"], options["release"])
        try:
            row = roll_back(release, options["why"], by=_member(release, options["by"]))
        except Conflict as conflict:
            raise CommandError(conflict.message) from conflict
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        live = f"{row.baseline} is live again." if row.baseline else "No version is live."
        self.stdout.write(f"{row.candidate} is rolled back. {live}")


def _member(release: Release, email: str) -> Membership | None:
    """Who says so, among the project's people; nobody is named for the shell itself."""
    if not email:
        return None
    rows = Membership.objects.active().filter(project=release.project_id)
    found = rows.select_related("user", "project").filter(user__email__iexact=email).first()
    if found is None:
        raise CommandError(f"Nobody in the project has the address “{email}”.")
    return found
