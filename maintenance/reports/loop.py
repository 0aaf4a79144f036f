"""Where a project stands in its loop: how much of each thing there is, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from labeling.models import (
    Adjudication,
    ContentField,
    Export,
    Item,
    Membership,
    Project,
    Queue,
    RubricVersion,
    Sample,
    Slot,
    Task,
)
from labeling.policy.roles import Role, Verb

#: Beyond this a page says "10,000+": counting a million rows exactly is not worth the wait.
CAP = 10_000


@dataclass(frozen=True)
class Step:
    """One step of the loop: how many rows it has, and whether there is anything yet."""

    key: str
    label: str
    count: int
    capped: bool
    path: str
    verb: Verb

    @property
    def reached(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class NextStep:
    """What would move the project on: a sentence and one button."""

    sentence: str
    action: str
    path: str
    verb: Verb


def steps(project: Project) -> list[Step]:
    """The loop from items to labels, each step with its capped count: one query each."""
    base = f"/p/{project.slug}"
    queue_rows = Queue.objects.filter(project=project)
    tasks = Task.objects.filter(queue__project=project)
    judged = Slot.objects.filter(queue__project=project, annotation__isnull=False)
    parts: list[tuple[str, str, QuerySet[Any], str, Verb]] = [
        ("items", _("items"), Item.objects.filter(project=project), "items", Verb.SEE_ITEMS),
        (
            "rubrics",
            _("published rubric versions"),
            RubricVersion.objects.published().filter(rubric__project=project),
            "rubrics",
            Verb.SEE_RUBRICS,
        ),
        (
            "samples",
            _("samples"),
            Sample.objects.filter(project=project, state=Sample.State.DRAWN),
            "samples",
            Verb.SEE_SAMPLES,
        ),
        ("queues", _("queues"), queue_rows, "queues", Verb.SEE_QUEUES),
        ("judged", _("annotations"), judged, "queues", Verb.SEE_QUEUES),
        ("disputed", _("disputed tasks"), tasks.disputed(), "queues", Verb.SEE_QUEUES),
        (
            "adjudicated",
            _("adjudicated labels"),
            Adjudication.objects.current().filter(task__queue__project=project),
            "queues",
            Verb.SEE_QUEUES,
        ),
        (
            "exports",
            _("exports"),
            Export.objects.filter(project=project, state=Export.State.DONE),
            "exports",
            Verb.SEE_EXPORTS,
        ),
    ]
    return [
        _step(key, label, rows, f"{base}/{path}/", verb) for key, label, rows, path, verb in parts
    ]


def next_step(project: Project, loop: list[Step]) -> NextStep | None:
    """The first thing that is missing, in the order of the loop; None when all goes round."""
    count = {step.key: step.count for step in loop}
    base = f"/p/{project.slug}"
    if not count["items"]:
        return NextStep(
            _("No items yet: bring in what the model saw and answered."),
            _("Import items"),
            f"{base}/imports/",
            Verb.IMPORT_ITEMS,
        )
    if not _shows_something(project):
        return NextStep(
            _("Annotators would see nothing: no content field is shown to them."),
            _("Choose fields"),
            f"{base}/settings/",
            Verb.CHANGE_SETTINGS,
        )
    if not count["rubrics"]:
        return NextStep(
            _("Nothing says what to ask: write a rubric and publish it."),
            _("Write a rubric"),
            f"{base}/rubrics/",
            Verb.EDIT_RUBRICS,
        )
    if not count["samples"]:
        return NextStep(
            _("Nothing is chosen for judging: draw a sample of the items."),
            _("Draw a sample"),
            f"{base}/samples/",
            Verb.DRAW_SAMPLES,
        )
    if not count["queues"]:
        return NextStep(
            _("The sample waits for nobody: make a queue of it."),
            _("Make a queue"),
            f"{base}/queues/",
            Verb.RUN_QUEUES,
        )
    return _people_or_disputes(project, count)


def _people_or_disputes(project: Project, count: dict[str, int]) -> NextStep | None:
    base = f"/p/{project.slug}"
    if not _has_annotators(project):
        return NextStep(
            _("There is nobody to judge yet: invite annotators."),
            _("Invite people"),
            f"{base}/people/",
            Verb.INVITE,
        )
    if count["disputed"]:
        return NextStep(
            _("Annotators disagree on some tasks: an adjudicator settles them."),
            _("See the queues"),
            f"{base}/queues/",
            Verb.SEE_QUEUES,
        )
    if count["adjudicated"] and not count["exports"]:
        return NextStep(
            _("Labels are settled and have not gone out yet."),
            _("Export labels"),
            f"{base}/exports/",
            Verb.EXPORT_LABELS,
        )
    return None


def _step(key: str, label: str, rows: QuerySet[Any], path: str, verb: Verb) -> Step:
    count = rows.order_by()[: CAP + 1].count()
    return Step(key, label, min(count, CAP), count > CAP, path, verb)


def _shows_something(project: Project) -> bool:
    return (
        ContentField.objects.filter(project=project)
        .filter(~Q(visibility=ContentField.Visibility.HIDDEN))
        .exists()
    )


def _has_annotators(project: Project) -> bool:
    people = Membership.objects.active().people().filter(project=project)
    return any(Role.ANNOTATOR in roles for roles in people.values_list("roles", flat=True))
