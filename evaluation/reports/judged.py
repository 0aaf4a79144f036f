"""What people said of outputs: how far they are, and what it comes to.

`JudgedResult` is the stored JSON as dataclasses (`read`). Each item counts once: its score is the
mean of the judgments that count on it; where an adjudicator has decided, the decision takes their
place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from evaluation.models import Example, JudgedEvaluation, JudgedOutput
from evaluation.policy.judged import COMPARING, WORTH, Question, Said, mean, said_of, score_of
from evaluation.policy.parts import Part, all_parts, mask_of
from evaluation.reports.evaluations import project_slices
from evaluation.reports.predictions import examples_of
from evaluation.stats.answers import Floats, Mask
from evaluation.stats.judged import mean_score
from labeling.models import (
    Adjudication,
    Answer,
    Criterion,
    Project,
    Queue,
    RubricVersion,
    Ruling,
    Task,
)
from labeling.reports.snapshots import revived
from labeling.stats.estimate import Estimate

#: How a result is computed; another way of computing gets another name.
METHOD = "fettle-judged/2"
JUDGED = (Task.State.SETTLED, Task.State.DISPUTED, Task.State.ADJUDICATED)
AWAITED = (Task.State.OPEN, Task.State.ATTENTION)


@dataclass(frozen=True)
class Progress:
    """How many of the items have been judged, and of how many it is still awaited."""

    judged: int
    wanted: int
    awaited: int


@dataclass(frozen=True)
class JudgedPart:
    """The same number on a part of the set; origin as in evaluations."""

    origin: str
    name: str
    share: float
    value: Estimate


@dataclass(frozen=True)
class QuestionResult:
    """One question: a win rate where it compares outputs, else a score.

    value: from 0 to 1; low, high: the ends of the scale that people answered on. wins, losses,
    ties, both_bad: judgments, each counted once. positions, scores, groups: the items that have a
    score, by where they stand in the set (from 0); those of one group have the same code.
    """

    key: str
    prompt: str
    kind: str
    value: Estimate
    low: float
    high: float
    judgments: int
    wins: int
    losses: int
    ties: int
    both_bad: int
    parts: list[JudgedPart] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class JudgedResult:
    """What an evaluation by people has come to; final: nothing more is awaited."""

    method: str
    final: bool
    judged: int
    wanted: int
    questions: list[QuestionResult] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def question(self, key: str) -> QuestionResult | None:
        return next((one for one in self.questions if one.key == key), None)


@dataclass(frozen=True)
class Scored:
    """What was said about one item: its score, and its judgments."""

    score: float | None
    judgments: int
    said: Counter[Said]


def read(evaluation: JudgedEvaluation) -> JudgedResult | None:
    """The result that was counted last, final or not."""
    return revived(JudgedResult, evaluation.result) if evaluation.result else None


def progress_of(evaluation: JudgedEvaluation) -> Progress:
    """Counted by the database from the tasks' states."""
    return progress_by_queue([evaluation]).get(evaluation.queue_id, Progress(0, 0, 0))


def progress_by_queue(evaluations: Iterable[JudgedEvaluation]) -> dict[int | None, Progress]:
    """The same for several, by one query; nothing for those without a queue yet."""
    queues = {row.queue_id for row in evaluations if row.queue_id is not None}
    rows = Task.objects.filter(queue__in=queues).order_by().values_list("queue", "state")
    states: dict[int | None, dict[str, int]] = defaultdict(dict)
    for queue, state, number in rows.annotate(count=Count("pk")):
        states[queue][state] = number
    return {queue: _progress(found) for queue, found in states.items()}


def _progress(states: Mapping[str, int]) -> Progress:
    judged, awaited = (sum(states.get(one, 0) for one in of) for of in (JUDGED, AWAITED))
    return Progress(judged, sum(states.values()), awaited)


def is_over(evaluation: JudgedEvaluation) -> bool:
    """Whether nothing more is to be expected: everything is judged, or the queue is closed."""
    queue = evaluation.queue
    if queue is None or queue.state == Queue.State.PREPARING:
        return False
    return queue.state == Queue.State.CLOSED or not progress_of(evaluation).awaited


def questions_of(criteria: Sequence[Criterion]) -> list[Question]:
    """The criteria of a rubric version as the policy looks at them."""
    return [
        Question(
            row.key,
            row.kind,
            row.subject,
            [option["key"] for option in row.options],
            row.terms,
            row.when,
        )
        for row in criteria
    ]


def asked_in(project: Project) -> list[Criterion]:
    """The questions of published rubrics that people can be asked about outputs."""
    rows = Criterion.objects.filter(
        version__rubric__project=project, version__state=RubricVersion.State.PUBLISHED
    )
    return list(rows.filter(subject__in=["output", "pair"]).order_by("key"))


def count(evaluation: JudgedEvaluation, *, final: bool) -> JudgedResult:
    """What has been said so far, question by question, overall and by part of the set."""
    set_version = evaluation.set_version
    examples = examples_of(set_version)
    slices, left_out = project_slices(set_version)
    index, groups = _arrangement(evaluation)
    columns = examples.columns
    parts = [(part, mask_of(part.slice, columns)) for part in all_parts(columns, slices)]
    progress = progress_of(evaluation)
    criteria = {row.key: row for row in evaluation.rubric_version.criteria.all()}
    found = []
    for question in questions_of(list(criteria.values())):
        if question.gives_a_number(evaluation.outputs):
            scored = scored_items(evaluation, question)
            counted = _Counted(scored, index, examples.weights, groups)
            found.append(_question(criteria[question.key], question, counted, parts))
    return JudgedResult(METHOD, final, progress.judged, progress.wanted, found, left_out)


def scored_items(
    evaluation: JudgedEvaluation, question: Question, tasks: Sequence[Task] | None = None
) -> dict[int, Scored]:
    """What was said about each item, or about those of these tasks, by its place in the set."""
    own = JudgedOutput.objects.filter(evaluation=evaluation, version=evaluation.model_version)
    if tasks is not None:
        own = own.filter(task__in=tasks)
    rows = own.values_list("task_id", "position", "example__position")
    values = _values(evaluation, question.key)
    return {
        place: _scored(question, position, values.get(task, ())) for task, position, place in rows
    }


def _values(evaluation: JudgedEvaluation, key: str) -> dict[int, list[str]]:
    """The answers that count by task: an adjudicator's ruling, else what each annotator said."""
    tasks = {"annotation__task__queue": evaluation.queue_id}
    given = Answer.objects.filter(**tasks, criterion__key=key, annotation__slots__isnull=False)
    by_task: dict[int, list[str]] = defaultdict(list)
    for task, value in given.exclude(value="").values_list("annotation__task", "value"):
        by_task[task].append(value)
    rulings = Ruling.objects.filter(
        adjudication__in=Adjudication.objects.current().filter(task__queue=evaluation.queue_id),
        adjudication__source=Adjudication.Source.PERSON,
        adjudication__task__state=Task.State.ADJUDICATED,
        criterion__key=key,
    )
    for task, value in rulings.values_list("adjudication__task", "value"):
        by_task[task] = [value] if value else []
    return by_task


def _scored(question: Question, position: int, values: Sequence[str]) -> Scored:
    if question.kind in COMPARING:
        said = [one for value in values if (one := said_of(question.kind, value, position))]
        score = mean(WORTH.get(one) for one in said)
        return Scored(score, len(said), Counter(said))
    scores = [score_of(question, value) for value in values]
    return Scored(mean(scores), sum(one is not None for one in scores), Counter())


@dataclass(frozen=True)
class _Counted:
    """What was said about the items of a set, with what they weigh and who belongs together.

    index: where an example stands in the arrays, by its place in the set.
    """

    scored: Mapping[int, Scored]
    index: Mapping[int, int]
    weights: Floats
    groups: NDArray[np.int64]

    def scores(self) -> Floats:
        """(examples,) NaN where there is none."""
        found = np.full(len(self.weights), np.nan)
        for place, one in self.scored.items():
            if one.score is not None:
                found[self.index[place]] = one.score
        return found

    def within(self, mask: Mask) -> Estimate:
        scores = self.scores()
        inside = mask & ~np.isnan(scores)
        return mean_score(scores[inside], self.weights[inside], self.groups[inside])

    def judgments(self, said: Said) -> int:
        return sum(one.said[said] for one in self.scored.values())


def _question(
    criterion: Criterion,
    question: Question,
    counted: _Counted,
    parts: Sequence[tuple[Part, Mask]],
) -> QuestionResult:
    scores = counted.scores()
    places = np.flatnonzero(~np.isnan(scores))
    low, high = question.ends
    return QuestionResult(
        key=criterion.key,
        prompt=criterion.prompt,
        kind=criterion.kind,
        value=counted.within(np.ones(len(scores), dtype=bool)),
        low=low,
        high=high,
        judgments=sum(one.judgments for one in counted.scored.values()),
        wins=counted.judgments(Said.WIN),
        losses=counted.judgments(Said.LOSS),
        ties=counted.judgments(Said.TIE),
        both_bad=counted.judgments(Said.BOTH_BAD),
        parts=_parts(counted, parts, scores),
        positions=places.tolist(),
        scores=scores[places].tolist(),
        groups=counted.groups[places].tolist(),
    )


def _parts(
    counted: _Counted, parts: Sequence[tuple[Part, Mask]], scores: Floats
) -> list[JudgedPart]:
    has_score = ~np.isnan(scores)
    total = float(counted.weights[has_score].sum())
    rows = [
        JudgedPart(
            str(part.origin),
            part.name,
            float(counted.weights[mask & has_score].sum()) / total,
            counted.within(mask),
        )
        for part, mask in parts
        if (mask & has_score).any()
    ]
    return sorted(rows, key=lambda row: row.value.value)


def _arrangement(evaluation: JudgedEvaluation) -> tuple[dict[int, int], NDArray[np.int64]]:
    """Where each example stands, by its place; and its group: an item without one is alone."""
    rows = Example.objects.filter(set_version=evaluation.set_version).order_by("position")
    index: dict[int, int] = {}
    codes: dict[str, int] = {}
    groups = []
    for place, group in rows.values_list("position", "item__group"):
        index[place] = len(index)
        groups.append(codes.setdefault(group or f"\0{place}", len(codes)))
    return index, np.array(groups, dtype=np.int64)
