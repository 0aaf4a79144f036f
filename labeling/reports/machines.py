"""What a machine annotator gets to see of a queue: what a person would, and as blind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from labeling.models import Annotation, Membership, Queue, Task
from labeling.models.queues import TaskQuerySet
from labeling.reports.judging import ShownItem, rules_of, shown_item
from labeling.reports.showing import showing


@dataclass(frozen=True, slots=True)
class ForMachine:
    """A task that a machine has yet to answer; options: in which order, where it is shuffled."""

    task: UUID
    item: ShownItem
    options: dict[str, list[str]]


def unanswered_by(machine: Membership, queue: Queue) -> TaskQuerySet:
    """The tasks of a queue that a machine has not answered, in whatever state people left them."""
    answered = Annotation.objects.filter(annotator=machine, task__queue=queue)
    rows = queue.tasks.exclude(pk__in=answered.values("task"))
    rows = rows.exclude(state=Task.State.SET_ASIDE).filter(item__erased_at__isnull=True)
    return rows.select_related("item")


def for_machine(machine: Membership, queue: Queue, tasks: Iterable[Task]) -> list[ForMachine]:
    """These tasks as the machine is to see them."""
    rules, found = rules_of(queue.project_id), []
    for task in tasks:
        task.queue = queue
        options = showing(task, machine, token_of(machine, task)).get("options", {})
        found.append(ForMachine(task.uid, shown_item(task, machine, rules), options))
    return found


def token_of(machine: Membership, task: Task) -> UUID:
    """The key of a machine's one answer to a task: the same each time, nothing is leased."""
    return uuid5(NAMESPACE_URL, f"{machine.uid}/{task.uid}")
