"""What other apps have built on tasks, queues and imports, asked before one is taken back.

This app knows the question only: an app that builds on it registers its answers when Django is
ready, as it does with its kinds of job.
"""

from __future__ import annotations

from collections.abc import Callable

from labeling.errors import Conflict
from labeling.models import Import, Queue, Task

#: Says in a sentence why the row has to stay as it is; nothing where it need not.
TaskReason = Callable[[Task], str]
ImportReason = Callable[[Import], str]
QueueReason = Callable[[Queue], str]

_on_tasks: list[TaskReason] = []
_on_imports: list[ImportReason] = []
_on_queues: list[QueueReason] = []


def keeps_task(reason: TaskReason) -> TaskReason:
    """Register why the answer of a task that is finished cannot be taken back any more."""
    _on_tasks.append(reason)
    return reason


def keeps_import(reason: ImportReason) -> ImportReason:
    """Register why the items of an import cannot be deleted any more."""
    _on_imports.append(reason)
    return reason


def keeps_queue(reason: QueueReason) -> QueueReason:
    """Register why the tasks of a queue cannot be asked under another rubric version."""
    _on_queues.append(reason)
    return reason


def is_task_kept(task: Task) -> bool:
    """Whether something rests on the task's answer; the caller holds the task's lock."""
    return any(reason(task) for reason in _on_tasks)


def refuse_if_task_kept(task: Task) -> None:
    """Conflict where something rests on the task's answer; the caller holds the task's lock."""
    for reason in _on_tasks:
        if sentence := reason(task):
            raise Conflict("already_used", sentence)


def refuse_if_import_kept(batch: Import) -> None:
    """Conflict where something rests on items of the import."""
    for reason in _on_imports:
        if sentence := reason(batch):
            raise Conflict("import_used", sentence)


def refuse_if_queue_kept(queue: Queue) -> None:
    """Conflict where something waits for the answers under the queue's own version."""
    for reason in _on_queues:
        if sentence := reason(queue):
            raise Conflict("queue_used", sentence)
