"""Recompute a verdict from its evidence; exit status 1 when something differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from evaluation.models import Verdict
from evaluation.reports.verdicts import differences


class Command(BaseCommand):
    help = "Recompute a verdict with its set, its gate and its predictions, and say what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("uid", type=UUID, help="the verdict's uid")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Verdict.objects.select_related(
            "gate_version__set_version", "gate_version__gate__project", "candidate", "baseline"
        )
        verdict = rows.filter(uid=options["uid"]).first()
        if verdict is None:
            raise CommandError("There is no verdict of this uid.", returncode=2)
        if found := list(differences(verdict)):
            raise CommandError("\n".join(found), returncode=1)
        self.stdout.write(f"{verdict.outcome}: {verdict.sentence}")
        self.stdout.write(f"whole, digest {verdict.digest}")
