"""A question with its answer and the note that was made of it, for a world."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from labeling.markdown import render_markdown
from labeling.models import Membership, Note, Offer, Project, Question, Queue, RubricVersion, Task
from tests import factories


def question_rows(task: Task, member: Membership) -> dict[str, Any]:
    """One of each; the question waits for its answer."""
    return {"question": _ask(task, member), "note": _publish(task.queue.rubric_version, member)}


def offer_row(task: Task, member: Membership) -> UUID:
    """The token under which this member may ask about a task."""
    return Offer.objects.create(task=task, annotator=member, token=uuid4()).token


def grow_questions(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more question in the inbox and among the own ones, and one more note in each place."""
    queue = Queue.objects.get(uid=rows["queue"])
    task = queue.tasks.first()
    assert task is not None
    _ask(task, member)
    _ask(task, factories.make_annotator(project))
    asked = _ask(task, member)
    for version in RubricVersion.objects.filter(uid__in=[rows["rubric_version"], rows["draft"]]):
        asked.note = _publish(version, member)
    asked.answer, asked.answered_by, asked.answered_at = "Yes.", member, timezone.now()
    asked.save()


def _ask(task: Task, member: Membership) -> Question:
    return Question.objects.create(task=task, annotator=member, text="Does it count?")


def _publish(version: RubricVersion, member: Membership) -> Note:
    html = render_markdown("It does.")
    return Note.objects.create(
        version=version, text="It does.", text_html=html, published_by=member
    )
