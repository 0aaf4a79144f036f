"""Today's to-dos of one person: computed from the rows, gone when they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import timezone

from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.reports.questions import unread_by_member
from maintenance.reports.loop import loop_of, next_step
from maintenance.reports.todos import asking, caring, intake, judging, people, releasing
from maintenance.reports.todos.todo import ToDo, in_order

__all__ = ["ProjectToday", "ToDo", "today_of", "todos"]

Source = Callable[[Membership], Iterable[ToDo]]


@dataclass(frozen=True)
class ProjectToday:
    """What one project asks of this person today."""

    member: Membership
    todos: list[ToDo]
    continues: bool

    @property
    def path(self) -> str:
        return self.member.project.get_absolute_url()


def today_of(members: list[Membership]) -> list[ProjectToday]:
    """Every project of a person with its to-dos, those with something to do first."""
    unread = unread_by_member(members)
    rows = [
        ProjectToday(
            member,
            [*asking.answers(member, unread.get(member.pk, 0)), *todos(member)],
            member.may(Verb.ANNOTATE),
        )
        for member in members
    ]
    return sorted(rows, key=lambda row: (not row.todos, row.member.project.name))


def todos(member: Membership) -> list[ToDo]:
    """What this member could do now: what is urgent first, then what is due next."""
    found = [todo for verb, source in SOURCES if member.may(verb) for todo in source(member)]
    return in_order(found, timezone.localdate())


def _next(member: Membership) -> Iterable[ToDo]:
    """The next step of a project's first time round, for those who may take it."""
    step = next_step(member.project, loop_of(member.project))
    if step is not None and member.may(step.verb):
        yield ToDo(step.sentence, step.action, step.path)


#: Who gets which, in the order in which they hold others up.
SOURCES: list[tuple[Verb, Source]] = [
    (Verb.ADJUDICATE, judging.disputes),
    (Verb.PUBLISH_RUBRICS, judging.proposals),
    (Verb.ANSWER_QUESTIONS, asking.questions),
    (Verb.RUN_QUEUES, judging.exceptions),
    (Verb.EDIT_RUBRICS, judging.missed_labels),
    (Verb.WATCH_SIGNALS, caring.alerts),
    (Verb.SEE_CASES, caring.cases),
    (Verb.RUN_RELEASES, releasing.stages),
    (Verb.REGISTER_VERSIONS, releasing.verdicts),
    (Verb.SEE_RECORD, releasing.overrides),
    (Verb.SEE_IMPORTS, intake.imports),
    (Verb.SEE_JOBS, intake.failed_jobs),
    (Verb.MANAGE_TEAMS, people.invitations),
    (Verb.SEE_OVERVIEW, _next),
]
