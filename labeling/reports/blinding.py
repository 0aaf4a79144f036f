"""What a queue hides, shows and shuffles, and what in it may give something away all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from labeling.formats.suggestions import gives_away
from labeling.models import Criterion, Item, Queue, Task
from labeling.policy.blinding import (
    SHUFFLED,
    FieldRule,
    fields_beside,
    hidden_fields,
    visible_fields,
    visible_outputs,
)
from labeling.policy.naming import names_in
from labeling.reports.judging import criteria_of, rules_of

#: So many tasks are read for names of models: the first of the queue, which is in no order.
LOOKED_AT = 200
#: Of a text so much is read.
READ = 20_000
#: So many different names are told.
MOST = 30


@dataclass(frozen=True)
class BlindingPolicy:
    """What annotators see of an item by name, and what comes in an order drawn for them."""

    shown: list[str]
    masked: list[str]
    hidden: list[str]
    attributes: list[str]
    prediction: bool
    shuffled: list[str]
    fixed: list[str]


@dataclass(frozen=True)
class NamedModel:
    """A name of a model, and in how many tasks it is to be read."""

    name: str
    tasks: int


@dataclass(frozen=True)
class GivenAway:
    """What may tell annotators what they must not know.

    names: of models, in texts that are shown, the most frequent first.
    columns: fields and attributes whose name says that they hold the answer.
    """

    looked_at: int
    tasks: int
    names: list[NamedModel]
    columns: list[str]

    @property
    def nothing(self) -> bool:
        return not self.names and not self.columns


def blinding_of(queue: Queue) -> BlindingPolicy:
    """The policy of a queue, by the labels that people read."""
    rules, hidden = rules_of(queue.project_id), hidden_fields(queue.blinding)
    seen = [rule for rule in rules if rule.name not in hidden]
    show = queue.blinding.get("show", {})
    shuffles = list(_shuffles(queue))
    return BlindingPolicy(
        shown=[_label(rule) for rule in seen if rule.visibility == "shown"],
        masked=[_label(rule) for rule in seen if rule.visibility == "masked"],
        hidden=[_label(rule) for rule in rules if rule not in seen or rule.visibility == "hidden"],
        attributes=list(show.get("attributes", [])),
        prediction=queue.shows_prediction,
        shuffled=[said for said, drawn in shuffles if drawn],
        fixed=[said for said, drawn in shuffles if not drawn],
    )


def given_away(queue: Queue, names: Iterable[str] = ()) -> GivenAway:
    """What is found in the first tasks of a queue; names: of models, besides those of its items."""
    rules, names = rules_of(queue.project_id), list(names)
    tasks = queue.tasks.filter(item__erased_at__isnull=True).select_related("item").order_by("pk")
    rows = list(tasks[:LOOKED_AT])
    models = {*names, *Item.objects.filter(tasks__in=rows).values_list("model_version", flat=True)}
    found: Counter[str] = Counter()
    for task in rows:
        found.update(names_in(_texts(queue, task, rules), models - {""}))
    attributes = queue.blinding.get("show", {}).get("attributes", [])
    columns = [rule.name for rule in _seen(queue, rules)] + list(attributes)
    return GivenAway(
        len(rows),
        tasks.count(),
        [NamedModel(*row) for row in sorted(found.items(), key=_frequent)[:MOST]],
        [name for name in columns if gives_away(name)],
    )


def _shuffles(queue: Queue) -> Iterable[tuple[str, bool]]:
    """What could be shuffled here, and whether it is."""
    yield _("items, for each person"), queue.order == Queue.Order.RANDOM
    if any(row.kind in SHUFFLED and row.options for row in criteria_of(queue.rubric_version)):
        yield _("options, for each item and person"), bool(queue.blinding.get("shuffle_options"))
    if _compares(queue):
        yield _("sides, for each item and person"), queue.blinding.get("shuffle_sides", True)


def _compares(queue: Queue) -> bool:
    kinds = (Criterion.Kind.PREFERENCE, Criterion.Kind.RANKING)
    return any(row.kind in kinds for row in criteria_of(queue.rubric_version))


def _texts(queue: Queue, task: Task, rules: list[FieldRule]) -> list[str]:
    """All texts of a task as they are shown."""
    beside = fields_beside(task.outputs, task.item.content, rules, queue.blinding)
    shown = [*visible_fields(task.item.content, beside), *visible_outputs(task.outputs, rules)]
    return [field.text[:READ] for field in shown]


def _seen(queue: Queue, rules: list[FieldRule]) -> list[FieldRule]:
    hidden = hidden_fields(queue.blinding)
    return [rule for rule in rules if rule.visibility != "hidden" and rule.name not in hidden]


def _frequent(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]


def _label(rule: FieldRule) -> str:
    return rule.label or rule.name
