"""The terms and the condition of a criterion in the editor, and in its document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.policy.rankings import FEWEST, MOST
from labeling.policy.terms import FIELD_NAME_LIMIT, FIELDS, UNIT_LIMIT
from labeling.policy.values import DECIMALS_LIMIT, PREFERENCE, number_in, number_text

NUMBERS = ("least", "most", "lowest", "highest", "decimals", "outputs")
WORDS = ("unit", "field")
TEXTS = (*(f"terms.{name}" for name in (*NUMBERS, *WORDS)), "when.criterion", "when.answers")
#: What goes without saying is true for these, and false for those.
USUALLY, SELDOM = FIELDS[PREFERENCE], ("ties", "overlapping")
TICKS = tuple(f"terms.{name}" for name in USUALLY)
MARKS = tuple(f"terms.{name}" for name in SELDOM)


def fields() -> dict[str, forms.Field]:
    """The fields of all kinds; those of other kinds than the chosen one are kept hidden."""
    return {
        "terms.least": _number(_("At least"), _("Empty: one choice, or no span.")),
        "terms.most": _number(_("At most"), _("Empty: no limit.")),
        "terms.lowest": _number(_("Lowest"), _("Empty: no limit.")),
        "terms.highest": _number(_("Highest"), _("Empty: no limit.")),
        "terms.unit": forms.CharField(
            label=_("Unit"), required=False, max_length=UNIT_LIMIT, help_text=_("For example: min.")
        ),
        "terms.decimals": _number(
            _("Digits after the point"), _("0 to %(most)d; empty: whole numbers."), DECIMALS_LIMIT
        ),
        "terms.strength": _tick(_("Ask how much better")),
        "terms.tie": _tick(_("Both may be equally good")),
        "terms.both_bad": _tick(_("Both may be bad")),
        "terms.outputs": _number(
            _("Outputs to rank"), _("%(least)d to %(most)d; empty: two."), MOST, FEWEST
        ),
        "terms.ties": _tick(_("Outputs may share a place")),
        "terms.field": forms.CharField(
            label=_("Content field"),
            required=False,
            max_length=FIELD_NAME_LIMIT,
            help_text=_("Its name. Empty: the output that is judged, else the first text shown."),
        ),
        "terms.overlapping": _tick(_("Spans may overlap")),
        "when.criterion": forms.ChoiceField(label=_("Ask it only after"), required=False),
        "when.answers": forms.CharField(label=_("Answered with one of"), required=False),
    }


def rows_of(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """A document's terms and condition as the values of the form."""
    terms, when = criterion.get("terms", {}), criterion.get("when", {})
    values: dict[str, Any] = {f"terms.{name}": terms.get(name, True) for name in USUALLY}
    values |= {f"terms.{name}": terms.get(name, False) for name in SELDOM}
    values |= {f"terms.{name}": _as_typed(terms.get(name)) for name in (*NUMBERS, *WORDS)}
    answers = when.get("answers", [])
    return values | {
        "when.criterion": when.get("criterion", ""),
        "when.answers": " ".join(answers),
    }


def written(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says of them, as far as the kind has it; what is no number stays as typed."""
    said: dict[str, Any] = {}
    for name in FIELDS.get(kind, ()):
        value = values.get(f"terms.{name}", "")
        if name in (*USUALLY, *SELDOM):
            said |= {} if bool(value) == (name in USUALLY) else {name: bool(value)}
        elif str(value).strip():
            said[name] = _as_number(str(value)) if name in NUMBERS else str(value).strip()
    document = {"terms": said} if said else {}
    criterion = str(values.get("when.criterion", "")).strip()
    answers = re.split(r"[\s,;]+", str(values.get("when.answers", "")).strip())
    if criterion:
        document["when"] = {"criterion": criterion, "answers": [key for key in answers if key]}
    return document


def _as_typed(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = number_in(f"{value:f}" if isinstance(value, float) else str(value))
        return str(value) if number is None else number_text(number)
    return "" if value is None else str(value)


def _as_number(text: str) -> int | float | str:
    number = number_in(text)
    if number is None:
        return text.strip()
    return int(number) if number == int(number) else float(number)


def _number(label: Any, help_text: Any, most: int | None = None, least: int = 0) -> forms.CharField:
    text = forms.CharField(label=label, required=False, max_length=20)
    text.help_text = help_text if most is None else help_text % {"least": least, "most": most}
    text.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
    return text


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)
