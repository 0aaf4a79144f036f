"""What a criterion says of itself: whether a label may be proposed, how it counts, how grave it is.

A mark that is not named is as in `DEFAULTS`; published rubrics that name none keep their digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "propose": False,
    "critical": False,
    "counts": True,
    "distance": "",
}
FIELDS = tuple(DEFAULTS)
#: Kinds whose answers are labels, of which one can be missing.
PROPOSES = ("single_choice", "several_choices", "taxonomy")
#: How far two different answers can be apart, by kind; the first is that of the kind.
DISTANCES: Mapping[str, tuple[str, ...]] = {
    "single_choice": ("nominal",),
    "several_choices": ("masi", "jaccard", "nominal"),
    "ordinal": ("ordinal", "interval", "nominal"),
    "yes_no": ("nominal",),
    "taxonomy": ("tree", "nominal"),
    "number": ("interval", "ratio", "nominal"),
    "preference": ("ordinal", "nominal"),
    "ranking": ("kendall", "nominal"),
    "spans": ("overlap", "nominal"),
}


def problems(criterion: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the marks of a criterion, and where.

    >>> problems({"kind": "yes_no", "distance": "ordinal"})
    [('distance', 'must be one of nominal')]
    >>> problems({"kind": "number", "propose": True})
    [('propose', 'only where labels are chosen can one be missing')]
    """
    kind = str(criterion.get("kind"))
    found = [
        (name, "must be true or false")
        for name in ("propose", "critical", "counts")
        if not isinstance(criterion.get(name, True), bool)
    ]
    if criterion.get("propose") and kind not in PROPOSES:
        found.append(("propose", "only where labels are chosen can one be missing"))
    known = DISTANCES.get(kind, ())
    if criterion.get("distance", "") not in ("", *known):
        found.append(("distance", f"must be one of {', '.join(known)}" if known else "has none"))
    if kind == "number" and criterion.get("distance") == "ratio" and not _has_zero(criterion):
        found.append(("distance", "a ratio needs a lowest number of 0 or more"))
    return found


def said(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """The marks that differ from what goes without saying.

    >>> said({"propose": False, "critical": True})
    {'critical': True}
    """
    return {
        name: criterion[name]
        for name, usual in DEFAULTS.items()
        if criterion.get(name, usual) != usual
    }


def distance_of(kind: str, distance: str) -> str:
    """The name of the distance that is used: the one chosen, else that of the kind."""
    return distance or next(iter(DISTANCES.get(kind, ())), "")


def _has_zero(criterion: Mapping[str, Any]) -> bool:
    terms = criterion.get("terms")
    lowest = terms.get("lowest") if isinstance(terms, dict) else None
    return isinstance(lowest, int | float) and lowest >= 0
