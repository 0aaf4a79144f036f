"""Submitting judgments, and taking one back within ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import (
    Annotation,
    Answer,
    Criterion,
    Draft,
    Membership,
    Offer,
    Slot,
    Task,
)
from labeling.policy.blinding import option_order
from labeling.reports.judging import criteria_of
from labeling.services import audit
from labeling.services.answers import Payload, check
from labeling.services.assignment import release_others
from labeling.services.leases import (
    Lease,
    find_offer,
    lend,
    lock_seat,
    lock_task,
    look_again_from,
    offer,
    refuse_if_over,
)
from labeling.services.settling import settle_if_complete, unsettle

UNDO_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Submission:
    """What an annotator is told: the same whether their answer counts or came too late to."""

    annotation: UUID
    token: UUID
    submitted_at: datetime


@transaction.atomic
def submit(member: Membership, token: UUID, payload: Payload, *, at: datetime) -> Submission:
    """Store an annotation under its lease; settle or dispute the task when it was the last one."""
    offered = find_offer(member, token)
    task = offered.task
    lock_seat(task.queue, member)
    earlier = list(Annotation.objects.filter(task=task, annotator=member).order_by("pk"))
    if replayed := next((row for row in earlier if row.token == token), None):
        return _replay(replayed, payload)
    answers = check(criteria_of(task.queue.rubric_version), payload)
    slots = lock_task(task)
    refuse_if_over(task)
    annotation = _store(offered, payload, answers, supersedes=_to_supersede(earlier), at=at)
    counted = _fill_slot(slots, annotation)
    Draft.objects.filter(task=task, annotator=member).delete()
    audit.record(member, "annotated", task, at=at, annotation=str(annotation.uid), counted=counted)
    if counted and len([slot for slot in slots if slot.annotation_id is None]) == 1:
        settle_if_complete(task, at=at)
    return _submission(annotation)


@transaction.atomic
def undo(member: Membership, annotation: Annotation, *, at: datetime) -> Lease:
    """Take a submission back: a withdrawal is written and the person judges the item again."""
    task = annotation.task
    seat = lock_seat(task.queue, member)
    slots = lock_task(task)
    _refuse_undo(annotation, task, at)
    _withdraw(annotation, at=at)
    lease = offer(task, member)
    if slot := next((slot for slot in slots if slot.annotation_id == annotation.pk), None):
        Slot.objects.filter(pk=slot.pk).update(annotation=None)
        lend(Slot.objects.filter(pk=slot.pk), member, lease.token, task.queue)
        unsettle(task, at=at)
    look_again_from(seat, min(slot.place for slot in slots))
    release_others(seat, task)
    _keep_as_draft(annotation, at=at)
    audit.record(member, "withdrew_annotation", task, at=at, annotation=str(annotation.uid))
    return lease


def _replay(annotation: Annotation, payload: Payload) -> Submission:
    """The first answer again, for whoever did not hear it."""
    if annotation.payload_digest != payload.digest:
        message = _("Other answers were submitted here before; the first ones stand.")
        raise Conflict("idempotency_mismatch", message)
    return _submission(annotation)


def _to_supersede(earlier: list[Annotation]) -> Annotation | None:
    """The withdrawal that a new submission follows; who has a standing one cannot add another."""
    if earlier and earlier[-1].kind != Annotation.Kind.WITHDRAWN:
        raise Conflict("already_submitted", _("You have already submitted this item."))
    return earlier[-1] if earlier else None


def _store(
    offered: Offer,
    payload: Payload,
    answers: list[Answer],
    *,
    supersedes: Annotation | None = None,
    at: datetime,
) -> Annotation:
    annotation = _row(offered, payload)
    annotation.supersedes, annotation.submitted_at = supersedes, at
    annotation.save(force_insert=True)
    for answer in answers:
        answer.annotation = annotation
    Answer.objects.bulk_create(answers)
    return annotation


def _row(offered: Offer, payload: Payload) -> Annotation:
    queue = offered.task.queue
    return Annotation(
        task=offered.task,
        annotator=offered.annotator,
        token=offered.token,
        payload_digest=payload.digest,
        rubric_version=queue.rubric_version,
        language=payload.language,
        shown={**payload.shown, **_shown(offered.task, offered.token)},
        revealed=queue.shows_prediction,
        comment=payload.comment.strip(),
        started_at=payload.started_at,
        active_ms=payload.active_ms,
    )


def _shown(task: Task, token: UUID) -> dict[str, Any]:
    """What the server decided for this showing: the order of options, and what was not hidden."""
    queue = task.queue
    shown = {"prediction": True} if queue.shows_prediction else {}
    if not queue.blinding.get("shuffle_options"):
        return shown
    orders = {
        criterion.key: option_order(
            [option["key"] for option in criterion.options], criterion.key, token
        )
        for criterion in criteria_of(queue.rubric_version)
        if criterion.kind == Criterion.Kind.SINGLE_CHOICE
    }
    return {**shown, "options": orders}


def _fill_slot(slots: list[Slot], annotation: Annotation) -> bool:
    """Let the own slot, even expired, or else any free one point at the annotation."""
    pending = [slot for slot in slots if slot.annotation_id is None]
    own = [slot for slot in pending if slot.annotator_id == annotation.annotator_id]
    free = Slot.objects.free().filter(pk__in=[slot.pk for slot in pending]).order_by("number")
    slot = own[0] if own else free.first()
    if slot is None:
        return False
    Slot.objects.filter(pk=slot.pk).update(
        annotator=annotation.annotator,
        token=annotation.token,
        annotation=annotation,
        leased_until=Now(),
        early=True,
        held=False,
    )
    return True


def _submission(annotation: Annotation) -> Submission:
    return Submission(annotation.uid, annotation.token, annotation.submitted_at)


def _refuse_undo(annotation: Annotation, task: Task, at: datetime) -> None:
    refuse_if_over(task)
    if annotation.superseded_by.exists() or annotation.kind == Annotation.Kind.WITHDRAWN:
        raise Conflict("already_withdrawn", _("This has been taken back already."))
    if at - annotation.submitted_at > UNDO_WITHIN:
        raise Conflict("too_late", _("The ten seconds for taking it back have passed."))
    if task.state == Task.State.ADJUDICATED:
        raise Conflict("already_decided", _("This can no longer be taken back."))


def _withdraw(annotation: Annotation, *, at: datetime) -> Annotation:
    return Annotation.objects.create(
        task_id=annotation.task_id,
        annotator_id=annotation.annotator_id,
        kind=Annotation.Kind.WITHDRAWN,
        token=uuid4(),
        payload_digest=annotation.payload_digest,
        rubric_version_id=annotation.rubric_version_id,
        language=annotation.language,
        submitted_at=at,
        supersedes=annotation,
    )


def _keep_as_draft(annotation: Annotation, *, at: datetime) -> None:
    """What was taken back stands in the form again."""
    answers = {
        answer.criterion.key: None if answer.cannot_tell else answer.value
        for answer in annotation.answers.select_related("criterion")
    }
    Draft.objects.update_or_create(
        task_id=annotation.task_id,
        annotator_id=annotation.annotator_id,
        defaults={"answers": answers, "comment": annotation.comment, "updated_at": at},
    )
