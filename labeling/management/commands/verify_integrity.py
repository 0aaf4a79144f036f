"""Recompute what the database promises; exit status 1 when a row breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import Project, Sample
from labeling.reports.integrity import Finding, findings
from labeling.services.one_view import one_view
from labeling.services.samples import redrawn


class Command(BaseCommand):
    help = "Check overlap, chains, digests, samples, states and settling of each project."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="only this project")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for project in _projects(options["project"]):
            with one_view():
                found = [*findings(project), *_samples(project)]
            for finding in found:
                self.stdout.write(f"{project.slug}: {finding}")
            if not found:
                self.stdout.write(f"{project.slug}: whole")
            wrong += len(found)
        if wrong:
            raise CommandError(f"{wrong} rows break a rule", returncode=1)


def _projects(slug: str | None) -> list[Project]:
    if slug is None:
        return list(Project.objects.order_by("slug"))
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project {slug!r}.", returncode=2)
    return [project]


def _samples(project: Project) -> Iterator[Finding]:
    """Every sample whose items are still as they were can be drawn again."""
    for sample in Sample.objects.filter(project=project, state=Sample.State.DRAWN):
        if sample.digest and redrawn(sample) is False:
            yield Finding("sample", sample.name, "drawing it again gives other items")
