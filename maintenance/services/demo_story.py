"""Where the demo takes place, for all who tell a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from labeling.models import Membership, Project
from maintenance.demo.people import Person
from maintenance.demo.traffic import DemoItem

WEEKS = 6


@dataclass(frozen=True)
class Story:
    """Where the demo takes place: the project, its people, its items and six weeks that ended."""

    project: Project
    members: dict[str, Membership]
    items: list[DemoItem]
    start: datetime
    seed: int

    def of(self, person: Person) -> Membership:
        return self.members[person.email]

    def monday(self, week: int, *, hours: float = 0) -> datetime:
        """So many hours into a week, counted from zero."""
        return self.start + timedelta(weeks=week, hours=hours)
