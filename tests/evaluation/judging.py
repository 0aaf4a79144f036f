"""Outputs that are judged in tests: a set, versions with outputs, and people who choose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from evaluation.models import JudgedEvaluation
from evaluation.services.judged import Asked, have_judged, prepare
from labeling.models import Project, Task
from labeling.reports.judging import ShownItem, shown_item
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_annotator, make_items, make_rubric_version
from tests.labeling.makers import better

#: How somebody answers what they see; None stands for "cannot tell".
Answers = Callable[[ShownItem], dict[str, str | None]]


def tone(**fields: Any) -> dict[str, Any]:
    """A scale about one output."""
    options = [{"key": key, "label": key} for key in ("rude", "plain", "kind")]
    defaults = {"key": "tone", "kind": "ordinal", "subject": "output", "prompt": "How kind?"}
    return {**defaults, "options": options, **fields}


def make_outputs(
    project: Project, count: int = 10, *, names: str = "new old", **fields: Any
) -> tuple[Any, ...]:
    """A set version, and versions whose outputs begin with their names."""
    items = make_items(project, count, **fields)
    set_version = make_set_version(project, ["refund"] * count, items=items)
    versions = [make_version(project, name) for name in names.split()]
    for version in versions:
        outputs = [f"{version.name} says {number}" for number in range(count)]
        make_predictions(version, set_version, outputs)
    return set_version, *versions


def make_pairs(project: Project, count: int = 10, **fields: Any) -> JudgedEvaluation:
    """Pairs of two versions' outputs, each waiting for one person."""
    set_version, new, old = make_outputs(project, count)
    return make_judged(project, set_version, new, against=old, **fields)


def make_judged(project: Project, set_version: Any, version: Any, **fields: Any) -> Any:
    criteria = fields.pop("criteria", [better() | {"subject": "pair"}])
    rubric = fields.pop("rubric_version", None) or make_rubric_version(project, criteria)
    settings = {"overlap": 1, **fields.pop("settings", {})}
    asked = Asked(version, set_version, rubric, settings=settings, seed=1, **fields)
    evaluation = have_judged(asked, by=None)
    return prepare(JudgedEvaluation.objects.get(pk=evaluation.pk))


def judge_all(project: Project, answers: Answers, people: int = 1, most: int = 10_000) -> int:
    """People judge until nothing is left, long enough ago; how many judgments that were."""
    made = 0
    at = timezone.now() - timedelta(hours=1)
    for _ in range(people):
        person = make_annotator(project)
        while made < most and (lease := claim_next(person)):
            item = shown_item(Task.objects.get(pk=lease.task.pk), person)
            submit(person, lease.token, Payload(answers(item)), at=at)
            made += 1
    return made


def prefer(name: str) -> Answers:
    """Whoever prefers the outputs of one version, on whichever side they stand."""

    def answer(item: ShownItem) -> dict[str, str | None]:
        left = item.outputs[0].text.startswith(name)
        return {"better": "a" if left else "b"}

    return answer


def always(value: str | None, key: str = "better") -> Answers:
    return lambda _item: {key: value}
