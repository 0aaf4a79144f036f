"""Finished tasks and frozen sets for tests, with defaults for whatever a test does not mention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.models import SetVersion
from evaluation.services.sets import create_set, freeze
from labeling.formats.mapping import ItemRow
from labeling.models import Adjudication, Item, Membership, Project, Queue, Ruling, Task
from labeling.services.imports import import_rows
from tests.factories import make_member, make_queue
from tests.jobs import run_jobs


def imported_items(project: Project, count: int, **attributes: str) -> list[Item]:
    """Items as an import makes them, with a salt and a digest that fits their content."""
    first = project.items.count()
    nothing = ("", "", None, None, None)
    rows = [
        ItemRow(place, f"m-{place}", {"text": f"Message {place}"}, attributes, *nothing)
        for place in range(first, first + count)
    ]
    batch = import_rows(project, rows, name="items.jsonl", source="command", by=None)
    return list(batch.items.order_by("pk"))


def decide(
    task: Task, value: str | None = "refund", *, by: Membership | None = None
) -> Adjudication:
    """Settle a task by policy, or by a person; None stands for "cannot tell"."""
    version = task.queue.rubric_version
    adjudication = Adjudication.objects.create(
        task=task,
        source="person" if by else "policy",
        adjudicator=by,
        rubric_version=version,
        supersedes=Adjudication.objects.current().filter(task=task).first(),
    )
    Ruling.objects.create(
        adjudication=adjudication,
        criterion=version.criteria.get(key="topic"),
        value=value or "",
        cannot_tell=value is None,
    )
    task.state = "adjudicated" if by else "settled"
    task.save(update_fields=["state"])
    return adjudication


def decided_queue(
    project: Project, answers: Sequence[str | None] = ("refund", "delivery"), **fields: Any
) -> Queue:
    """A queue with one finished task for each answer."""
    queue = make_queue(project, imported_items(project, len(answers)), **fields)
    for task, answer in zip(queue.tasks.order_by("pk"), answers, strict=True):
        decide(task, answer)
    return queue


def frozen(queue: Queue, name: str = "Golden", *, by: Membership | None = None) -> SetVersion:
    """The first version of a set made of a queue's finished tasks."""
    by = by or make_member(queue.project, "lead")
    evaluation_set = create_set(queue.project, name, "frozen", by=by)
    version = freeze(evaluation_set, [queue], criterion="topic", by=by)
    run_jobs()
    version.refresh_from_db()
    return version
