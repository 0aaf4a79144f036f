"""Submitting judgments, and taking one back within ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Answer, Draft, Membership, Slot, Task
from labeling.reports.judging import criteria_of
from labeling.reports.marked_texts import are_about_text
from labeling.reports.showing import showing
from labeling.reports.sides import sides_for
from labeling.services import audit
from labeling.services.answers import Payload, check, given_in
from labeling.services.assignment import claim_next, go_on, release_others
from labeling.services.leases import (
    Lease,
    Offered,
    lend,
    lock_offered,
    lock_seat,
    lock_task,
    look_again_from,
    offer,
    refuse_if_over,
)
from labeling.services.settling import ballot_of, ballots_of, is_final, settle_in, unsettle
from labeling.services.tasks import Place, TaskView, lock_task_of
from labeling.services.text_answers import nothing_shown
from labeling.statements import Steps, now

UNDO_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Submission:
    """What an annotator is told: the same whether their answer counts or came too late to."""

    annotation: UUID
    token: UUID
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What was stored, what to go on with, and what is held to be shown after that."""

    submission: Submission
    lease: Lease | None = None
    held: Lease | None = None


@transaction.atomic
def submit(member: Membership, token: UUID, payload: Payload, *, at: datetime) -> Submission:
    """Store an annotation under its lease; settle or dispute the task when it was the last one."""
    return _submit(lock_offered(member, token), payload, at)


def submit_and_go_on(
    member: Membership, token: UUID, payload: Payload, *, at: datetime, ahead: bool = False
) -> Progress:
    """Store an annotation and lend the next task in one transaction; ahead: hold one more."""
    with transaction.atomic():
        offered = lock_offered(member, token)
        submission = _submit(offered, payload, at)
        lease = go_on(offered)
        held = go_on(offered, held=True) if lease and ahead else None
    # Another queue has another seat, which must not be waited for with this one's locks in hand.
    return Progress(submission, lease or claim_next(member), held)


@transaction.atomic
def undo(member: Membership, annotation: Annotation, *, at: datetime) -> Lease:
    """Take a submission back: a withdrawal is written and the person judges the item again.

    Where others have built on it meanwhile it counts as it was, and the person hears nothing of it.
    """
    task = annotation.task
    seat = lock_seat(task.queue, member)
    slots = lock_task(task)
    _refuse_undo(annotation, task, at)
    _withdraw(annotation, at=at)
    lease = offer(task, member)
    slot = next((slot for slot in slots if slot.annotation_id == annotation.pk), None)
    if slot and not is_final(task):
        Slot.objects.filter(pk=slot.pk).update(annotation=None)
        lend(Slot.objects.filter(pk=slot.pk), member, lease.token, task.queue)
        unsettle(task, at=at)
    look_again_from(seat, min(slot.place for slot in slots))
    release_others(seat, task)
    _keep_as_draft(annotation, at=at)
    audit.record(member, "withdrew_annotation", task, at=at, annotation=str(annotation.uid))
    return lease


def _submit(offered: Offered, payload: Payload, at: datetime) -> Submission:
    criteria = criteria_of(offered.queue.rubric_version)
    view = lock_task_of(offered, with_item=are_about_text(criteria))
    if replayed := next((row for row in view.earlier if row.token == offered.token), None):
        return replay(replayed, payload)
    answers = check(criteria, payload, lambda: view.item or nothing_shown())
    sides = sides_for(offered.task, offered.annotator)
    for answer in answers:
        answer.value = sides.stored(answer.criterion.kind, answer.value)
    refuse_if_over(offered.task)
    annotation = _row(offered, payload)
    annotation.supersedes, annotation.submitted_at = _to_supersede(view.earlier), at
    _store(offered, view, annotation, answers)
    return _submission(annotation)


def replay(annotation: Annotation, payload: Payload) -> Submission:
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


def _store(offered: Offered, view: TaskView, annotation: Annotation, answers: list[Answer]) -> None:
    """All that a submission changes, as one statement."""
    task, at = offered.task, annotation.submitted_at
    place = view.place_for(offered.annotator)
    steps = Steps()
    steps.insert("annotation", annotation)
    for number, answer in enumerate(answers):
        steps.insert(f"answer_{number}", answer, annotation_id="(SELECT id FROM annotation)")
    if place:
        _fill(steps, place, annotation)
    if view.draft:
        steps.add("ended", "DELETE FROM labeling_draft WHERE id = %(draft)s", draft=view.draft)
    about: dict[str, Any] = {"annotation": str(annotation.uid), "counted": place is not None}
    steps.insert("event", audit.event(offered.annotator, "annotated", task, at=at, **about))
    if place and view.awaited == 1:
        others = ballots_of(row.annotation for row in view.places)
        settle_in(steps, task, [*others, ballot_of(answers)], at=at)
    steps.run()


def _row(offered: Offered, payload: Payload) -> Annotation:
    queue = offered.task.queue
    return Annotation(
        task=offered.task,
        annotator=offered.annotator,
        token=offered.token,
        payload_digest=payload.digest,
        rubric_version=queue.rubric_version,
        language=payload.language,
        shown={**payload.shown, **showing(offered.task, offered.annotator, offered.token)},
        revealed=queue.shows_prediction,
        comment=payload.comment.strip(),
        unsure=payload.unsure,
        started_at=payload.started_at,
        active_ms=payload.active_ms,
    )


def _fill(steps: Steps, place: Place, annotation: Annotation) -> None:
    """Let a slot point at the annotation that is inserted beside it."""
    steps.add(
        "filled",
        f"""UPDATE labeling_slot SET annotator_id = %(annotator)s, token = %(token)s,
        annotation_id = (SELECT id FROM annotation), leased_until = {now()}, early = %(yes)s,
        held = %(no)s WHERE id = %(slot)s""",  # noqa: S608 - the database's own clock
        annotator=annotation.annotator_id,
        token=annotation.token.hex,
        slot=place.pk,
        yes=True,
        no=False,
    )


def _submission(annotation: Annotation) -> Submission:
    return Submission(annotation.uid, annotation.token, annotation.submitted_at)


def _refuse_undo(annotation: Annotation, task: Task, at: datetime) -> None:
    refuse_if_over(task)
    if annotation.superseded_by.exists() or annotation.kind == Annotation.Kind.WITHDRAWN:
        raise Conflict("already_withdrawn", _("This has been taken back already."))
    if at - annotation.submitted_at > UNDO_WITHIN:
        raise Conflict("too_late", _("The ten seconds for taking it back have passed."))
    if annotation.kind == Annotation.Kind.AMENDED:
        raise Conflict("already_amended", _("What was amended is not taken back; amend it again."))


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
    typed = given_in(annotation)
    Draft.objects.update_or_create(
        task_id=annotation.task_id,
        annotator_id=annotation.annotator_id,
        defaults={
            "answers": dict(typed.answers),
            "comment": typed.comment,
            "unsure": typed.unsure,
            "proposed": dict(typed.proposed),
            "updated_at": at,
        },
    )
