"""Recompute the chains of the record; exit status 1 when one is broken."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import Project
from labeling.services.audit import Verification, verify


class Command(BaseCommand):
    help = "Recompute the hash chain of each project's audit events and say what does not fit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="only this project's chain")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [verify(project) for project in _chains(options["project"])]
        for chain in found:
            self.stdout.write(_line(chain))
        if broken := [chain.chain for chain in found if chain.broken]:
            raise CommandError(f"broken: {', '.join(broken)}", returncode=1)


def _chains(slug: str | None) -> list[Project | None]:
    if slug is None:
        return [None, *Project.objects.order_by("slug")]
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project {slug!r}.", returncode=2)
    return [project]


def _line(chain: Verification) -> str:
    state = f"BROKEN: {chain.broken}" if chain.broken else "whole"
    head = f", head {chain.head}" if chain.head else ""
    return f"{chain.chain}: {chain.sealed} sealed, {chain.unsealed} not yet, {state}{head}"
