"""How the demo's adjudicator decides: by what is true, with a cause and a reason."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

from maintenance.demo.traffic import DemoItem

RATIONALES = {
    "rubric_gap": (
        "The rubric does not know the kettle and its app; the next version should.",
        "No intent was made for pairing and firmware; this is the nearest for now.",
    ),
    "rubric_unclear": (
        "Whether a reply in the wrong language is poor or useless has to be said.",
        "The anchors for fair and good are too close; decided by what is missing.",
    ),
    "ambiguous_item": (
        "Two requests; the one to be dealt with first counts.",
        "Can be read either way; what the customer asks for weighs more than what they tell.",
    ),
    "not_enough_context": (
        "The message alone does not say; decided by the reply's own words.",
        "Without the order's history this is the safest reading.",
    ),
    "slip": (
        "The message says so in its last sentence; overlooked.",
        "Read too quickly: the parcel has already arrived.",
        "A plain case; one answer is a slip.",
    ),
}


class Decided(NamedTuple):
    """The decision on one criterion."""

    value: str
    cause: str
    rationale: str


def decide(item: DemoItem, contested: Iterable[str], rng: random.Random) -> dict[str, Decided]:
    """A decision for each contested criterion of an item."""
    return {key: _decided(item, key, rng) for key in contested}


def _decided(item: DemoItem, key: str, rng: random.Random) -> Decided:
    true = {
        "intent": item.truth,
        "reply_quality": str(item.reply_quality),
        "resolves": "yes" if item.resolves else "no",
    }
    cause = _cause(item, key, rng)
    return Decided(true[key], cause, rng.choice(RATIONALES[cause]))


def _cause(item: DemoItem, key: str, rng: random.Random) -> str:
    if key == "intent":
        if item.novel:
            return "rubric_gap"
        return "ambiguous_item" if item.also_plausible else "slip"
    if item.reply_flaw:
        return "rubric_unclear"
    return rng.choices(("rubric_unclear", "not_enough_context", "slip"), weights=(50, 20, 30))[0]
