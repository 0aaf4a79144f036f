"""What an annotator has to know of a question besides its words: how much, and when it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.policy.rankings import FEWEST, RANKING
from labeling.policy.spans import SPANS
from labeling.policy.values import NUMBER, SEVERAL

#: What a preference between two outputs is called; A is what stands first.
PREFERENCES = {
    "a_much": gettext_lazy("A is much better"),
    "a": gettext_lazy("A is better"),
    "tie": gettext_lazy("Both are equally good"),
    "b": gettext_lazy("B is better"),
    "b_much": gettext_lazy("B is much better"),
    "both_bad": gettext_lazy("Both are bad"),
}


def hint(kind: str, terms: Mapping[str, Any]) -> str:
    """How many to choose, or between which numbers; empty where the kind says it all."""
    if kind == SEVERAL:
        return _picks(terms.get("least", 1), terms.get("most"))
    if kind == NUMBER:
        return f"{_range(terms)} {_digits(terms.get('decimals', 0))}".strip()
    if kind == RANKING:
        return _ranks(terms)
    return _marks(terms) if kind == SPANS else ""


def condition(prompt: str, labels: Sequence[str]) -> str:
    """When a question is asked, for whoever sees it although it may not be."""
    words = {"question": prompt, "answers": _(" or ").join(labels)}
    return _("Only if “%(question)s” is answered with %(answers)s.") % words


def _ranks(terms: Mapping[str, Any]) -> str:
    text = _("Put %(n)d outputs in order, the best first.") % {"n": terms.get("outputs", FEWEST)}
    return f"{text} {_('Some may share a place.')}" if terms.get("ties") else text


def _marks(terms: Mapping[str, Any]) -> str:
    least, most = terms.get("least", 0), terms.get("most")
    words = {"least": least, "most": most}
    if least and most:
        text = _("Mark %(least)d to %(most)d spans.") % words
    elif most:
        text = ngettext("Mark one span at most.", "Mark %(n)d spans at most.", most) % {"n": most}
    elif least:
        text = ngettext("Mark at least one span.", "Mark at least %(n)d spans.", least)
        text = text % {"n": least}
    else:
        text = _("Mark each span that has one of these labels.")
    return f"{text} {_('Spans may overlap.')}" if terms.get("overlapping") else text


def _picks(least: int, most: int | None) -> str:
    if most is None:
        text = ngettext("Choose all that apply.", "Choose at least %(n)d.", least)
        return text % {"n": least} if least > 1 else text
    if most == least:
        return ngettext("Choose one.", "Choose exactly %(n)d.", most) % {"n": most}
    if least > 1:
        return _("Choose %(least)d to %(most)d.") % {"least": least, "most": most}
    return ngettext("Choose one at most.", "Choose up to %(n)d.", most) % {"n": most}


def _range(terms: Mapping[str, Any]) -> str:
    low, high = (_amount(terms.get(name)) for name in ("lowest", "highest"))
    words = {"low": low, "high": high, "unit": terms.get("unit", "")}
    if low and high:
        return (_("From %(low)s to %(high)s %(unit)s").rstrip() % words).rstrip() + "."
    if low:
        return (_("From %(low)s %(unit)s") % words).rstrip() + "."
    if high:
        return (_("Up to %(high)s %(unit)s") % words).rstrip() + "."
    return ""


def _amount(number: float | None) -> str:
    return "" if number is None else str(number_format(Decimal(str(number)).normalize()))


def _digits(decimals: int) -> str:
    if not decimals:
        return _("A whole number.")
    text = ngettext(
        "Up to %(n)d digit after the point.", "Up to %(n)d digits after the point.", decimals
    )
    return text % {"n": decimals}
