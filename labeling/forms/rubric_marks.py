"""What a criterion says of itself, in the editor and in its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.policy.marks import DISTANCES, PROPOSES

TICKS = ("propose", "critical", "uncounted")
DISTANCE_NAMES = {
    "nominal": _("every difference counts alike"),
    "ordinal": _("by the answers that lie between"),
    "interval": _("by the difference of the numbers, squared"),
    "ratio": _("by the difference in proportion to the numbers"),
    "tree": _("by the way between labels in the tree"),
    "masi": _("by what two choices share, less where they only overlap (MASI)"),
    "jaccard": _("by what two choices share (Jaccard)"),
}


def fields(kind: str) -> dict[str, forms.Field]:
    """The fields for a kind; what it cannot say is left out."""
    found: dict[str, forms.Field] = {
        "critical": _tick(_("A wrong answer is critical")),
        "uncounted": _tick(_("Leave it out of agreement")),
    }
    if kind in PROPOSES:
        found["propose"] = _tick(_("“None of these” is an answer"))
    known = DISTANCES.get(kind, ())
    if len(known) > 1:
        found["distance"] = forms.ChoiceField(
            label=_("Two different answers are apart"),
            required=False,
            choices=[
                ("" if name == known[0] else name, DISTANCE_NAMES.get(name, name)) for name in known
            ],
        )
    return found


def rows_of(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """The marks of a document as the values of the form."""
    return {
        "propose": bool(criterion.get("propose")),
        "critical": bool(criterion.get("critical")),
        "uncounted": not criterion.get("counts", True),
        "distance": criterion.get("distance", ""),
    }


def written(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says of them, as far as the kind has it."""
    said: dict[str, Any] = {}
    if values.get("propose") and kind in PROPOSES:
        said["propose"] = True
    if values.get("critical"):
        said["critical"] = True
    if values.get("uncounted"):
        said["counts"] = False
    distance = values.get("distance", "")
    if distance and distance in DISTANCES.get(kind, ())[1:]:
        said["distance"] = distance
    return said


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)
