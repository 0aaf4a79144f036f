"""How the outputs of a task stand for one person."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.crypto import salted_hmac

from labeling.models import Answer, Membership, Task
from labeling.policy.sides import Sides, sides_of


def sides_for(task: Task, member: Membership) -> Sides:
    """The same each time that this person looks at this task, whoever else has judged it."""
    count, blinding = len(task.outputs), task.queue.blinding
    return sides_of(count, blinding, _secret(), task=task.pk, person=member.pk)


def seen_answers(sides: Sides, rows: Iterable[Answer]) -> dict[str, str | None]:
    """Stored answers by criterion key, as whoever sees these sides gave them."""
    return {
        row.criterion.key: None if row.cannot_tell else sides.seen(row.criterion.kind, row.value)
        for row in rows
    }


def _secret() -> bytes:
    """A key of the installation's own, so that sides cannot be told from ids."""
    return salted_hmac("labeling.sides", "", algorithm="sha256").digest()
