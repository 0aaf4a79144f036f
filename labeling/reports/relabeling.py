"""The tasks that have to be judged again since a published version decided so."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from labeling.models import Queue, RubricChange, RubricVersion, Task
from labeling.models.queues import TaskQuerySet
from labeling.policy.rubric_changes import Touch
from labeling.reports.rubric_impact import reach, standing_answers, standing_rulings


@dataclass(frozen=True)
class Again:
    """A queue under an earlier version, and how many of its tasks are to be judged again."""

    queue: Queue
    tasks: int


def to_judge_again(version: RubricVersion) -> TaskQuerySet:
    """Tasks with an answer that this version's changes ask for again, not in a queue of it yet."""
    rules = list(version.changes.filter(decision=RubricChange.Decision.RELABEL))
    before = rules[0].before if rules else None
    if before is None:
        return Task.objects.none()
    answers = Q()
    for rule in rules:  # a question that is new has no answers: whoever judged is asked again
        touch = Touch.RUBRIC if rule.touch == Touch.NOTHING else rule.touch
        answers |= reach(touch, rule.criterion, rule.keys)
    annotated = standing_answers(before).filter(answers).values("annotation__task")
    settled = standing_rulings(before).filter(answers).values("adjudication__task")
    touched = Task.objects.filter(Q(pk__in=annotated) | Q(pk__in=settled))
    asked = Task.objects.filter(queue__rubric_version=version).values("item")
    return touched.exclude(item__in=asked)


def again_by_queue(version: RubricVersion) -> list[Again]:
    """The queues with tasks to judge again, the oldest first."""
    counts = dict(
        to_judge_again(version).order_by().values_list("queue").annotate(tasks=Count("pk"))
    )
    queues = Queue.objects.filter(pk__in=counts).select_related("project").order_by("pk")
    return [Again(queue, counts[queue.pk]) for queue in queues]
