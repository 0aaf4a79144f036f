"""Machine annotators: what they answered is stored beside the people's slots, never in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Annotation, Answer, Membership, Queue, Task
from labeling.policy.sides import Sides
from labeling.reports.judging import criteria_of, shown_item
from labeling.reports.machines import token_of
from labeling.reports.showing import showing
from labeling.reports.sides import sides_for
from labeling.services import audit
from labeling.services.answers import Payload, check
from labeling.services.leases import lock_seat


@transaction.atomic
def submit_machine(
    machine: Membership,
    queue: Queue,
    payloads: Mapping[Task, Payload],
    *,
    by: Membership,
    at: datetime,
) -> int:
    """Store a machine's answers to tasks of one queue, all or none; how many were new."""
    if machine.kind != Membership.Kind.MACHINE or machine.project_id != queue.project_id:
        raise ValidationError({"machine": _("There is no such machine annotator here.")})
    lock_seat(queue, machine)
    wanted = _not_yet_stored(machine, payloads)
    answers = _checked(machine, queue, wanted)
    annotations = [_annotation(machine, queue, *pair, at) for pair in wanted.items()]
    _store(annotations, answers)
    digest = sha256("".join(row.payload_digest for row in annotations).encode()).hexdigest()
    counts = {"machine": str(machine.uid), "count": len(annotations), "digest": digest}
    audit.record(by, "stored_machine_annotations", queue, at=at, machine_annotations=counts)
    return len(annotations)


def _not_yet_stored(machine: Membership, payloads: Mapping[Task, Payload]) -> dict[Task, Payload]:
    """What is new; the same again is fine, other answers than before are not."""
    rows = Annotation.objects.filter(annotator=machine, task__in=payloads)
    stored = dict(rows.values_list("task_id", "payload_digest"))
    for task, payload in payloads.items():
        if stored.get(task.pk, payload.digest) != payload.digest:
            message = _("This machine has answered otherwise before; the first answers stand.")
            raise Conflict("idempotency_mismatch", message)
    return {task: payload for task, payload in payloads.items() if task.pk not in stored}


def _checked(
    machine: Membership, queue: Queue, payloads: Mapping[Task, Payload]
) -> list[Sequence[Answer]]:
    criteria = criteria_of(queue.rubric_version)
    rows: list[Sequence[Answer]] = []
    for number, (task, payload) in enumerate(payloads.items()):
        try:
            found = check(criteria, payload, partial(shown_item, task, machine))
        except ValidationError as error:
            problems = [f"{key}: {' '.join(texts)}" for key, texts in error.message_dict.items()]
            raise ValidationError({f"annotations.{number}": problems}) from error
        rows.append(_of_outputs(found, sides_for(task, machine)))
    return rows


def _of_outputs(answers: list[Answer], sides: Sides) -> list[Answer]:
    """Answers about the sides that were shown, as they are about the outputs."""
    for answer in answers:
        answer.value = sides.stored(answer.criterion.kind, answer.value)
    return answers


def _store(annotations: list[Annotation], answers: list[Sequence[Answer]]) -> None:
    stored = Annotation.objects.bulk_create(annotations)
    for annotation, rows in zip(stored, answers, strict=True):
        for answer in rows:
            answer.annotation = annotation
    Answer.objects.bulk_create(answer for rows in answers for answer in rows)


def _annotation(
    machine: Membership, queue: Queue, task: Task, payload: Payload, at: datetime
) -> Annotation:
    token = token_of(machine, task)
    return Annotation(
        task=task,
        annotator=machine,
        token=token,
        payload_digest=payload.digest,
        rubric_version_id=queue.rubric_version_id,
        shown=showing(task, machine, token),
        revealed=queue.shows_prediction,
        comment=payload.comment.strip(),
        submitted_at=at,
    )
