"""Disputes: what annotators answered to one task, and which tasks wait for a decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from labeling.models import Annotation, Answer, Criterion, Queue, Task
from labeling.policy.settling import Finding, Vote, settle


@dataclass(frozen=True)
class Question:
    """One criterion of a task: the counted answers by annotation, and what the policy finds."""

    criterion: Criterion
    answers: dict[int, str | None]
    finding: Finding

    @property
    def contested(self) -> bool:
        return not self.finding.settled

    @property
    def votes(self) -> list[Vote]:
        return [Vote(value) for value in self.answers.values()]


@dataclass(frozen=True)
class DisputedCase:
    """All that was answered to one task by the annotations that count."""

    task: Task
    annotations: list[Annotation]
    questions: list[Question]

    @cached_property
    def contested(self) -> list[Question]:
        return [question for question in self.questions if question.contested]

    @cached_property
    def agreed(self) -> list[Question]:
        return [question for question in self.questions if not question.contested]


def case_of(task: Task) -> DisputedCase:
    """The answers to one task, criterion by criterion, in the order of the rubric."""
    annotations = list(Annotation.objects.counted().filter(task=task).order_by("pk"))
    criteria = task.queue.rubric_version.criteria.select_related("taxonomy")
    return DisputedCase(task, annotations, _questions(task.queue, annotations, criteria))


def _questions(
    queue: Queue, annotations: list[Annotation], criteria: Iterable[Criterion]
) -> list[Question]:
    """An annotation without an answer to a criterion left it blank."""
    given: dict[int, dict[int, str | None]] = defaultdict(dict)
    for answer in Answer.objects.filter(annotation__in=annotations):
        value = None if answer.cannot_tell else answer.value
        given[answer.criterion_id][answer.annotation_id] = value
    blank: dict[int, str | None] = {annotation.pk: "" for annotation in annotations}
    return [_question(queue, criterion, {**blank, **given[criterion.pk]}) for criterion in criteria]


def _question(queue: Queue, criterion: Criterion, answers: dict[int, str | None]) -> Question:
    votes = [Vote(value) for value in answers.values()]
    majority = queue.settling == Queue.Settling.MAJORITY
    return Question(criterion, answers, settle(criterion.kind, votes, majority=majority))
