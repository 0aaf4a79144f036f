"""What to do about the agreement that was measured on a criterion, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labeling.stats.estimate import Estimate, Reason
from labeling.stats.taxonomy import Decomposition

#: Krippendorff, Content Analysis (4th ed.), section 12.4: rely on .800, and tentatively on .667.
RELIABLE, TENTATIVE = 0.8, 0.667
#: An interval wider than this says nothing yet; one of this width is what more items are for.
WIDE, NARROW = 0.3, 0.2
FEW_ITEMS = 10
PREVAILS = 0.8
MANY_CANNOT_TELL = 0.1
MOST = 0.5
#: Kinds whose answers are read, not compared.
TEXTS = ("free_text", "corrected_output")


class Action(StrEnum):
    """What to do, the most urgent first."""

    MEND = "mend"
    SHOW_MORE = "show_more"
    DRAW_RARE = "draw_rare"
    CALIBRATE = "calibrate"
    JUDGE_MORE = "judge_more"
    USE = "use"
    READ = "read"
    LEFT_OUT = "left_out"


class Why(StrEnum):
    """A reason, with its numbers in `Because.numbers`."""

    ALPHA = "alpha"
    FEW_ITEMS = "few_items"
    ALL_SAME = "all_same"
    MORE_ITEMS = "more_items"
    PREVAILS = "prevails"
    CANNOT_TELL = "cannot_tell"
    DEPTH = "depth"
    BOUNDARY = "boundary"
    BRANCH = "branch"
    WEAK_SLICE = "weak_slice"


@dataclass(frozen=True, slots=True)
class Because:
    """One reason; numbers: shares and coefficients as fractions, counts as whole numbers."""

    why: Why
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about one criterion, and why; the first reason is the one that decided."""

    action: Action
    reasons: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured on one criterion.

    kind: of the criterion. alpha, ac1, cannot_tell: over all items. largest_share: of the most
    given answer, a fraction. decomposition: where the answers are labels of a tree.
    slices: alpha in each slice, by its name. counts: whether the rubric lets it count.
    """

    kind: str
    alpha: Estimate
    ac1: Estimate
    cannot_tell: Estimate
    largest_share: float
    decomposition: Decomposition | None = None
    slices: Mapping[str, Estimate] = field(default_factory=dict)
    counts: bool = True


def advise(facts: Facts) -> Advice:
    """Use what is shown to be reliable, mend what is shown not to be, else look more closely."""
    if not facts.counts:
        return Advice(Action.LEFT_OUT)
    if facts.kind in TEXTS:
        return Advice(Action.READ)
    if facts.cannot_tell.low > MANY_CANNOT_TELL:
        rate = Because(Why.CANNOT_TELL, {"share": facts.cannot_tell.value})
        return Advice(Action.SHOW_MORE, (rate, *_alpha(facts.alpha)))
    if not facts.alpha.bounded or facts.alpha.n < FEW_ITEMS:
        return Advice(Action.JUDGE_MORE, (_too_little(facts.alpha),))
    return _by_alpha(facts)


def most_urgent(advice: Iterable[Advice]) -> Advice | None:
    """The advice to follow first; None where there is none."""
    order = list(Action)
    return min(advice, key=lambda one: order.index(one.action), default=None)


def _by_alpha(facts: Facts) -> Advice:
    alpha = facts.alpha
    reasons = (*_alpha(alpha), *_weak_slices(facts))
    if alpha.low >= RELIABLE:
        return Advice(Action.USE, reasons)
    if facts.largest_share > PREVAILS and facts.ac1.low >= RELIABLE:
        numbers = {"share": facts.largest_share, "ac1": facts.ac1.value}
        return Advice(Action.DRAW_RARE, (Because(Why.PREVAILS, numbers), *reasons))
    if alpha.high < TENTATIVE:
        return Advice(Action.MEND, (*reasons, *_cause(facts.decomposition)))
    if alpha.width > WIDE:
        more = Because(Why.MORE_ITEMS, {"items": _more_items(alpha)})
        return Advice(Action.JUDGE_MORE, (*reasons, more))
    return Advice(Action.CALIBRATE, (*reasons, *_cause(facts.decomposition)))


def _alpha(alpha: Estimate) -> tuple[Because, ...]:
    if not alpha.bounded:
        return ()
    numbers = {"value": alpha.value, "low": alpha.low, "high": alpha.high}
    return (Because(Why.ALPHA, numbers),)


def _too_little(alpha: Estimate) -> Because:
    if alpha.reason == Reason.ONE_VALUE_ONLY:
        return Because(Why.ALL_SAME, {"items": alpha.n})
    return Because(Why.FEW_ITEMS, {"items": alpha.n, "wanted": FEW_ITEMS})


def _more_items(alpha: Estimate) -> int:
    """How many more items make the interval narrow: its width falls with the root of their number.

    Rounded up to tens, for it is no more exact than that.
    """
    wanted = alpha.n * (alpha.width / NARROW) ** 2
    return max(10, math.ceil((wanted - alpha.n) / 10) * 10)


def _cause(found: Decomposition | None) -> tuple[Because, ...]:
    """The kind of disagreement that makes up most of it, in a tree of labels."""
    if found is None:
        return ()
    kinds = {
        Why.DEPTH: found.ancestor,
        Why.BOUNDARY: found.sibling,
        Why.BRANCH: found.other_branch,
    }
    return tuple(Because(why, {"share": share}) for why, share in kinds.items() if share > MOST)


def _weak_slices(facts: Facts) -> tuple[Because, ...]:
    """The slice that is surely below the whole, the lowest if there are several."""
    surely = {
        name: alpha.value
        for name, alpha in facts.slices.items()
        if alpha.bounded and alpha.high < facts.alpha.low
    }
    if not surely:
        return ()
    name = min(surely, key=lambda name: surely[name])
    return (Because(Why.WEAK_SLICE, {"slice": name, "value": surely[name]}),)
