"""Answers given under an earlier version of a rubric, as its newest published version has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from labeling.models import Criterion, RubricChange, RubricVersion
from labeling.policy.relabeling import KEPT, kept
from labeling.policy.rubric_decisions import Ruled, follow
from labeling.policy.values import (
    NONE_OF_THESE,
    SEVERAL,
    as_value,
    exported,
    in_words,
    keys_in,
    taken_back,
)

Answers = Mapping[str, Mapping[str, Any]]


class LaterVersion:
    """The way from each of some versions to the newest one, where every step was decided."""

    def __init__(self, versions: Iterable[int]) -> None:
        wanted = set(versions)
        rubrics = RubricVersion.objects.filter(pk__in=wanted).values("rubric")
        rows = RubricVersion.objects.filter(rubric__in=rubrics).exclude(
            state=RubricVersion.State.DRAFT
        )
        chains: dict[int, list[RubricVersion]] = defaultdict(list)
        for row in rows.order_by("number").only("rubric_id", "number", "state", "digest"):
            chains[row.rubric_id].append(row)
        known = [row.pk for chain in chains.values() for row in chain]
        self._rules, self._kept = rules_of(known), kept_of(known)
        self._ways: dict[int, tuple[RubricVersion, list[tuple[int, list[Ruled]]]]] = {}
        for chain in chains.values():
            self._find_ways(chain)
        self._labels = _labels_of({newest.pk for newest, _way in self._ways.values()})

    def leads_on(self, version: int) -> bool:
        """Whether there is a later version that answers of this one can be followed to."""
        return version in self._ways

    def number(self, version: int) -> int | None:
        """The number of the version that answers are mapped to."""
        return self._ways[version][0].number if version in self._ways else None

    def mapped(
        self, version: int, answers: Answers, queue: UUID | None = None
    ) -> dict[str, dict[str, Any]]:
        """Each answer under the newest version, with the decision that led there; else nothing.

        queue: where they were given, since those of one queue may stand that others give again.
        """
        if version not in self._ways:
            return {}
        newest, steps = self._ways[version]
        way = [
            kept([rules])[0] if queue and queue in self._kept.get(step, ()) else rules
            for step, rules in steps
        ]
        return {
            key: self._answer(newest.pk, key, answer["value"], way)
            for key, answer in answers.items()
        }

    def _answer(self, newest: int, key: str, value: Any, way: list[list[Ruled]]) -> dict[str, Any]:
        outcome = follow(key, taken_back(value), way)
        kind, labels = self._labels.get((newest, key), ("", {}))
        now = outcome.value
        if now is not None and kind == SEVERAL:
            now = as_value(keys_in(now), list(labels))
        return {
            "value": None if now is None else exported(kind, now),
            "label": None if now is None else in_words(kind, now, labels),
            "cannot_tell": outcome.cannot_tell,
            "decision": outcome.decision.value,
        }

    def _find_ways(self, chain: list[RubricVersion]) -> None:
        """From the newest version backwards, as far as it is known what became of answers."""
        while chain and chain[-1].state != RubricVersion.State.PUBLISHED:
            chain = chain[:-1]
        way: list[tuple[int, list[Ruled]]] = []
        for earlier, later in reversed(list(pairwise(chain))):
            rules = step_between(earlier, later, self._rules)
            if rules is None:
                return
            way = [(later.pk, rules), *way]
            self._ways[earlier.pk] = chain[-1], way


def step_between(
    earlier: RubricVersion, later: RubricVersion, rules: Mapping[int, list[Ruled]]
) -> list[Ruled] | None:
    """What was decided from one version to the next; None where that is not known."""
    if later.pk in rules:
        return rules[later.pk]
    return [] if later.digest and later.digest == earlier.digest else None


def rules_of(versions: Collection[int]) -> dict[int, list[Ruled]]:
    """What was decided when each of these versions was published, where anything was."""
    rules: dict[int, list[Ruled]] = defaultdict(list)
    names = ("version_id", "criterion", "touch", "keys", "decision", "mapping")
    rows = RubricChange.objects.filter(version__in=versions).exclude(kind=KEPT)
    for version, *rule in rows.values_list(*names):
        rules[version].append(Ruled(*rule))
    return dict(rules)


def kept_of(versions: Collection[int]) -> dict[int, set[UUID]]:
    """The queues whose answers stand although a version asked for such answers again."""
    found: dict[int, set[UUID]] = defaultdict(set)
    rows = RubricChange.objects.filter(version__in=versions, kind=KEPT)
    for version, queue in rows.values_list("version_id", "what"):
        found[version].add(UUID(queue))
    return dict(found)


def _labels_of(versions: set[int]) -> dict[tuple[int, str], tuple[str, dict[str, str]]]:
    asked = Criterion.objects.filter(version__in=versions).select_related("taxonomy")
    return {(row.version_id, row.key): (row.kind, labels_of(row)) for row in asked}


def labels_of(criterion: Criterion) -> dict[str, str]:
    """What the values of a criterion are called, by their keys."""
    rows = criterion.taxonomy.nodes if criterion.taxonomy else criterion.options
    labels = {row["key"]: row["label"] for row in rows}
    return labels | ({NONE_OF_THESE: _("None of these")} if criterion.propose else {})
