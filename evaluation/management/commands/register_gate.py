"""Register a gate with the default criteria from the shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.models import SetVersion
from evaluation.services.gates import default_criteria, register_gate
from labeling.models import Project


class Command(BaseCommand):
    help = "Register a gate on a set's latest version, with the default criteria."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("name", help="the gate's; one that is there gets its next version")
        parser.add_argument("--set", required=True, help="the evaluation set's name")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        frozen = SetVersion.objects.frozen().filter(
            evaluation_set__project=project, evaluation_set__name=options["set"]
        )
        set_version = frozen.first()
        if project is None or set_version is None:
            raise CommandError("There is no frozen set of this name in the project.", returncode=2)
        criteria = default_criteria(set_version)
        gate = register_gate(project, options["name"], set_version, criteria, by=None)
        self.stdout.write(f"{gate} on {set_version}")
        for row in gate.criteria.all():
            worse = f"at most {100 * (row.margin or 0):g} points worse"
            self.stdout.write(f"  {row.get_scope_display()}: {worse}")
