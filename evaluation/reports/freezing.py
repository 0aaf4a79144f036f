"""The adjudications that become examples, with their weights, and what is left out and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from evaluation.models import Example, SetVersion
from labeling.models import Adjudication, Queue, Ruling, Task
from labeling.policy.rubrics import KINDS_OF_ONE_KEY
from labeling.reports.exports import DECIDED

AT_ONCE = 2_000
#: Twelve digits are what every database gives back unchanged.
DIGITS = Context(prec=12)
PLACES = Decimal("1e-9")
_COLUMNS = (
    "pk",
    "source",
    "task__item_id",
    "task__item__erased_at",
    "task__item__content_digest",
    "task__item__model_version",
    "task__sampled_item__stratum",
    "task__sampled_item__inclusion_probability",
    "task__sampled_item__copies",
)


@dataclass
class Tally:
    """What was seen on the way: who decided, whose outputs were judged, what was left out."""

    taken: int = 0
    by: Counter[str] = field(default_factory=Counter)
    judged_versions: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, source: str, model_version: str) -> int:
        """Count one example and give it its place."""
        self.taken += 1
        self.by[source] += 1
        self.judged_versions.add(model_version)
        return self.taken


def weight_of(copies: int | None, probability: float | None) -> Decimal:
    """How many items of the frame an example stands for; one where nothing was sampled.

    >>> weight_of(1, 0.4), weight_of(None, None)
    (Decimal('2.500000000'), Decimal('1.000000000'))
    """
    if not copies or not probability:
        return Decimal(1).quantize(PLACES)
    return DIGITS.divide(Decimal(copies), Decimal(repr(probability))).quantize(PLACES)


def examples_of(
    version: SetVersion, queues: Sequence[Queue], tally: Tally
) -> Iterator[list[Example]]:
    """The examples of these queues' finished tasks, a few at a time; an item comes once."""
    tally.left_out["undecided"] = (
        Task.objects.filter(queue__in=queues).exclude(state__in=DECIDED).count()
    )
    found = _standing(queues).iterator(chunk_size=AT_ONCE)
    last = None
    while batch := list(islice(found, AT_ONCE)):
        answers = _answers([row["pk"] for row in batch])
        examples = []
        for row in batch:
            again, last = row["task__item_id"] == last, row["task__item_id"]
            reason = "same_item_again" if again else _reason(version, row, answers)
            if reason:
                tally.left_out[reason] += 1
            else:
                examples.append(_example(version, row, answers[row["pk"]], tally))
        yield examples


def _standing(queues: Sequence[Queue]) -> QuerySet[Any, Any]:
    """Item by item in their order of arrival, what was decided last before what was before."""
    rows = Adjudication.objects.current().filter(task__queue__in=queues, task__state__in=DECIDED)
    standing: QuerySet[Any, Any] = rows.order_by("task__item_id", "-at", "-pk").values(*_COLUMNS)
    return standing


def _answers(adjudications: list[int]) -> dict[int, dict[str, str | None]]:
    """The rulings by criterion, None for "cannot tell".

    Only keys that a prediction can be compared with are kept. Free texts above all stay behind:
    they may quote an item that is erased one day.
    """
    answers: dict[int, dict[str, str | None]] = defaultdict(dict)
    rows = Ruling.objects.filter(
        adjudication__in=adjudications, criterion__kind__in=KINDS_OF_ONE_KEY
    )
    for adjudication, key, value, cannot_tell in rows.values_list(
        "adjudication_id", "criterion__key", "value", "cannot_tell"
    ):
        answers[adjudication][key] = None if cannot_tell else value
    return answers


def _reason(
    version: SetVersion, row: dict[str, Any], answers: dict[int, dict[str, str | None]]
) -> str:
    """Why an adjudication does not become an example; empty when it does."""
    if row["task__item__erased_at"] is not None:
        return "erased"
    answer = answers[row["pk"]].get(version.criterion, "")
    if answer is None:
        return "cannot_tell"
    return "" if answer else "unanswered"


def _example(
    version: SetVersion, row: dict[str, Any], answers: dict[str, str | None], tally: Tally
) -> Example:
    drawn = "task__sampled_item__"
    probability = row[f"{drawn}inclusion_probability"]
    return Example(
        set_version=version,
        position=tally.take(row["source"], row["task__item__model_version"]),
        item_id=row["task__item_id"],
        references={key: value for key, value in sorted(answers.items()) if value},
        weight=weight_of(row[f"{drawn}copies"], probability),
        stratum=row[f"{drawn}stratum"] or "",
        inclusion_probability=probability,
        adjudication_id=row["pk"],
        content_digest=row["task__item__content_digest"],
    )
