"""Where a project stands in its loop: how much of each thing there is, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from evaluation.models import Evaluation, Gate, ModelVersion, SetVersion, Verdict
from labeling.models import (
    Adjudication,
    ContentField,
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
from maintenance.models import Alert, Case, Release, Signal

#: Beyond this a page says "10,000+": counting a million rows exactly is not worth the wait.
CAP = 10_000


#: Each part of the loop with its steps: key, label by how many, where it leads, the verb it needs.
STRETCHES: list[tuple[Any, list[tuple[str, Any, str, Verb]]]] = [
    (
        gettext_lazy("Production"),
        [
            ("items", ngettext_lazy("item", "items", "count"), "items", Verb.SEE_ITEMS),
            ("signals", ngettext_lazy("signal", "signals", "count"), "signals", Verb.SEE_SIGNALS),
            (
                "alerts",
                ngettext_lazy("open alert", "open alerts", "count"),
                "signals",
                Verb.SEE_SIGNALS,
            ),
            ("cases", ngettext_lazy("open case", "open cases", "count"), "cases", Verb.SEE_CASES),
        ],
    ),
    (
        gettext_lazy("Judging"),
        [
            ("samples", ngettext_lazy("sample", "samples", "count"), "samples", Verb.SEE_SAMPLES),
            ("queues", ngettext_lazy("queue", "queues", "count"), "queues", Verb.SEE_QUEUES),
            (
                "judged",
                ngettext_lazy("annotation", "annotations", "count"),
                "queues",
                Verb.SEE_QUEUES,
            ),
            (
                "disputed",
                ngettext_lazy("disputed task", "disputed tasks", "count"),
                "queues",
                Verb.SEE_QUEUES,
            ),
            (
                "adjudicated",
                ngettext_lazy("adjudicated label", "adjudicated labels", "count"),
                "queues",
                Verb.SEE_QUEUES,
            ),
        ],
    ),
    (
        gettext_lazy("Evaluation"),
        [
            (
                "sets",
                ngettext_lazy("frozen set version", "frozen set versions", "count"),
                "sets",
                Verb.SEE_SETS,
            ),
            (
                "evaluations",
                ngettext_lazy("evaluation", "evaluations", "count"),
                "versions",
                Verb.SEE_VERSIONS,
            ),
            (
                "verdicts",
                ngettext_lazy("verdict of a gate", "verdicts of gates", "count"),
                "versions",
                Verb.SEE_VERSIONS,
            ),
        ],
    ),
    (
        gettext_lazy("Release"),
        [
            (
                "releases",
                ngettext_lazy("release", "releases", "count"),
                "releases",
                Verb.SEE_RELEASES,
            )
        ],
    ),
]


#: What a project needs before anybody can judge, in order: what is counted, why, one button.
Wanted = tuple[str, Any, tuple[Any, str, Verb]]
UNTIL_JUDGED: list[Wanted] = [
    (
        "items",
        gettext_lazy("No items yet: bring in what the model saw and answered."),
        (gettext_lazy("Import items"), "imports", Verb.IMPORT_ITEMS),
    ),
    (
        "shown",
        gettext_lazy("Annotators would see nothing: no content field is shown to them."),
        (gettext_lazy("Choose fields"), "settings", Verb.CHANGE_SETTINGS),
    ),
    (
        "rubrics",
        gettext_lazy("Nothing says what to ask: write a rubric and publish it."),
        (gettext_lazy("Write a rubric"), "rubrics", Verb.EDIT_RUBRICS),
    ),
    (
        "samples",
        gettext_lazy("Nothing is chosen for judging: draw a sample of the items."),
        (gettext_lazy("Draw a sample"), "samples", Verb.DRAW_SAMPLES),
    ),
    (
        "queues",
        gettext_lazy("The sample waits for nobody: make a queue of it."),
        (gettext_lazy("Make a queue"), "queues", Verb.RUN_QUEUES),
    ),
]
#: What follows once labels are settled: a version is measured, let out and watched.
UNTIL_WATCHED: list[Wanted] = [
    (
        "sets",
        gettext_lazy("Labels are settled and in no evaluation set yet: freeze one."),
        (gettext_lazy("Freeze a set"), "sets", Verb.FREEZE_SETS),
    ),
    (
        "versions",
        gettext_lazy("There is a set and no version to measure on it: register one."),
        (gettext_lazy("Register a version"), "versions", Verb.REGISTER_VERSIONS),
    ),
    (
        "gates",
        gettext_lazy("Nothing says when a version is good enough: register a gate."),
        (gettext_lazy("Register a gate"), "gates/new", Verb.REGISTER_GATES),
    ),
    (
        "signals",
        gettext_lazy("Nothing is watched in production: define a signal."),
        (gettext_lazy("Define a signal"), "signals", Verb.WATCH_SIGNALS),
    ),
]


@dataclass(frozen=True)
class Step:
    """One step of the loop: how many rows it has, and where they are."""

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
class Stretch:
    """The steps that belong to one part of the loop."""

    label: str
    steps: list[Step]


@dataclass(frozen=True)
class Loop:
    """The whole loop with its counts; `count` also has what is not a step of its own."""

    stretches: list[Stretch]
    count: dict[str, int]

    @property
    def steps(self) -> list[Step]:
        return [step for stretch in self.stretches for step in stretch.steps]


@dataclass(frozen=True)
class NextStep:
    """What would move the project on: a sentence and one button."""

    sentence: str
    action: str
    path: str
    verb: Verb


class _CappedCount(Subquery):
    """How many rows a limited query has, as a column of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


def loop_of(project: Project) -> Loop:
    """The loop from items to the release: all its capped counts in one query."""
    found = counts_of(project, {**_rows(project), **_conditions(project)})
    stretches = [
        Stretch(str(label), [_counted(project, *step, found) for step in steps])
        for label, steps in STRETCHES
    ]
    return Loop(stretches, found)


def next_step(project: Project, loop: Loop) -> NextStep | None:
    """The first thing that is missing, in the order of the loop; None when all goes round."""
    return next(_missing(project, loop.count), None)


def _counted(
    project: Project, key: str, label: Any, path: str, verb: Verb, found: dict[str, int]
) -> Step:
    count = min(found[key], CAP)
    address = f"/p/{project.slug}/{path}/"
    return Step(key, label % {"count": count}, count, found[key] > CAP, address, verb)


def _rows(project: Project) -> dict[str, QuerySet[Any]]:
    """What is counted for each step."""
    judged = Slot.objects.filter(queue__project=project, annotation__isnull=False)
    return {
        "items": Item.objects.filter(project=project),
        "signals": Signal.objects.filter(project=project),
        "alerts": Alert.objects.open().filter(monitor__signal__project=project),
        "cases": Case.objects.open().filter(project=project),
        "samples": Sample.objects.filter(project=project, state=Sample.State.DRAWN),
        "queues": Queue.objects.filter(project=project),
        "judged": judged,
        "disputed": Task.objects.disputed().filter(queue__project=project),
        "adjudicated": Adjudication.objects.current().filter(task__queue__project=project),
        "sets": SetVersion.objects.frozen().filter(evaluation_set__project=project),
        "evaluations": Evaluation.objects.filter(
            model_version__project=project, state=Evaluation.State.DONE
        ),
        "verdicts": Verdict.objects.filter(
            gate_version__gate__project=project, decided_at__isnull=False
        ),
        "releases": Release.objects.filter(project=project),
    }


def _conditions(project: Project) -> dict[str, QuerySet[Any]]:
    """What the steps need besides, counted to know what is missing."""
    fields = ContentField.objects.filter(project=project)
    return {
        "shown": fields.filter(~Q(visibility=ContentField.Visibility.HIDDEN)),
        "rubrics": RubricVersion.objects.published().filter(rubric__project=project),
        "versions": ModelVersion.objects.filter(project=project),
        "gates": Gate.objects.filter(project=project),
    }


def counts_of(project: Project, rows: dict[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each of these queries has, up to a little more than `CAP`: one query."""
    columns = {
        f"{key}_count": _CappedCount(found.order_by().values("pk")[: CAP + 1])
        for key, found in rows.items()
    }
    found: Any = Project.objects.filter(pk=project.pk).values(**columns).get()
    return {key: found[f"{key}_count"] for key in rows}


def _missing(project: Project, count: dict[str, int]) -> Iterator[NextStep]:
    yield from _wanting(project, count, UNTIL_JUDGED)
    if not _has_annotators(project):
        yield _step(
            project,
            _("There is nobody to judge yet: invite annotators."),
            (_("Invite people"), "people", Verb.INVITE),
        )
    if count["disputed"]:
        yield _step(
            project,
            _("Annotators disagree on some tasks: an adjudicator settles them."),
            (_("See the queues"), "queues", Verb.SEE_QUEUES),
        )
    if count["adjudicated"]:
        yield from _wanting(project, count, UNTIL_WATCHED)


def _wanting(project: Project, count: dict[str, int], wanted: list[Wanted]) -> Iterator[NextStep]:
    yield from (_step(project, text, button) for key, text, button in wanted if not count[key])


def _step(project: Project, sentence: Any, button: tuple[Any, str, Verb]) -> NextStep:
    action, path, verb = button
    return NextStep(str(sentence), str(action), f"/p/{project.slug}/{path}/", verb)


def _has_annotators(project: Project) -> bool:
    people = Membership.objects.active().people().filter(project=project)
    return any(Role.ANNOTATOR in roles for roles in people.values_list("roles", flat=True))
