"""The versions that the shop tries after the first: what each would answer to the same items."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from maintenance.demo.assistant import MODEL_VERSION
from maintenance.demo.catalogue import branch_of, siblings
from maintenance.demo.traffic import DemoItem


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version of the model: how often it is right, and the branch in which it has gone wrong."""

    name: str
    commit: str
    skill: float
    parent: str = MODEL_VERSION
    broken_branch: str = ""


#: Smaller and cheaper, and about as good as the first.
DISTILLED = Candidate("intent-v2-small", "4f1c9d2", skill=0.93)
#: Trained again with the Spanish of the new market.
RETRAINED = Candidate("intent-v2", "a07be31", skill=0.985)
#: Better in all, but it takes returns for payments.
LOPSIDED = Candidate(
    "intent-v3", "c95a44f", skill=0.995, parent=RETRAINED.name, broken_branch="returns"
)
CANDIDATES = (DISTILLED, RETRAINED, LOPSIDED)


def predictions(
    seed: int, candidate: Candidate, items: Iterable[DemoItem]
) -> Iterator[dict[str, Any]]:
    """The candidate's answers as rows of an upload; the same for the same seed."""
    for item in items:
        rng = random.Random(f"{seed}:{candidate.name}:{item.external_id}")  # noqa: S311
        right = rng.random() < _chance(candidate, item)
        yield {
            "external_id": item.external_id,
            "prediction": item.truth if right else _mistaken(rng, candidate, item),
            "confidence": round(min(rng.betavariate(9 if right else 4, 1.5), 0.999), 3),
        }


def _chance(candidate: Candidate, item: DemoItem) -> float:
    if item.novel:
        return 0.2
    if candidate.broken_branch == branch_of(item.truth):
        return 0.45
    return candidate.skill - (0.2 if item.also_plausible else 0.0)


def _mistaken(rng: random.Random, candidate: Candidate, item: DemoItem) -> str:
    """What it says instead; where a branch is broken, something about money."""
    if candidate.broken_branch == branch_of(item.truth):
        return "charge_dispute"
    if item.prediction != item.truth:
        return item.prediction
    return item.also_plausible or rng.choice(siblings(item.truth) or ("other",))
