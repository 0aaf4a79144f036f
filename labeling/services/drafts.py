"""What somebody has typed and not submitted, kept on the server beside the browser's own copy."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Draft, Membership, Task
from labeling.policy.proposing import missed
from labeling.services.answers import Payload, given
from labeling.services.leases import lock_offered


@transaction.atomic
def save_draft(
    member: Membership, token: UUID, typed: Payload, sequence: int, *, at: datetime
) -> int:
    """Keep what was typed; a tab that is behind another one never overwrites it."""
    task = lock_offered(member, token).task
    if task.item.erased_at:
        raise Conflict("item_erased", _("This item has been erased in the meantime."))
    draft = Draft.objects.filter(task=task, annotator=member).first()
    if draft and draft.client_sequence >= sequence:
        raise Conflict("newer_draft", _("This item is being answered in another tab as well."))
    _write(task, member, typed, sequence, at)
    return sequence


@transaction.atomic
def keep_draft(member: Membership, token: UUID, typed: Payload, *, at: datetime) -> None:
    """Keep what could not be submitted any more; a comment goes where its item is asked now.

    Of an item that was erased nothing is kept here: it would repeat what was to go.
    """
    task = lock_offered(member, token).task
    if task.item.erased_at:
        return
    if task.state == Task.State.SET_ASIDE and typed.comment:
        _keep_comment_later(task, member, typed.comment, at)
    draft = Draft.objects.filter(task=task, annotator=member).first()
    _write(task, member, typed, draft.client_sequence + 1 if draft else 1, at)


def _keep_comment_later(task: Task, member: Membership, comment: str, at: datetime) -> None:
    """Keep a comment with the task in which a later rubric version asks the item."""
    later = Task.objects.filter(queue__succeeds=task.queue_id, item=task.item_id).first()
    if later is not None:
        fields = {"comment": comment, "updated_at": at}
        Draft.objects.update_or_create(task=later, annotator=member, defaults=fields)


def _write(task: Task, member: Membership, typed: Payload, sequence: int, at: datetime) -> None:
    fields = {
        "answers": given(typed.answers),
        "comment": typed.comment,
        "unsure": typed.unsure,
        "proposed": missed(typed.answers, typed.proposed),
        "client_sequence": sequence,
        "updated_at": at,
    }
    Draft.objects.update_or_create(task=task, annotator=member, defaults=fields)
