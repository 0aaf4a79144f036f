"""The tasks that have to be judged again since a published version decided so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from labeling.models import Criterion, Queue, RubricVersion, Task
from labeling.models.queues import TaskQuerySet
from labeling.policy.relabeling import Touched, Values, asked_again
from labeling.policy.rubric_changes import Touch, values_of
from labeling.policy.rubric_decisions import Decision, Ruled
from labeling.policy.values import NONE_OF_THESE
from labeling.reports.rubric_impact import reach, standing_answers, standing_rulings
from labeling.reports.rubric_mapping import kept_of, rules_of, step_between

#: Kinds whose answers are one of a few known keys, or a list of such.
OF_KEYS = (
    Criterion.Kind.SINGLE_CHOICE,
    Criterion.Kind.SEVERAL_CHOICES,
    Criterion.Kind.ORDINAL,
    Criterion.Kind.TAXONOMY,
    Criterion.Kind.YES_NO,
    Criterion.Kind.PREFERENCE,
)


@dataclass(frozen=True)
class Again:
    """A queue under an earlier version, and how many of its tasks are to be judged again."""

    queue: Queue
    tasks: int


class Chain:
    """A rubric's published versions up to one, with what was decided from each to the next."""

    def __init__(self, version: RubricVersion) -> None:
        rows = RubricVersion.objects.filter(rubric=version.rubric_id, number__lte=version.number)
        rows = rows.exclude(state=RubricVersion.State.DRAFT).order_by("number")
        self.versions = list(rows.only("number", "state", "digest", "rubric"))
        known = [row.pk for row in self.versions]
        self._rules = rules_of(known)
        self.kept = kept_of(known)

    def way(self, first: int, last: int) -> list[list[Ruled]] | None:
        """The steps from one version to a later one, by their places; None where one is unknown."""
        way = []
        for place in range(first + 1, last + 1):
            earlier, later = self.versions[place - 1], self.versions[place]
            rules = step_between(earlier, later, self._rules)
            if rules is None:
                return None
            way.append(rules)
        return way

    def asks_again(self, place: int) -> bool:
        """Whether the version at this place asks for any earlier answers again."""
        rules = self._rules.get(self.versions[place].pk, [])
        return any(rule.decision == Decision.RELABEL for rule in rules)


def to_judge_again(version: RubricVersion) -> TaskQuerySet:
    """Tasks with an answer that this version or one before it asks for again, and nobody does yet.

    Nobody is asked about an item that has been erased.
    Answers under versions long before are followed through what was decided about them since.
    """
    chain, wanted = Chain(version), Q(pk__in=[])
    values = values_of_versions([row.pk for row in chain.versions])
    for last in range(1, len(chain.versions)):
        if chain.asks_again(last):
            wanted |= _since(chain, last, values)
    return Task.objects.filter(wanted, item__erased_at=None)


def again_by_queue(version: RubricVersion) -> list[Again]:
    """The queues with tasks to judge again, the oldest first."""
    counts = dict(
        to_judge_again(version).order_by().values_list("queue").annotate(tasks=Count("pk"))
    )
    queues = Queue.objects.filter(pk__in=counts).select_related("project").order_by("pk")
    return [Again(queue, counts[queue.pk]) for queue in queues]


def values_of_versions(versions: Sequence[int]) -> dict[int, Values]:
    """What can be answered under each version, by criterion; nothing where it is no key."""
    rows = Criterion.objects.filter(version__in=versions).select_related("taxonomy")
    found: dict[int, dict[str, list[str]]] = {version: {} for version in versions}
    for row in rows:
        found[row.version_id][row.key] = _values(row) if row.kind in OF_KEYS else []
    return {**found}


def _values(row: Criterion) -> list[str]:
    nodes = row.taxonomy.nodes if row.taxonomy else []
    said = {"kind": row.kind, "terms": row.terms, "options": row.options}
    return [*values_of({**said, "taxonomy": {"nodes": nodes}}), NONE_OF_THESE]


def _since(chain: Chain, last: int, values: dict[int, Values]) -> Q:
    """The tasks under any version before that the version at this place asks again."""
    wanted = Q(pk__in=[])
    for first in range(last):
        way = chain.way(first, last)
        if way is None:
            continue
        earlier = chain.versions[first]
        if touched := asked_again(values[earlier.pk], way):
            wanted |= _with_answers(earlier, touched)
    later = [row.pk for row in chain.versions[last:]]
    asked = Task.objects.filter(queue__rubric_version__in=later)
    elsewhere = asked.exclude(state=Task.State.SET_ASIDE).values("item")
    kept = chain.kept.get(chain.versions[last].pk, set())
    return wanted & ~Q(item__in=elsewhere) & ~Q(queue__uid__in=kept)


def _with_answers(version: RubricVersion, touched: Sequence[Touched]) -> Q:
    answers = Q()
    for one in touched:
        if one.keys is not None:
            answers |= reach(Touch.KEYS, one.criterion, one.keys)
        else:
            answers |= reach(Touch.CRITERION if one.criterion else Touch.RUBRIC, one.criterion, ())
    annotated = standing_answers(version).filter(answers).values("annotation__task")
    settled = standing_rulings(version).filter(answers).values("adjudication__task")
    return Q(pk__in=annotated) | Q(pk__in=settled)
