"""Everything that has happened to one item, as far as the reader may know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from labeling.models import (
    Adjudication,
    Annotation,
    Item,
    Membership,
    Offer,
    Reveal,
    SampledItem,
    Skip,
    Task,
)
from labeling.policy.roles import Verb

MOST_TASKS = 50
FINAL = frozenset({Task.State.SETTLED, Task.State.ADJUDICATED})


@dataclass(frozen=True)
class Said:
    """One answer or ruling: the criterion's prompt and what was said."""

    prompt: str
    value: str
    cannot_tell: bool


@dataclass
class TaskHistory:
    """One task of the item; annotations and adjudications stay empty while they are hidden."""

    task: Task
    hidden: bool
    annotations: list[tuple[Annotation, list[Said]]] = field(default_factory=list)
    adjudications: list[tuple[Adjudication, list[Said]]] = field(default_factory=list)


@dataclass(frozen=True)
class Sight:
    """That somebody has seen the item, and on which occasion."""

    member: Membership
    occasion: str
    at: datetime


@dataclass(frozen=True)
class ItemHistory:
    """Samples, tasks and people that the item went through."""

    samples: list[SampledItem]
    tasks: list[TaskHistory]
    sights: list[Sight]
    shows_prediction: bool


def judges(member: Membership) -> bool:
    """Whether this member may be asked to judge, and must therefore not know too much before."""
    return member.may(Verb.ANNOTATE) or member.may(Verb.ADJUDICATE)


def history_of(item: Item, reader: Membership) -> ItemHistory:
    """The item's history; who may still be asked to judge a task sees no answers to it."""
    blind = judges(reader)
    rows = Task.objects.filter(item=item).select_related("queue__project")
    tasks = [
        TaskHistory(task, not reader.may(Verb.SEE_AGREEMENT) or (blind and task.state not in FINAL))
        for task in rows.order_by("pk")[:MOST_TASKS]
    ]
    open_to_reader = [found for found in tasks if not found.hidden]
    _add_annotations(open_to_reader)
    _add_adjudications(open_to_reader)
    ids = [found.task.pk for found in tasks]
    return ItemHistory(
        samples=list(item.samplings.select_related("sample__project").order_by("pk")),
        tasks=tasks,
        sights=_sights(ids),
        shows_prediction=not blind or (bool(tasks) and len(open_to_reader) == len(tasks)),
    )


def _add_annotations(tasks: list[TaskHistory]) -> None:
    by_task = {found.task.pk: found for found in tasks}
    rows = Annotation.objects.filter(task__in=by_task).select_related("annotator__user")
    for annotation in rows.prefetch_related("answers__criterion").order_by("submitted_at", "pk"):
        said = _said(annotation.answers.all())
        by_task[annotation.task_id].annotations.append((annotation, said))


def _add_adjudications(tasks: list[TaskHistory]) -> None:
    by_task = {found.task.pk: found for found in tasks}
    rows = Adjudication.objects.filter(task__in=by_task).select_related("adjudicator__user")
    for adjudication in rows.prefetch_related("rulings__criterion").order_by("at", "pk"):
        said = _said(adjudication.rulings.all())
        by_task[adjudication.task_id].adjudications.append((adjudication, said))


def _said(rows: Iterable[Any]) -> list[Said]:
    ordered = sorted(rows, key=lambda row: row.criterion.position)
    return [Said(row.criterion.prompt, row.value, row.cannot_tell) for row in ordered]


def _sights(tasks: list[int]) -> list[Sight]:
    """Each person once per occasion, by name."""
    offered = Offer.objects.filter(task__in=tasks).select_related("annotator__user")
    skipped = Skip.objects.filter(task__in=tasks).select_related("annotator__user")
    judged = Annotation.objects.filter(task__in=tasks).select_related("annotator__user")
    revealed = Reveal.objects.filter(task__in=tasks).select_related("adjudicator__user")
    seen = [
        *(Sight(row.annotator, _("was offered it"), row.at) for row in offered),
        *(Sight(row.annotator, _("skipped it"), row.at) for row in skipped),
        *(Sight(row.annotator, _("judged it"), row.submitted_at) for row in judged),
        *(Sight(row.adjudicator, _("saw the answers"), row.at) for row in revealed),
    ]
    seen.sort(key=lambda sight: (sight.member.pk, sight.occasion, sight.at))
    firsts = groupby(seen, key=lambda sight: (sight.member.pk, sight.occasion))
    return sorted((next(group) for _key, group in firsts), key=lambda sight: sight.at)
