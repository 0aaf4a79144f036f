"""Which earlier answers a version asks for again, and what stands for them if it need not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labeling.policy.rubric_changes import Touch
from labeling.policy.rubric_decisions import Decision, Mapped, Ruled, follow
from labeling.policy.values import keys_in

#: The kind of a row that says: the answers of one queue that were to be judged again stand.
KEPT = "kept"
#: What a sample of the touched tasks holds unless it is said.
TRIAL_SIZE = 40

Way = Sequence[Sequence[Ruled]]
Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Touched:
    """Answers under an earlier version: all, or those to a criterion, or those of some keys."""

    criterion: str = ""
    keys: tuple[str, ...] | None = None


def asked_again(values: Values, way: Way) -> list[Touched]:
    """The answers under a version that the last step of the way from it asks for again.

    values: what could be answered there, by criterion. A question that is new has no answers:
    whoever judged is asked again.

    >>> merge = Ruled("topic", "keys", ["money"], "map", {"money": "refund"})
    >>> again = Ruled("topic", "keys", ["refund"], "relabel", {})
    >>> asked_again({"topic": ["money", "refund", "late"]}, [[merge], [again]])
    [Touched(criterion='topic', keys=('money', 'refund'))]
    """
    found = []
    for rule in way[-1]:
        if rule.decision != Decision.RELABEL:
            continue
        if rule.touch in (Touch.NOTHING, Touch.RUBRIC):
            found.append(Touched())
        elif rule.touch == Touch.CRITERION:
            found.append(Touched(rule.criterion))
        elif keys := _leading_to(rule, values.get(rule.criterion, ()), way[:-1]):
            found.append(Touched(rule.criterion, keys))
    return found


def criteria_asked_again(criteria: Sequence[str], way: Way) -> list[str]:
    """Those of these criteria that a step of the way asks again; all where it is the whole rubric.

    >>> again = Ruled("topic", "criterion", [], "relabel", {})
    >>> criteria_asked_again(["topic", "tone"], [[], [again]])
    ['topic']
    """
    rules = [rule for step in way for rule in step if rule.decision == Decision.RELABEL]
    if any(rule.touch == Touch.RUBRIC for rule in rules):
        return list(criteria)
    named = {rule.criterion for rule in rules}
    return [key for key in criteria if key in named]


def kept(way: Way) -> list[list[Ruled]]:
    """The way on which nothing is asked again: what would stand for an answer stands for it.

    >>> again = Ruled("topic", "keys", ["money"], "relabel", {"money": "refund"})
    >>> follow("topic", "money", kept([[again]])).value
    'refund'
    """
    return [[_kept(rule) for rule in step] for step in way]


def counterpart(criterion: str, value: str | None, way: Way, values: Values) -> Mapped | None:
    """What stands for an earlier answer if it is not given again; None where nothing could.

    values: what can be answered under the version that the way leads to.
    """
    found = follow(criterion, value, kept(way))
    possible = values.get(criterion)
    if not found.stands or possible is None:
        return None
    if possible and found.value is not None and not set(keys_in(found.value)) <= set(possible):
        return None
    return found


def _leading_to(rule: Ruled, keys: Sequence[str], way: Way) -> tuple[str, ...]:
    """The answers that have become one of the rule's own by its step; its own where any may be."""
    if not keys:
        return tuple(rule.keys)
    ends = {key: follow(rule.criterion, key, way) for key in keys}
    wanted = set(rule.keys)
    return tuple(key for key, end in ends.items() if end.stands and end.value in wanted)


def _kept(rule: Ruled) -> Ruled:
    if rule.decision != Decision.RELABEL:
        return rule
    milder = Decision.MAP if rule.mapping else Decision.CARRY_OVER
    return replace(rule, decision=milder)
