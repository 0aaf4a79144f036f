"""What a change of a rubric touches of the work done so far: counted, never estimated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from labeling.models import Adjudication, Annotation, Answer, Queue, RubricVersion, Ruling, Task
from labeling.policy.rubric_changes import Change, Touch
from labeling.policy.rubric_parts import OPTIONS_LIMIT
from labeling.reports.resting import counts_of

#: So many changes are counted in one query.
AT_ONCE = 100
#: What is not decided yet.
WAITING = (Task.State.OPEN, Task.State.DISPUTED, Task.State.ATTENTION)


@dataclass(frozen=True)
class Impact:
    """How much a change touches: standing annotations, their undecided tasks, adjudications.

    set_versions: what is frozen with answers that it is about, now or before they were superseded.
    """

    annotations: int
    open_tasks: int
    adjudications: int
    set_versions: int = 0


@dataclass(frozen=True)
class Work:
    """What there is of a version: its queues, their undecided tasks, those without a vote."""

    queues: int
    open_tasks: int
    untouched: int


def work_under(version: RubricVersion) -> Work:
    """The queues that ask a version, and what in them is not decided yet."""
    waiting = Task.objects.filter(queue__rubric_version=version, state__in=WAITING)
    return Work(
        Queue.objects.filter(rubric_version=version).count(),
        waiting.count(),
        waiting.filter(annotations__isnull=True).count(),
    )


def impacts(before: RubricVersion, changes: Sequence[Change]) -> list[Impact]:
    """What each of the changes touches of the work done under the version before."""
    answers = standing_answers(before)
    waiting = answers.filter(annotation__task__state__in=WAITING)
    rulings = standing_rulings(before)
    counted = zip(
        _counts(answers, "annotation", changes),
        _counts(waiting, "annotation__task", changes),
        _counts(rulings, "adjudication", changes),
        _resting(before, changes),
        strict=True,
    )
    return [Impact(*numbers) for numbers in counted]


def standing_answers(version: RubricVersion) -> QuerySet[Answer]:
    """The answers of annotations under a version that nothing supersedes, nor a task begun anew."""
    annotations = Annotation.objects.filter(rubric_version=version, superseded_by__isnull=True)
    standing = annotations.exclude(kind=Annotation.Kind.WITHDRAWN)
    standing = standing.exclude(task__state=Task.State.SET_ASIDE)
    return Answer.objects.filter(annotation__in=standing)


def standing_rulings(version: RubricVersion) -> QuerySet[Ruling]:
    """The rulings of adjudications under a version that still stand."""
    settled = Adjudication.objects.current().filter(rubric_version=version)
    return Ruling.objects.filter(adjudication__in=settled)


def _counts(rows: QuerySet[Any], of: str, changes: Sequence[Change]) -> Iterator[int]:
    """For each change the different things of one kind that have an answer it is about."""
    for reaches in _reaches(changes):
        counts = rows.aggregate(
            **{name: Count(of, filter=one, distinct=True) for name, one in reaches.items()}
        )
        yield from (counts[name] for name in reaches)


def _resting(before: RubricVersion, changes: Sequence[Change]) -> Iterator[int]:
    """For each change the different things that rest on answers it is about."""
    for reaches in _reaches(changes):
        counts = counts_of(before, reaches)
        yield from (counts[name] for name in reaches)


def _reaches(changes: Sequence[Change]) -> Iterator[dict[str, Q]]:
    """What the changes are about, a few at a time."""
    for start in range(0, len(changes), AT_ONCE):
        yield {
            f"change_{number}": reach(change.touch, change.criterion, change.keys)
            for number, change in enumerate(changes[start : start + AT_ONCE])
        }


def reach(touch: str, criterion: str, keys: Collection[str]) -> Q:
    """The answers that a change is about, as `touches` in its policy says it of one."""
    if touch == Touch.NOTHING:
        return Q(pk__isnull=True)
    if touch == Touch.RUBRIC:
        return Q(pk__isnull=False)
    of_criterion = Q(criterion__key=criterion)
    if touch == Touch.CRITERION:
        return of_criterion
    named = Q(value__in=keys)
    for key in keys if len(keys) <= OPTIONS_LIMIT else ():  # lists name options
        named |= Q(value__startswith="[", value__contains=f'"{key}"')
    return of_criterion & named & Q(cannot_tell=False)
