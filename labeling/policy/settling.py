"""When the answers of a task settle it, and when they are a dispute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labeling.policy.conditions import Answers, asked, holds

FREE_TEXT = "free_text"


@dataclass(frozen=True, slots=True)
class Vote:
    """One counted annotation's answer to one criterion; None stands for "cannot tell"."""

    value: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the policy makes of one criterion: settled with a value, settled empty, or disputed."""

    settled: bool
    value: str = ""
    reason: str = ""


def settle(kind: str, votes: Sequence[Vote], *, majority: bool = False) -> Finding:
    """Settle one criterion from the votes of all counted annotations, in any order.

    kind: of the criterion. votes: one for each annotation, the empty text where an optional
    criterion was left out. majority: more than half is enough, otherwise all have to agree.

    Texts never dispute: the same text settles, different ones leave the criterion without a value.
    "Cannot tell" is an answer that is missing, so it blocks settling, whatever the others say.
    Several choices are one answer: stored in the order of the options, equal sets are equal
    texts. Numbers have to be equal as well, in their one way of writing.

    >>> settle("single_choice", [Vote("refund"), Vote("refund")]).value
    'refund'
    >>> settle("single_choice", [Vote("refund"), Vote(None)]).settled
    False
    """
    values = [vote.value for vote in votes]
    if kind == FREE_TEXT:
        return _settle_texts(values)
    if None in values:
        return Finding(False, reason="somebody could not tell")
    (first, agreeing), *_ = Counter(values).most_common(1) or [("", 0)]
    if agreeing == len(values):
        return Finding(True, first or "", "all agree")
    if majority and 2 * agreeing > len(values):
        return Finding(True, first or "", "most agree")
    return Finding(False, reason="the answers differ")


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion as far as settling knows it; `when` is empty for one that is always asked."""

    key: str
    kind: str
    when: Mapping[str, Any] = field(default_factory=dict)


def settle_all(
    criteria: Iterable[Asked], ballots: Sequence[Answers], *, majority: bool = False
) -> dict[str, Finding]:
    """Settle each criterion, in the order of the rubric, among those who were asked it.

    ballots: the answers of each counted annotation by criterion, None for "cannot tell".

    Where the criterion that it depends on is settled otherwise, it is settled without a value.

    >>> days = Asked("days", "number", {"criterion": "late", "answers": ["yes"]})
    >>> found = settle_all([Asked("late", "yes_no"), days], [{"late": "no"}, {"late": "no"}])
    >>> found["days"]
    Finding(settled=True, value='', reason='nobody was asked')
    """
    criteria = list(criteria)
    conditions = {criterion.key: criterion.when for criterion in criteria}
    heard = [(ballot, asked(conditions, ballot)) for ballot in ballots]
    found: dict[str, Finding] = {}
    for criterion in criteria:
        voting = [ballot for ballot, keys in heard if criterion.key in keys]
        if criterion.when and not (voting and _may_hold(criterion.when, found)):
            found[criterion.key] = Finding(True, reason="nobody was asked")
        else:
            votes = [Vote(ballot.get(criterion.key, "")) for ballot in voting]
            found[criterion.key] = settle(criterion.kind, votes, majority=majority)
    return found


def _may_hold(when: Mapping[str, Any], found: Mapping[str, Finding]) -> bool:
    """Whether what a criterion depends on is disputed, or settled so that it is asked."""
    above = found[when["criterion"]]
    return not above.settled or holds(when, {when["criterion"]: above.value})


def all_settled(findings: Iterable[Finding]) -> bool:
    """Whether a task is settled: one disputed criterion disputes it.

    >>> all_settled([Finding(True, "refund"), Finding(False)])
    False
    """
    return all(finding.settled for finding in findings)


def _settle_texts(values: Sequence[str | None]) -> Finding:
    texts = {(value or "").strip() for value in values}
    if len(texts) == 1:
        return Finding(True, texts.pop(), "the same text")
    return Finding(True, reason="texts are kept, not compared")
