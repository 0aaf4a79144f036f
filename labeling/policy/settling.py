"""When the answers of a task settle it, and when they are a dispute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
