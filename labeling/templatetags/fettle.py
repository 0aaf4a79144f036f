"""How a number, a state and a text from outside are shown, on every page alike."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.charts import Interval, interval_on
from labeling.stats.estimate import Estimate, Reason

register = template.Library()

#: state: its tone and its name, for the states that rows of different kinds share
STATES: dict[str, tuple[str, Any]] = {
    "open": ("info", gettext_lazy("open")),
    "settled": ("good", gettext_lazy("settled")),
    "disputed": ("warn", gettext_lazy("disputed")),
    "adjudicated": ("good", gettext_lazy("adjudicated")),
    "attention": ("bad", gettext_lazy("needs attention")),
    "queued": ("", gettext_lazy("waiting")),
    "running": ("info", gettext_lazy("running")),
    "done": ("good", gettext_lazy("done")),
    "failed": ("bad", gettext_lazy("failed")),
    "canceled": ("", gettext_lazy("canceled")),
    "pending": ("info", gettext_lazy("being judged")),
    "pass": ("good", gettext_lazy("pass")),
    "fail": ("bad", gettext_lazy("fail")),
    "inconclusive": ("warn", gettext_lazy("inconclusive")),
    "invalid": ("warn", gettext_lazy("invalid")),
    "draft": ("info", gettext_lazy("draft")),
    "published": ("good", gettext_lazy("published")),
    "retired": ("", gettext_lazy("retired")),
    "paused": ("warn", gettext_lazy("paused")),
    "closed": ("", gettext_lazy("closed")),
    "withdrawn": ("", gettext_lazy("withdrawn")),
    "erased": ("", gettext_lazy("erased")),
    "amended": ("info", gettext_lazy("amended")),
    "unsure": ("warn", gettext_lazy("unsure")),
    "active": ("good", gettext_lazy("active")),
    "deactivated": ("", gettext_lazy("deactivated")),
}
REASONS: dict[str, Any] = {
    Reason.NOTHING_COUNTED: gettext_lazy("nothing was counted"),
    Reason.TOO_FEW_ITEMS: gettext_lazy("fewer than two items have two answers"),
    Reason.ONE_VALUE_ONLY: gettext_lazy("every answer is the same"),
    Reason.NO_VARIATION: gettext_lazy("no variation was seen"),
}
DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
KEPT = "\n\t\u200c\u200d"  # joiners are spelling in Persian, Hindi and emoji; the rest hides
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An estimate in words: what the component prints."""

    defined: bool
    bounded: bool
    value: str
    low: str
    high: str
    n: str
    level: str
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or one invisible character with its code."""

    text: str
    code: str = ""


@register.inclusion_tag("components/badge.html")
def badge(state: str, label: str = "", tone: str | None = None) -> dict[str, Any]:
    """A state as a badge: shape and word, never colour alone."""
    known_tone, known_label = STATES.get(str(state), ("", state))
    return {"tone": known_tone if tone is None else tone, "label": label or known_label}


@register.filter
def pairs(values: dict[str, Any]) -> list[tuple[str, Any]]:
    """Names and values; `.items` in a template would read a key of that name instead.

    >>> pairs({"items": 3})
    [('items', 3)]
    """
    return list(values.items())


@register.filter
def shown(estimate: Estimate, unit: str = "") -> Shown:
    """What the estimate component prints; unit is percent, points or none."""
    as_text, as_end = UNITS.get(unit, (decimal, decimal))
    return Shown(
        defined=estimate.defined,
        bounded=estimate.bounded,
        value=as_text(estimate.value),
        low=as_end(estimate.low),
        high=as_end(estimate.high),
        n=count(estimate.n),
        level=percent(estimate.level, 0),
        method=estimate.method,
        reason=str(REASONS.get(estimate.reason, estimate.reason)),
    )


@register.filter
def words(name: str) -> str:
    """A name of ours as words: `added_member` as "added member"."""
    return name.replace("_", " ")


@register.filter
def interval(estimate: Estimate, domain: str = "0 1") -> Interval | None:
    """Where the estimate lies on a bar whose ends are the two numbers of domain."""
    low, high = (float(end) for end in domain.split())
    return interval_on(estimate, low, high)


@register.filter
def decimal(number: float | None, places: int = 3) -> str:
    """A number with its places, in the reader's notation; a dash where there is none."""
    if number is None or math.isnan(number):
        return DASH
    return number_format(round(number, places), places)


@register.filter
def percent(share_of: float | None, places: int = 1) -> str:
    """A share as a percentage."""
    if share_of is None or math.isnan(share_of):
        return DASH
    return f"{decimal(100 * share_of, places)}%"


@register.filter
def points(difference: float | None, places: int = 1) -> str:
    """A difference of shares in signed percentage points."""
    number = signed(difference, places)
    return number if number == DASH else _("%(number)s points") % {"number": number}


def signed(difference: float | None, places: int = 1) -> str:
    """A difference of shares in percentage points, with its sign and without its unit."""
    if difference is None or math.isnan(difference):
        return DASH
    sign = "+" if difference > 0 else MINUS if difference < 0 else "±"
    return sign + decimal(100 * abs(difference), places)


@register.filter
def count(number: float | None) -> str:
    """A whole number, grouped by thousands."""
    return (
        DASH if number is None else number_format(int(number), use_l10n=True, force_grouping=True)
    )


@register.filter
def seconds(milliseconds: int | None) -> str:
    """A short time; a dash where there is none.

    >>> seconds(42_300)
    '42 s'
    """
    if milliseconds is None:
        return DASH
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    if not minutes:
        return _("%(seconds)d s") % {"seconds": rest}
    return _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": rest}


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """part of whole as a percentage without decimals; a dash without a whole."""
    return percent((part or 0) / whole, 0) if whole else DASH


@register.filter
def visible(text: object) -> str:
    """The text with each invisible or direction-changing character replaced by its code."""
    return "".join(f"⟨{piece.code}⟩" if piece.code else piece.text for piece in pieces(text))


@register.filter
def pieces(text: object) -> Iterator[Piece]:
    """The text in stretches, each invisible or direction-changing character apart with its code."""
    for harmless, lines in groupby(str(text).splitlines(keepends=True), _is_printable):
        if harmless:
            yield Piece("".join(lines))
        else:
            yield from _closely("".join(lines))


def _is_printable(line: str) -> bool:
    """Whether nothing in a line can hide; asked first, since most of a long text is harmless."""
    return line.rstrip("\n").isprintable()


def _closely(text: str) -> Iterator[Piece]:
    for hidden, run in groupby(text, hides):
        if hidden:
            yield from (Piece(_sent(character), f"U+{ord(character):04X}") for character in run)
        else:
            yield Piece("".join(run))


def _sent(character: str) -> str:
    """The character itself; half of a pair cannot be sent in UTF-8."""
    return "\ufffd" if unicodedata.category(character) == "Cs" else character


def hides(character: str) -> bool:
    """Whether a character acts on a text without being seen in it."""
    return character not in KEPT and unicodedata.category(character) in INVISIBLE


#: unit of an estimate: how its value is written, and how the ends of its interval are
UNITS = {"percent": (percent, percent), "points": (points, signed)}
