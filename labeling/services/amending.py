"""Amending a judgment for a while after it was handed in, whatever others have done meanwhile.

An amendment is a new row that supersedes. Where a person has begun to decide, or something rests on
the answer, it is kept beside what counts; whoever amends is answered the same. Locks: seat, task,
slots, as for a submission.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Answer, Membership, Offer, Slot, Task
from labeling.reports.judging import criteria_of, shown_item
from labeling.reports.sides import sides_for
from labeling.services import audit
from labeling.services.annotations import Submission, replay
from labeling.services.answers import Payload, check
from labeling.services.leases import lock_seat, lock_task
from labeling.services.settling import is_final, settle_if_complete, unsettle


@transaction.atomic
def amend(
    member: Membership, annotation: Annotation, token: UUID, payload: Payload, *, at: datetime
) -> Submission:
    """Put other answers in the place of those handed in; the same again is answered the same."""
    task = annotation.task
    lock_seat(task.queue, member)
    slots = lock_task(task)
    earlier = Annotation.objects.filter(annotator=member, token=token).first()
    if earlier and earlier.supersedes_id == annotation.pk:
        return replay(earlier, payload)
    if earlier or Offer.objects.filter(token=token).exists():
        raise Conflict("idempotency_mismatch", _("This key has been used for something else."))
    refuse_amending(annotation, at=at)
    shown = partial(shown_item, task, member)
    answers = check(criteria_of(task.queue.rubric_version), payload, shown)
    row = _store(annotation, token, payload, at)
    _store_answers(annotation, row, answers)
    counted = _count(task, slots, annotation, row, at)
    uid = str(row.uid)
    audit.record(member, "amended_annotation", task, at=at, annotation=uid, counted=counted)
    return Submission(row.uid, row.token, row.submitted_at)


def refuse_amending(annotation: Annotation, *, at: datetime) -> None:
    """Conflict where this person's own doings, the project's time or an erasure leave no room."""
    if annotation.kind == Annotation.Kind.WITHDRAWN or annotation.superseded_by.exists():
        message = _("This judgment has been replaced already; amend the one that stands.")
        raise Conflict("already_amended", message)
    if annotation.task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))
    if at > amendable_until(annotation):
        raise Conflict("too_late", _("The time for amending this judgment has passed."))


def amendable_until(annotation: Annotation) -> datetime:
    """When the time ends that the project leaves for it, from the first submission on."""
    minutes = timedelta(minutes=annotation.task.queue.project.amend_minutes)
    return submitted_first(annotation).submitted_at + minutes


def submitted_first(annotation: Annotation) -> Annotation:
    """The submission that this one amends, perhaps over several steps; itself if it amends none."""
    if annotation.kind != Annotation.Kind.AMENDED:
        return annotation
    own = Annotation.objects.filter(task=annotation.task_id, annotator=annotation.annotator_id)
    submitted = own.filter(kind=Annotation.Kind.SUBMITTED, pk__lt=annotation.pk)
    return submitted.latest("pk")


def _store(annotation: Annotation, token: UUID, payload: Payload, at: datetime) -> Annotation:
    """The amended row: shown as the one before, and with the time that both have taken."""
    return Annotation.objects.create(
        task_id=annotation.task_id,
        annotator_id=annotation.annotator_id,
        kind=Annotation.Kind.AMENDED,
        token=token,
        payload_digest=payload.digest,
        rubric_version_id=annotation.rubric_version_id,
        language=payload.language or annotation.language,
        shown=annotation.shown,
        revealed=annotation.revealed,
        comment=payload.comment.strip(),
        unsure=payload.unsure,
        started_at=annotation.started_at,
        submitted_at=at,
        active_ms=(annotation.active_ms or 0) + (payload.active_ms or 0) or None,
        supersedes=annotation,
    )


def _store_answers(annotation: Annotation, row: Annotation, answers: list[Answer]) -> None:
    sides = sides_for(annotation.task, annotation.annotator)
    for answer in answers:
        answer.annotation = row
        answer.value = sides.stored(answer.criterion.kind, answer.value)
    Answer.objects.bulk_create(answers)


def _count(
    task: Task, slots: list[Slot], annotation: Annotation, row: Annotation, at: datetime
) -> bool:
    """Let the slot point at the amendment, and the task settle or be disputed anew."""
    own = [slot.pk for slot in slots if slot.annotation_id == annotation.pk]
    if not own or is_final(task):
        return False
    Slot.objects.filter(pk__in=own).update(annotation=row)
    if task.state in {Task.State.SETTLED, Task.State.DISPUTED} and _differ(annotation, row):
        unsettle(task, at=at)
        settle_if_complete(task, at=at)
    return True


def _differ(one: Annotation, other: Annotation) -> bool:
    said = [
        set(row.answers.values_list("criterion_id", "value", "cannot_tell")) for row in (one, other)
    ]
    return said[0] != said[1]
