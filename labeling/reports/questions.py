"""Questions and notes as they are shown: to who asked, who answers, and all who judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import Count

from labeling.models import ContentField, Membership, Note, Question, Queue, RubricVersion
from labeling.models.questions import QuestionQuerySet
from labeling.policy.blinding import FieldRule, fields_beside, visible_fields

EXCERPT = 200
#: What is needed of a question to show it with its item and its rubric.
ABOUT = ("task__item__project", "task__queue__rubric_version__rubric", "note")


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A ruling as annotators see it: nothing of who asked or answered."""

    criterion: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """An own question with the beginning of its item, as the annotator saw it."""

    question: Question
    rubric: str
    prompt: str
    excerpt: str

    @property
    def is_new(self) -> bool:
        return self.question.answered_at is not None and self.question.read_at is None


@lru_cache(maxsize=128)
def notes_of(version: UUID, _stamp: int) -> tuple[ShownNote, ...]:
    """The standing notes of a version; the stamp grows with each that is published or withdrawn."""
    rows = Note.objects.filter(version__uid=version, withdrawn_at__isnull=True)
    return tuple(ShownNote(row.criterion, row.text, row.text_html) for row in rows)


def stamp_of(version: RubricVersion) -> int:
    """What grows with every note of a version that is published or withdrawn."""
    counted = Note.objects.filter(version=version).aggregate(
        made=Count("pk"), gone=Count("withdrawn_at")
    )
    return int(counted["made"] + counted["gone"])


def answerable_by(member: Membership) -> QuestionQuerySet:
    """The questions that a lead may answer: a vendor's lead those of the own team."""
    rows = Question.objects.filter(task__queue__project=member.project)
    if member.is_vendor:
        rows = rows.filter(annotator__team=member.team)
    return rows.select_related(*ABOUT, "annotator__user", "answered_by__user")


def own_questions(member: Membership) -> QuestionQuerySet:
    """What this person asked, the latest first."""
    return Question.objects.filter(annotator=member).select_related(*ABOUT)


def shown_own(member: Membership, questions: Iterable[Question]) -> list[OwnQuestion]:
    """Own questions with what they are about: two queries for all."""
    rules = [
        FieldRule(row.name, row.label, row.visibility)
        for row in ContentField.objects.filter(project=member.project_id)
    ]
    questions = list(questions)
    versions = {row.task.queue.rubric_version for row in questions}
    prompts = _prompts(versions)
    shown = []
    for row in questions:
        task, content = row.task, row.task.item.content
        beside = fields_beside(task.outputs, content, rules, task.queue.blinding)
        fields = visible_fields(content, beside)
        version = row.task.queue.rubric_version
        shown.append(
            OwnQuestion(
                question=row,
                rubric=version.rubric.name,
                prompt=prompts.get((version.pk, row.criterion), ""),
                excerpt=fields[0].text[:EXCERPT] if fields else "",
            )
        )
    return shown


def unread_by_member(members: Iterable[Membership]) -> dict[int, int]:
    """How many answers each of these has got and not looked at, by primary key."""
    rows = Question.objects.unread().filter(annotator__in=list(members))
    return dict(rows.values_list("annotator").annotate(count=Count("pk")).order_by())


def open_by_queue(queues: Iterable[Queue]) -> dict[tuple[int, str], int]:
    """How many questions wait for an answer, by queue and lane."""
    rows = Question.objects.open().filter(task__queue__in=list(queues))
    counted = rows.values_list("task__queue", "task__lane").annotate(count=Count("pk")).order_by()
    return {(queue, lane): count for queue, lane, count in counted}


def _prompts(versions: Iterable[RubricVersion]) -> dict[tuple[int, str], str]:
    rows = RubricVersion.objects.filter(pk__in=[version.pk for version in versions])
    found = rows.filter(criteria__isnull=False).values_list(
        "pk", "criteria__key", "criteria__prompt"
    )
    return {(pk, key): prompt for pk, key, prompt in found}
