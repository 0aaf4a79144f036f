"""Rankings, spans and corrections as they stand in a form: what is there to rank, mark or mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from labeling.policy import rankings, spans
from labeling.policy.blinding import ShownField
from labeling.policy.corrections import CORRECTED, UNCHANGED, corrected
from labeling.policy.values import in_words
from labeling.reports.judging import ShownCriterion, ShownItem
from labeling.reports.marked_texts import text_of

EXCERPT = 90
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Place:
    """An output that is ranked: its letter, how it begins, and its number so far, 0 for none."""

    letter: str
    label: str
    excerpt: str
    number: int


@dataclass(frozen=True, slots=True)
class Widget:
    """What a question of these kinds is answered with.

    typed: what stands in its line; said: the answer in words, empty where there is none yet.
    alone: the answer that there is nothing to mark, or nothing to mend; empty where it is none;
    alone_said: the same in words; digit: its key, if it has one.
    """

    template: str
    typed: str
    said: str
    text: ShownField | None = None
    places: list[Place] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    alone: str = ""
    alone_said: str = ""
    digit: str = ""
    is_alone: bool = False


def widget_of(criterion: ShownCriterion, value: str, item: ShownItem) -> Widget | None:
    """What a criterion is answered with, filled with an answer; None for other kinds."""
    draw = DRAWN.get(criterion.kind)
    return draw(criterion, value, item) if draw else None


def said_of(criterion: ShownCriterion, value: str, item: ShownItem) -> str:
    """An answer in words; of spans those of the text, if it is shown."""
    if criterion.kind == CORRECTED and value == UNCHANGED:
        return _("Right as it is")
    if criterion.kind == spans.SPANS and value == spans.NOTHING:
        return _("Nothing to mark")
    labels = {option.key: option.label for option in criterion.options}
    text = text_of(criterion, item)
    if criterion.kind != spans.SPANS or text is None:
        return in_words(criterion.kind, value, labels)
    return ", ".join(
        f"{labels.get(one.label, one.label)}: {text.text[one.start : one.end]}"
        for one in spans.spans_in(value) or []
    )


def sample_item(criterion: ShownCriterion) -> ShownItem:
    """An item for the preview of a criterion."""
    name = criterion.terms.get("field", "text")
    return ShownItem([ShownField(name, "", _("Here stands the text of an item."))], {})


def _ranking(criterion: ShownCriterion, value: str, item: ShownItem) -> Widget:
    letters = rankings.letters_of(criterion.terms)
    numbers = rankings.numbers_in(value)
    begun = {output.name: Truncator(output.text).chars(EXCERPT) for output in item.outputs}
    return Widget(
        template="labeling/judge_ranking.html",
        typed=value,
        said=rankings.in_words(value) if numbers else "",
        places=[
            Place(letter, letter.upper(), begun.get(letter, ""), numbers.get(letter, 0))
            for letter in letters
        ],
        numbers=list(range(1, len(letters) + 1)),
    )


def _spans(criterion: ShownCriterion, value: str, item: ShownItem) -> Widget:
    nothing, digit = value == spans.NOTHING, len(criterion.options) + 1
    return Widget(
        template="labeling/judge_spans.html",
        typed="" if nothing else spans.as_lines(value),
        said=said_of(criterion, value, item),
        text=text_of(criterion, item),
        alone="" if criterion.terms.get("least") else spans.NOTHING,
        alone_said=_("Nothing to mark"),
        digit=str(digit) if digit <= DIGITS else "",
        is_alone=nothing,
    )


def _correction(criterion: ShownCriterion, value: str, item: ShownItem) -> Widget:
    text = text_of(criterion, item)
    original = text.text if text else None
    kept = corrected(value, original) if value else ""
    mended = kept not in ("", UNCHANGED)
    return Widget(
        template="labeling/judge_correction.html",
        typed=value if mended else original or "",
        said=said_of(criterion, value, item) if mended or value == UNCHANGED else "",
        text=text,
        alone=UNCHANGED if text else "",
        alone_said=_("Right as it is"),
        digit="1",
        is_alone=value == UNCHANGED,
    )


DRAWN: dict[str, Callable[[ShownCriterion, str, ShownItem], Widget]] = {
    rankings.RANKING: _ranking,
    spans.SPANS: _spans,
    CORRECTED: _correction,
}
