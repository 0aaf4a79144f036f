"""The items behind an evaluation by people: whose output said what, and what was said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from evaluation.models import JudgedEvaluation, JudgedOutput
from evaluation.reports.judged import Scored, questions_of, scored_items
from labeling.models import Item, Task


@dataclass(frozen=True)
class JudgedRow:
    """One item: each version's output, the evaluated one's first, and its score by question."""

    task: Task
    outputs: list[tuple[str, str]]
    said: dict[str, Scored]

    @property
    def item(self) -> Item:
        return self.task.item

    @property
    def main(self) -> Scored | None:
        """What was said to the first question that gives a number."""
        return next(iter(self.said.values()), None)


def judged_tasks(evaluation: JudgedEvaluation) -> QuerySet[Task]:
    """The tasks of an evaluation, in the order of the set."""
    rows = Task.objects.filter(queue=evaluation.queue_id).select_related("item__project")
    return rows.order_by("pk")


def rows_of(evaluation: JudgedEvaluation, tasks: Sequence[Task]) -> list[JudgedRow]:
    """What stands behind these tasks; sides are undone: outputs are named by their version."""
    own = evaluation.model_version_id
    mapping: dict[int, list[tuple[bool, int, str]]] = defaultdict(list)
    places: dict[int, int] = {}
    kept = JudgedOutput.objects.filter(evaluation=evaluation, task__in=tasks)
    for row in kept.select_related("version", "example"):
        mapping[row.task_id].append((row.version_id != own, row.position, row.version.name))
        places[row.task_id] = row.example.position
    said = {
        question.key: scored_items(evaluation, question, tasks)
        for question in questions_of(list(evaluation.rubric_version.criteria.all()))
        if question.gives_a_number(evaluation.outputs)
    }
    return [
        JudgedRow(
            task,
            [
                (name, _output(task, position))
                for _other, position, name in sorted(mapping[task.pk])
            ],
            {key: scored[places[task.pk]] for key, scored in said.items()},
        )
        for task in tasks
    ]


def _output(task: Task, position: int) -> str:
    """An erased item has none any more."""
    return task.outputs[position] if position < len(task.outputs) else ""
