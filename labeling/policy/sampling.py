"""What a sampling plan may say."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

SIZE_LIMIT = 1_000_000
STRATA_LIMIT = 50
ALLOCATIONS = ("proportional", "equal")


@dataclass(frozen=True)
class Plan:
    """A plan of a draw: how many, from when, and by which strata.

    size or rate: how many distinct items, or which share of them. slices: names, in the order in
    which an item is looked for; what is in none of them forms the stratum "rest". sizes: a wanted
    number for each stratum, in place of size. since, until: ISO 8601, on when items occurred.
    """

    name: str
    size: int | None = None
    rate: float | None = None
    slices: list[str] = field(default_factory=list)
    by_attribute: str = ""
    allocation: str = "proportional"
    sizes: dict[str, int] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    imported_until: str = ""
    seed: int | None = None

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Plan:
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def stratified(self) -> bool:
        return bool(self.slices or self.by_attribute)

    def size_of(self, population: int) -> int:
        """How many of so many items the plan asks for; at least one when there are any."""
        if self.rate is not None:
            return min(population, max(1, round(self.rate * population)))
        return min(population, self.size or 0)


def plan_problems(given: Any) -> dict[str, str]:
    """What is wrong with a plan, by field; empty when nothing is."""
    if not isinstance(given, dict):
        return {"plan": "must be an object"}
    unknown = [name for name in given if name not in Plan.__dataclass_fields__]
    found = {str(name)[:60]: "is not a field of a plan" for name in unknown}
    found |= _name(given.get("name")) | _amount(given) | _strata(given)
    for name in ("since", "until", "imported_until"):
        found |= _moment(name, given.get(name) or "")
    seed = given.get("seed")
    if seed is not None and not _whole(seed, 0, 2**62):
        found["seed"] = "must be a whole number"
    return found


def _name(name: Any) -> dict[str, str]:
    fine = isinstance(name, str) and 1 <= len(name.strip()) <= 120
    return {} if fine else {"name": "give the sample a name of at most 120 characters"}


def _amount(given: dict[str, Any]) -> dict[str, str]:
    """Exactly one of size, rate and sizes, within bounds."""
    said = [name for name in ("size", "rate", "sizes") if given.get(name)]
    if len(said) != 1:
        return {"size": "say how many: either a size, a rate, or a size for each stratum"}
    if said == ["size"] and not _whole(given["size"], 1, SIZE_LIMIT):
        return {"size": f"must be a whole number from 1 to {SIZE_LIMIT:,}"}
    if said == ["rate"] and not _share(given["rate"]):
        return {"rate": "must be above 0 and at most 1"}
    if said == ["sizes"] and not _sizes(given["sizes"]):
        return {"sizes": "must give a whole number for each stratum"}
    return {}


def _strata(given: dict[str, Any]) -> dict[str, str]:
    slices, attribute = given.get("slices") or [], given.get("by_attribute") or ""
    if not isinstance(slices, list) or not all(isinstance(name, str) for name in slices):
        return {"slices": "must be a list of names of slices"}
    if len(slices) > STRATA_LIMIT:
        return {"slices": f"at most {STRATA_LIMIT}"}
    if slices and attribute:
        return {"by_attribute": "stratify by slices or by an attribute, not by both"}
    if given.get("sizes") and not (slices or attribute):
        return {"sizes": "name the slices or the attribute that make the strata"}
    if given.get("allocation", "proportional") not in ALLOCATIONS:
        return {"allocation": "must be proportional or equal"}
    return {}


def _moment(name: str, text: Any) -> dict[str, str]:
    if not text:
        return {}
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return {name: "must be a date and time such as 2026-11-02T08:00:00+00:00"}
    return {} if moment.tzinfo else {name: "must say its time zone"}


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0 < value <= 1


def _sizes(sizes: Any) -> bool:
    return isinstance(sizes, dict) and all(
        isinstance(stratum, str) and _whole(size, 0, SIZE_LIMIT) for stratum, size in sizes.items()
    )
