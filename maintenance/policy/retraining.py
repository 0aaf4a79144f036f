"""Which grounds carry a decision on a case, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a decision can cite."""

    ALERT = "alert"
    VERDICT = "verdict"
    EVALUATION = "evaluation"
    RUBRIC_VERSION = "rubric_version"
    ITEM = "item"


class Missing(StrEnum):
    """What a decision lacks."""

    REASONS = "reasons"
    MEASURED = "measured"
    DRIFT = "drift"
    MATERIAL = "material"
    CHANGE = "change"
    CONFIRMED = "confirmed"
    EXAMPLES = "examples"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a decision cites.

    layer: of an alert's signal. confirmed: of a rubric version, whether it was published with a
    change of meaning.
    """

    kind: Kind
    layer: str = ""
    confirmed: bool = False


#: Layers whose alerts show that something matters, not only that something differs.
MATERIAL_LAYERS = frozenset({"performance", "engagement"})
MEASURED = frozenset({Kind.ALERT, Kind.VERDICT, Kind.EVALUATION})
#: Decisions that change what the model or its labels are.
ACTS = frozenset({"retrain", "relabel"})


def missing(
    answer: str, ground: str, reasons: str, evidence: Iterable[Evidence]
) -> tuple[Missing, ...]:
    """What a decision still lacks; nothing where it may be taken.

    Every decision says why. To retrain takes more: a deviation has been measured; drift is there
    (an alert on the input) and matters (an evaluation, a verdict, or an alert on performance or
    engagement); a review shows examples. A changed label definition is cited and confirmed before
    anybody retrains or relabels for it.

    >>> missing("retrain", "review", "It answers in the wrong language.", [])
    (<Missing.EXAMPLES: 'examples'>,)
    >>> missing("wait", "review", "Too early to tell.", [])
    ()
    """
    cited = list(evidence)
    lacks = [] if reasons.strip() else [Missing.REASONS]
    if ground == "label_change" and answer in ACTS:
        lacks += _of_change(cited)
    elif answer == "retrain":
        lacks += _of_retraining(ground, cited)
    return tuple(lacks)


def _of_retraining(ground: str, cited: list[Evidence]) -> list[Missing]:
    if ground == "review":
        return [] if _any(cited, Kind.ITEM) else [Missing.EXAMPLES]
    if ground == "drift":
        return _of_drift(cited)
    return [] if any(one.kind in MEASURED for one in cited) else [Missing.MEASURED]


def _of_drift(cited: list[Evidence]) -> list[Missing]:
    there = any(one.kind == Kind.ALERT and one.layer == "input" for one in cited)
    matters = any(
        one.layer in MATERIAL_LAYERS or one.kind in {Kind.VERDICT, Kind.EVALUATION} for one in cited
    )
    lacks = {Missing.DRIFT: not there, Missing.MATERIAL: not matters}
    return [one for one, lacking in lacks.items() if lacking]


def _of_change(cited: list[Evidence]) -> list[Missing]:
    changes = [one for one in cited if one.kind == Kind.RUBRIC_VERSION]
    if not changes:
        return [Missing.CHANGE]
    return [] if any(one.confirmed for one in changes) else [Missing.CONFIRMED]


def _any(cited: list[Evidence], kind: Kind) -> bool:
    return any(one.kind == kind for one in cited)
