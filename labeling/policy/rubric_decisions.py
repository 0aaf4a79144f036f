"""What becomes of the answers given so far when a rubric changes: one decision for each change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labeling.policy.rubric_changes import (
    Change,
    Kind,
    Part,
    Touch,
    nearest_kept,
    touches,
    values_of,
)
from labeling.policy.rubric_parts import Problem
from labeling.policy.rubric_places import nodes_of
from labeling.policy.spans import labels_in, relabeled
from labeling.policy.values import as_value, listed

#: What a draft says about one change.
FIELDS = {"decision", "mapping", "meant"}


class Decision(StrEnum):
    """What becomes of an answer; the later a decision stands here, the less is left of it."""

    CARRY_OVER = "carry_over"
    MAP = "map"
    RELABEL = "relabel"
    INVALIDATE = "invalidate"


@dataclass(frozen=True)
class Decided:
    """A change with what is decided about it, if anything is yet.

    is_meaning: by its nature, or since its author says so. choices: what can be decided.
    mapping: old values and those that stand for them, of all that the change is about.
    """

    change: Change
    is_meaning: bool
    choices: tuple[Decision, ...]
    decision: Decision | None
    mapping: Mapping[str, str]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Ruled:
    """What was decided when a version was published, about the answers given before."""

    criterion: str
    touch: str
    keys: Collection[str]
    decision: str
    mapping: Mapping[str, str]


@dataclass(frozen=True)
class Mapped:
    """An answer under a later version; without a value unless it stands there."""

    value: str | None
    cannot_tell: bool
    decision: Decision

    @property
    def stands(self) -> bool:
        return self.decision in (Decision.CARRY_OVER, Decision.MAP)


def decide(
    changes: Iterable[Change],
    said: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[Decided]:
    """Each change with what a draft says about it, or what goes without saying."""
    old = {row["key"]: row for row in before["criteria"]}
    new = {row["key"]: row for row in after["criteria"]}
    return [_decided(change, said.get(change.ident, {}), old, new) for change in changes]


def undecided(decided: Iterable[Decided]) -> list[Problem]:
    """What keeps a version from being published: changes without a decision, or half of one."""
    found = []
    for one in decided:
        where = f"decisions.{one.change.ident}"
        if one.decision is None:
            found.append(Problem(where, "say what becomes of the answers given so far"))
        elif one.decision == Decision.MAP:
            lost = [key for key in one.change.keys if one.mapping.get(key) not in one.values]
            if lost:
                found.append(Problem(where, f"say which option stands for {', '.join(lost[:5])}"))
    return found


def problems(said: Any) -> list[Problem]:
    """What is malformed in decisions by the names of changes; empty when nothing is."""
    if not isinstance(said, dict) or len(said) > 1_000:
        return [Problem("decisions", "must be an object by the names of changes")]
    return [problem for ident, row in said.items() for problem in _malformed(str(ident), row)]


def mapped(criterion: str, value: str | None, rules: Iterable[Ruled]) -> Mapped:
    """An answer after the decisions of one version; None stands for "cannot tell".

    >>> rule = Ruled("topic", "keys", ["money"], "map", {"money": "refund"})
    >>> mapped("topic", "money", [rule]).value, mapped("topic", "spam", [rule]).value
    ('refund', 'spam')
    >>> mapped("topic", '["money","refund","spam"]', [rule]).value
    '["refund","spam"]'
    """
    now, hardest = value, Decision.CARRY_OVER
    order = list(Decision)
    for rule in rules:
        if not touches(rule.touch, rule.criterion, rule.keys, criterion, value):
            continue
        decision = Decision(rule.decision)
        hardest = max(hardest, decision, key=order.index)
        if decision == Decision.MAP and value is not None:
            now = _replaced(value, rule.mapping)
    stands = hardest in (Decision.CARRY_OVER, Decision.MAP)
    return Mapped(now if stands else None, stands and value is None, hardest)


def _replaced(value: str, mapping: Mapping[str, str]) -> str:
    """The value that stands for one, or the keys that stand for each of several."""
    if labels_in(value) is not None:
        return relabeled(value, mapping)
    keys = listed(value)
    if keys is None:
        return mapping.get(value, value)
    return as_value([mapping.get(key, key) for key in keys])


def follow(criterion: str, value: str | None, way: Iterable[Iterable[Ruled]]) -> Mapped:
    """An answer after the decisions of one version after the other, the earliest first.

    >>> first = Ruled("topic", "keys", ["money"], "map", {"money": "refund"})
    >>> second = Ruled("topic", "keys", ["refund"], "relabel", {})
    >>> follow("topic", "money", [[first], [second]]).decision.value
    'relabel'
    """
    order, hardest = list(Decision), Decision.CARRY_OVER
    for rules in way:
        step = mapped(criterion, value, rules)
        hardest = max(hardest, step.decision, key=order.index)
        if not step.stands:
            return step
        value = step.value
    return Mapped(value, value is None, hardest)


def _decided(
    change: Change,
    said: Mapping[str, Any],
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
) -> Decided:
    later = new.get(change.criterion)
    values = values_of(later) if later else ()
    choices = _choices(change, values)
    is_meaning = change.is_meaning or bool(said.get("meant"))
    decision = said.get("decision")
    if decision not in choices:
        decision = choices[0] if not is_meaning or len(choices) == 1 else None
    mapping = _suggested(change, values, old.get(change.criterion), later)
    mapping |= {key: to for key, to in said.get("mapping", {}).items() if key in change.keys}
    return Decided(
        change, is_meaning, choices, Decision(decision) if decision else None, mapping, values
    )


def _choices(change: Change, values: tuple[str, ...]) -> tuple[Decision, ...]:
    """What can be decided about a change, the mildest first."""
    again = (Decision.RELABEL, Decision.INVALIDATE)
    if change.part == Part.CRITERION and change.kind == Kind.REMOVED:
        return (Decision.INVALIDATE,)
    if change.touch == Touch.NOTHING:
        return (Decision.CARRY_OVER, Decision.RELABEL)
    if change.kind == Kind.KIND and not change.keys:
        return again
    is_whole = set(change.keys) <= set(values)
    mild = [Decision.CARRY_OVER] if is_whole else []
    if change.keys and values and (not is_whole or change.kind in (Kind.SPLIT, Kind.RESCALED)):
        mild.append(Decision.MAP)
    return (*mild, *again)


def _suggested(
    change: Change,
    values: tuple[str, ...],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
) -> dict[str, str]:
    """Values that stay, an only successor, or a removed label's nearest ancestor."""
    mapping = {}
    rows, later = nodes_of(old or {}), nodes_of(new or {})
    for key in change.keys:
        if key in values:
            mapping[key] = key
        elif change.part == Part.NODE and change.kind == Kind.REMOVED:
            mapping[key] = nearest_kept(key, rows, later)
        elif len(change.into) == 1:
            mapping[key] = change.into[0]
    return {key: to for key, to in mapping.items() if to}


def _malformed(ident: str, row: Any) -> list[Problem]:
    where = f"decisions.{ident[:200]}"
    if not isinstance(row, dict):
        return [Problem(where, "must be an object with decision, mapping and meant")]
    found = [
        Problem(f"{where}.{str(name)[:60]}", "is an unknown field")
        for name in row
        if name not in FIELDS
    ]
    if row.get("decision") not in (None, "", *Decision):
        found.append(Problem(f"{where}.decision", f"must be one of {', '.join(Decision)}"))
    mapping = row.get("mapping", {})
    if not isinstance(mapping, dict) or not all(isinstance(to, str) for to in mapping.values()):
        found.append(Problem(f"{where}.mapping", "must be an object of old and new keys"))
    if not isinstance(row.get("meant", False), bool):
        found.append(Problem(f"{where}.meant", "must be true or false"))
    return found
