"""A project in mid-flight to look at; what is in the database already stays as it is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from maintenance.services.demo import SEED, Demo, make_demo


class Command(BaseCommand):
    help = "Add the demo project, once; a second run says so and changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED, help="another seed, other content")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Making the demo; this takes less than a minute …")
        self.stdout.flush()
        demo = make_demo(at=timezone.now(), seed=options["seed"])
        if demo is None:
            self.stdout.write("The demo project is there already; nothing was changed.")
            return
        self.stdout.write(f"{demo.project.name} is ready. {_password(demo)}")
        self.stdout.write("\n".join(_lines(demo)))


def _password(demo: Demo) -> str:
    return f"Everybody's password, shown this once: {demo.password}"


def _lines(demo: Demo) -> list[str]:
    return [
        f"  {login.person.roles[0]:<12} {login.person.email:<22} {login.person.name}"
        + ("" if login.is_new else " (was here before: password as it was)")
        for login in demo.logins
    ]
