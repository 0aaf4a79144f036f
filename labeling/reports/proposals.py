"""The labels that annotators missed: one list for a rubric, whatever queue they come from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from labeling.models import Answer, Criterion, Item, Project, ProposedLabel, Rubric
from labeling.policy.proposing import same
from labeling.policy.values import NONE_OF_THESE, as_value

EXAMPLES = 3
NONE_VALUES = (NONE_OF_THESE, as_value([NONE_OF_THESE]))


@dataclass(frozen=True)
class Proposal:
    """One label by its most common spelling, on how many items it is missed, what became of it."""

    criterion: str
    prompt: str
    kind: str
    label: str
    items: int
    first_at: datetime | None
    spellings: list[str] = field(default_factory=list)
    examples: list[Item] = field(default_factory=list)
    decided: ProposedLabel | None = None

    @property
    def state(self) -> str:
        """Open until somebody has decided, and again when that was taken back."""
        return self.decided.state if self.decided else ProposedLabel.State.OPEN

    @property
    def item_ids(self) -> list[str]:
        """The examples as programs name them."""
        return [item.external_id for item in self.examples]


@dataclass
class _Gathered:
    spellings: Counter[str] = field(default_factory=Counter)
    items: dict[int, None] = field(default_factory=dict)
    first_at: datetime | None = None


def proposals_of(rubric: Rubric) -> list[Proposal]:
    """Every label missed under any version, the open ones first, the most frequent first."""
    gathered = _gathered(rubric)
    decided = {
        (row.criterion, same(row.label)): row
        for row in rubric.proposed_labels.select_related("decided_by__user")
    }
    asked = _asked(rubric)
    items = _items(gathered.values())
    found = [
        _proposal(key, gathered.get(key, _Gathered()), asked, decided.get(key), items)
        for key in dict.fromkeys([*gathered, *decided])
    ]
    order = list(ProposedLabel.State.values)
    return sorted(found, key=lambda row: (order.index(row.state), -row.items, row.label))


def unnamed(rubric: Rubric) -> dict[str, int]:
    """How many items of each question got "none of these" from somebody who named no label."""
    rows = _standing(rubric).filter(value__in=NONE_VALUES, proposed="")
    counted = rows.values_list("criterion__key").order_by("criterion__key")
    return dict(counted.annotate(Count("annotation__task__item", distinct=True)))


def waiting_in(project: Project) -> list[tuple[Rubric, int]]:
    """The rubrics of a project with labels to decide about, and how many; one query if none."""
    waiting = _waiting(Answer.objects.filter(criterion__version__rubric__project=project))
    rubrics = Rubric.objects.filter(pk__in=waiting).select_related("project") if waiting else ()
    return [(rubric, len(waiting[rubric.pk])) for rubric in rubrics]


def waiting_for(rubric: Rubric) -> int:
    """How many labels of a rubric there are to decide about; one query if none."""
    waiting = _waiting(Answer.objects.filter(criterion__version__rubric=rubric))
    return len(waiting.get(rubric.pk, ()))


def _waiting(answers: QuerySet[Answer]) -> dict[int, set[tuple[str, str]]]:
    """Labels that were missed and that nobody has decided about, by rubric."""
    named = _of_answers(answers).exclude(proposed="").order_by().distinct()
    waiting: dict[int, set[tuple[str, str]]] = defaultdict(set)
    columns = ("criterion__version__rubric", "criterion__key", "proposed")
    for rubric, key, label in named.values_list(*columns):
        waiting[rubric].add((key, same(label)))
    decided = ProposedLabel.objects.filter(rubric__in=waiting) if waiting else ()
    for row in decided:
        if row.state != ProposedLabel.State.OPEN:
            waiting[row.rubric_id].discard((row.criterion, same(row.label)))
    return {rubric: labels for rubric, labels in waiting.items() if labels}


def _standing(rubric: Rubric) -> QuerySet[Answer]:
    return _of_answers(Answer.objects.filter(criterion__version__rubric=rubric))


def _of_answers(rows: QuerySet[Answer]) -> QuerySet[Answer]:
    """Answers that nothing has superseded, of items that are still there."""
    return rows.filter(
        criterion__propose=True,
        annotation__superseded_by__isnull=True,
        annotation__task__item__erased_at__isnull=True,
    )


def _gathered(rubric: Rubric) -> dict[tuple[str, str], _Gathered]:
    rows = _standing(rubric).exclude(proposed="").order_by("pk")
    found: dict[tuple[str, str], _Gathered] = defaultdict(_Gathered)
    columns = ("criterion__key", "proposed", "annotation__task__item_id")
    for key, label, item, at in rows.values_list(*columns, "annotation__submitted_at"):
        one = found[key, same(label)]
        one.spellings[label] += 1
        one.items[item] = None
        one.first_at = min(one.first_at or at, at)
    return found


def _asked(rubric: Rubric) -> dict[str, Criterion]:
    """Each question as its newest version words it."""
    rows = Criterion.objects.filter(version__rubric=rubric).order_by("version__number")
    return {row.key: row for row in rows.defer("help", "help_html", "translations")}


def _items(gathered: Iterable[_Gathered]) -> dict[int, Item]:
    wanted = {pk for one in gathered for pk in list(one.items)[:EXAMPLES]}
    rows = Item.objects.filter(pk__in=wanted).select_related("project")
    return {row.pk: row for row in rows.only("uid", "external_id", "project")}


def _proposal(
    key: tuple[str, str],
    one: _Gathered,
    asked: dict[str, Any],
    decided: ProposedLabel | None,
    items: dict[int, Item],
) -> Proposal:
    criterion = asked.get(key[0])
    spellings = [label for label, _count in one.spellings.most_common()]
    return Proposal(
        criterion=key[0],
        prompt=criterion.prompt if criterion else key[0],
        kind=criterion.kind if criterion else "",
        label=decided.label if decided else spellings[0],
        items=len(one.items),
        first_at=one.first_at,
        spellings=spellings,
        examples=[items[pk] for pk in list(one.items)[:EXAMPLES] if pk in items],
        decided=decided,
    )
