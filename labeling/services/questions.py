"""Questions about items, their answers, and the notes that answers become.

A question is answered once and a note withdrawn once, by one conditional update each; nothing else
is locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.markdown import render_markdown
from labeling.models import Membership, Note, Offer, Question, RubricVersion
from labeling.policy.rubric_notes import NOTE_LIMIT
from labeling.services import audit
from labeling.templatetags.fettle import visible

#: How long a question and an answer may be, and how many questions one person asks a day.
QUESTION_LIMIT, ANSWER_LIMIT, DAILY = 2_000, NOTE_LIMIT, 50


@transaction.atomic
def ask(
    member: Membership,
    token: Any,
    text: str,
    criterion: str = "",
    *,
    kind: str = Question.Kind.QUESTION,
    at: datetime,
) -> Question:
    """Ask the leads about the item that was given under this token; asking twice is asking once.

    A gap in the rubric goes the same way: it is told without skipping the item.
    """
    offers = Offer.objects.select_related("task__queue__rubric_version", "task__item")
    offer = offers.filter(annotator=member, token=token).first()
    if offer is None:
        message = _("This item was not given to you, or not under this key.")
        raise Conflict("lease_unknown", message)
    task, text = offer.task, _checked(text, "text", QUESTION_LIMIT)
    if task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))
    _require_criterion(task.queue.rubric_version, criterion)
    own = Question.objects.filter(annotator=member)
    said = {"kind": kind, "criterion": criterion, "text": text}
    if same := own.open().filter(task=task, **said).first():
        return same
    if own.filter(asked_at__gt=at - timedelta(days=1)).count() >= DAILY:
        raise Conflict("too_many_questions", _("You have asked very much today. Wait for answers."))
    question = Question.objects.create(task=task, annotator=member, asked_at=at, **said)
    verb = "flagged_gap" if kind == Question.Kind.GAP else "asked_question"
    audit.record(member, verb, question, at=at, criterion=criterion)
    return question


@transaction.atomic
def answer(question: Question, text: str, *, by: Membership, at: datetime) -> Question:
    """Answer a question; only who asked it gets to see the answer."""
    text = _checked(text, "text", ANSWER_LIMIT)
    waiting = Question.objects.open().filter(pk=question.pk)
    if not waiting.update(answer=text, answered_by=by, answered_at=at):
        raise Conflict("already_answered", _("Somebody has answered this question already."))
    question.refresh_from_db()
    audit.record(by, "answered_question", question, at=at)
    return question


@transaction.atomic
def answer_and_publish(
    question: Question, text: str, note: str, *, by: Membership, at: datetime
) -> Question:
    """Answer a question, and show all annotators what else was written as a note."""
    version = question.task.queue.rubric_version
    published = publish_note(version, note, question.criterion, by=by, at=at)
    answer(question, text, by=by, at=at)
    question.note = published
    question.save(update_fields=["note"])
    return question


def mark_read(member: Membership, *, at: datetime) -> int:
    """Remember that this person has seen the answers that they got so far."""
    return Question.objects.unread().filter(annotator=member).update(read_at=at)


@transaction.atomic
def publish_note(
    version: RubricVersion, text: str, criterion: str = "", *, by: Membership, at: datetime
) -> Note:
    """Show a ruling beside the guidance of a published version, to everybody who judges by it."""
    if version.state == RubricVersion.State.DRAFT:
        raise Conflict("not_published", _("A draft has no notes: write it into the guidance."))
    _require_criterion(version, criterion)
    text = _checked(text, "note", ANSWER_LIMIT)
    note = _note(version, criterion, text, by=by, at=at)
    note.save()
    facts: dict[str, Any] = {"rubric_version": str(version.uid), "criterion": criterion}
    audit.record(by, "published_note", note, at=at, **facts)
    return note


@transaction.atomic
def withdraw_note(note: Note, *, by: Membership, at: datetime) -> Note:
    """Show a note no longer; the row stays, with who took it back."""
    standing = Note.objects.filter(pk=note.pk, withdrawn_at__isnull=True)
    if not standing.update(withdrawn_at=at, withdrawn_by=by):
        raise Conflict("already_withdrawn", _("This note has been withdrawn already."))
    note.refresh_from_db()
    audit.record(by, "withdrew_note", note, at=at)
    return note


def take_notes(
    draft: RubricVersion, said: Sequence[Mapping[str, str]], *, by: Membership | None, at: datetime
) -> None:
    """Let a draft have these notes and no other; nobody is shown them before it is published."""
    wanted = {}
    for index, row in enumerate(said):
        about = (row.get("criterion", ""), row["text"].strip())
        wanted[about] = _note(draft, *about, by=by, at=at, where=f"notes.{index}.text")
    known = {(note.criterion, note.text): note.pk for note in _standing(draft)}
    gone = [pk for about, pk in known.items() if about not in wanted]
    draft.notes.filter(pk__in=gone).update(withdrawn_at=at, withdrawn_by=by)
    Note.objects.bulk_create(note for about, note in wanted.items() if about not in known)


def carry_notes(
    before: RubricVersion | None, version: RubricVersion, *, by: Membership | None, at: datetime
) -> int:
    """What notes a version begins with: its draft's own, and copies of those of the one before.

    Neither where their criterion is no longer asked.
    """
    asked = {"", *version.criteria.values_list("key", flat=True)}
    own = _standing(version)
    own.exclude(criterion__in=asked).update(withdrawn_at=at, withdrawn_by=by)
    own.update(published_at=at, published_by=by)
    known = set(own.values_list("criterion", "text"))
    earlier = _standing(before).filter(criterion__in=asked) if before else []
    copies = [
        _note(version, note.criterion, note.text, by=by, at=at)
        for note in earlier
        if (note.criterion, note.text) not in known
    ]
    return len(known) + len(Note.objects.bulk_create(copies))


def _standing(version: RubricVersion) -> QuerySet[Note]:
    return version.notes.filter(withdrawn_at__isnull=True)


def _note(
    version: RubricVersion,
    criterion: str,
    text: str,
    *,
    by: Membership | None,
    at: datetime,
    where: str = "note",
) -> Note:
    html = _rendered(text, where)
    about = {"version": version, "criterion": criterion, "text": text, "text_html": html}
    return Note(**about, published_by=by, published_at=at)


def _checked(text: str, field: str, limit: int) -> str:
    text = text.strip()
    if not text:
        raise ValidationError({field: _("Write something first.")})
    if len(text) > limit:
        problem = _("This is longer than %(limit)s characters.") % {"limit": limit}
        raise ValidationError({field: problem})
    return text


def _require_criterion(version: RubricVersion, key: str) -> None:
    if key and not version.criteria.filter(key=key).exists():
        raise ValidationError({"criterion": _("This rubric version has no such criterion.")})


def _rendered(text: str, where: str) -> str:
    try:
        return render_markdown(visible(text))
    except ValidationError as error:
        raise ValidationError({where: error}) from error
