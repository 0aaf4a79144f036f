"""What a person who settles a dispute has to say besides the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labeling.policy.settling import Vote


def leading_answer(votes: Sequence[Vote]) -> str | None:
    """What more than half of all annotators answered; None where no answer has so many.

    "Cannot tell" is a vote that no answer gets.

    >>> leading_answer([Vote("refund"), Vote("refund"), Vote(None)])
    'refund'
    >>> leading_answer([Vote("refund"), Vote(None)]) is None
    True
    """
    counted = Counter(vote.value for vote in votes if vote.value is not None)
    (value, times), *_ = counted.most_common(1) or [("", 0)]
    return value if 2 * times > len(votes) else None


def lacks_rationale(
    value: str | None, rationale: str, votes: Sequence[Vote], *, revealed: bool
) -> bool:
    """Whether a decision against most annotators comes without its reason.

    value: what was decided, None for "cannot tell". revealed: whether the adjudicator has seen
    the answers. A blind decision is never asked: the question would tell where the majority is.

    >>> votes = [Vote("refund"), Vote("refund"), Vote("delivery")]
    >>> lacks_rationale("delivery", "", votes, revealed=True)
    True
    >>> lacks_rationale("delivery", "", votes, revealed=False)
    False
    """
    leading = leading_answer(votes)
    overruled = leading is not None and value != leading
    return revealed and overruled and not rationale.strip()


def lacks_cause(cause: str, *, contested: bool, revealed: bool) -> bool:
    """Whether a decided dispute comes without what caused it, which only its answers show."""
    return contested and revealed and not cause
