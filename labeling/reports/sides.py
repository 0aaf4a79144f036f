"""How the outputs of a task stand for one person."""

from __future__ import annotations

from collections.abc import Iterable

from labeling.models import Answer, Membership, Task
from labeling.policy.sides import Sides, sides_of


def sides_for(task: Task, member: Membership) -> Sides:
    """The same each time that this person looks at this task, whoever else has judged it.

    The queue's own key decides: no setting of the installation, so that none can move a side
    between what somebody sees and what they answer.
    """
    count, queue = len(task.outputs), task.queue
    key = bytes.fromhex(queue.sides_key)
    return sides_of(count, queue.blinding, key, task=task.pk, person=member.pk)


def seen_answers(sides: Sides, rows: Iterable[Answer]) -> dict[str, str | None]:
    """Stored answers by criterion key, as whoever sees these sides gave them."""
    return {
        row.criterion.key: None if row.cannot_tell else sides.seen(row.criterion.kind, row.value)
        for row in rows
    }
