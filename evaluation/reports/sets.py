"""What the pages of a set show: what it covers, how good its labels are, how versions differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Min

from evaluation.models import EvaluationSet, SetVersion
from labeling.models import Item
from labeling.reports.snapshots import revived
from labeling.stats.estimate import Estimate

MOST_VALUES = 30
MOST_CHANGES = 200


@dataclass(frozen=True)
class Part:
    """Examples of one label, branch or attribute value; share is of the whole weight."""

    key: str
    label: str
    n: int
    share: float


@dataclass(frozen=True)
class Coverage:
    """What a version holds, by reference answer, by branch of the taxonomy and by attribute.

    answers: how many different ones there are; of parts, the thirty most frequent are listed.
    """

    answers: int
    labels: list[Part]
    branches: list[Part]
    attributes: list[tuple[str, list[Part]]]
    missing_labels: list[str]
    erased: int
    first: Any
    last: Any


@dataclass(frozen=True)
class Change:
    """One item whose reference answer differs; None where a version does not have the item."""

    item: str
    external_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Diff:
    """How a version differs from an older one; `changes` are the first of each kind."""

    added: int
    removed: int
    changed: int
    unchanged: int
    changes: list[Change]


@dataclass(frozen=True)
class AgreementOfQueue:
    """What a version's labels rest on in one queue."""

    queue: str
    distance: str
    alpha: Estimate
    agreement: Estimate
    items: int


@dataclass
class _Counts:
    n: Counter[str] = field(default_factory=Counter)
    weight: Counter[str] = field(default_factory=Counter)

    def add(self, key: str, weight: float) -> None:
        self.n[key] += 1
        self.weight[key] += weight  # type: ignore[assignment]

    def parts(self, labels: dict[str, str]) -> list[Part]:
        """The most frequent first."""
        whole = sum(self.weight.values()) or 1
        ordered = sorted(self.n, key=lambda key: (-self.n[key], key))
        return [
            Part(key, labels.get(key, key), self.n[key], self.weight[key] / whole)
            for key in ordered[:MOST_VALUES]
        ]


def newest_versions(sets: Iterable[EvaluationSet]) -> dict[int, SetVersion]:
    """The newest frozen version of each set that has one."""
    rows = SetVersion.objects.frozen().filter(evaluation_set__in=list(sets)).order_by("number")
    slim = rows.only("evaluation_set_id", "number", "size", "created_at", "criterion", "provenance")
    return {version.evaluation_set_id: version for version in slim}


def coverage(version: SetVersion) -> Coverage:
    """One pass over the examples of a version."""
    labels, branches = _Counts(), _Counts()
    attributes: dict[str, _Counts] = defaultdict(_Counts)
    parents = parents_of(version)
    rows = version.examples.values_list("references", "weight", "item__attributes").order_by()
    for references, weight, said in rows.iterator(chunk_size=2_000):
        answer, heavy = references[version.criterion], float(weight)
        labels.add(answer, heavy)
        if parents:
            branches.add(top_of(answer, parents), heavy)
        for name, value in said.items():
            attributes[name].add(value, heavy)
    names = labels_of(version)
    inner = set(parents.values())
    return Coverage(
        len(labels.n),
        labels.parts(names),
        branches.parts(names),
        [(name, attributes[name].parts({})) for name in sorted(attributes)],
        [name for key, name in names.items() if key not in labels.n and key not in inner],
        *_items_in(version),
    )


def labels_of(version: SetVersion) -> dict[str, str]:
    """What the keys of reference answers are called."""
    if version.taxonomy:
        return {node["key"]: node["label"] for node in version.taxonomy}
    if version.rubric_version is None:
        return {}
    asked = version.rubric_version.criteria.filter(key=version.criterion).first()
    options = asked.options if asked else []
    return {option["key"]: option["label"] for option in options}


def parents_of(version: SetVersion) -> dict[str, str | None]:
    return {node["key"]: node.get("parent") for node in version.taxonomy}


def top_of(key: str, parents: dict[str, str | None]) -> str:
    """The branch that a label lies in, which is the label itself at the top.

    >>> top_of("card", {"card": "banking", "banking": None})
    'banking'
    """
    while above := parents.get(key):
        key = above
    return key


def diff(older: SetVersion, newer: SetVersion) -> Diff:
    """What was added, removed and answered otherwise from one version to another."""
    before, after = _answers(older), _answers(newer)
    added = [item for item in after if item not in before]
    removed = [item for item in before if item not in after]
    both = [item for item in after if item in before]
    changed = [item for item in both if before[item] != after[item]]
    shown = [*changed[:MOST_CHANGES], *added[:MOST_CHANGES], *removed[:MOST_CHANGES]]
    names = {
        row["pk"]: row
        for row in Item.objects.filter(pk__in=shown).values("pk", "uid", "external_id")
    }
    changes = [
        Change(
            str(names[item]["uid"]), names[item]["external_id"], before.get(item), after.get(item)
        )
        for item in shown
    ]
    return Diff(len(added), len(removed), len(changed), len(both) - len(changed), changes)


def agreement(version: SetVersion) -> list[AgreementOfQueue]:
    """Agreement in the queues that a version was frozen from, as it was then."""
    names = {row["uid"]: row["name"] for row in _queues(version)}
    return [
        AgreementOfQueue(
            names.get(row["queue"], ""),
            row["distance"],
            revived(Estimate, row["alpha"]),
            revived(Estimate, row["agreement"]),
            row["items"],
        )
        for row in version.quality.get("agreement", [])
    ]


def adjudicated_share(version: SetVersion) -> Estimate | None:
    """The share of examples that a person decided; None where nobody knows."""
    body = version.quality.get("adjudicated_share")
    return revived(Estimate, body) if body else None


def _queues(version: SetVersion) -> list[dict[str, Any]]:
    rows = version.source.get("queues", [])
    return [row for row in rows if isinstance(row, dict)]


def _answers(version: SetVersion) -> dict[int, str]:
    rows = version.examples.order_by("position").values_list("item_id", "references")
    return {
        item: references.get(version.criterion, "")
        for item, references in rows.iterator(chunk_size=2_000)
    }


def _items_in(version: SetVersion) -> tuple[int, Any, Any]:
    """How many items have been erased since, and between which times they occurred."""
    items = Item.objects.filter(examples__set_version=version)
    times = items.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
    return items.filter(erased_at__isnull=False).count(), times["first"], times["last"]
