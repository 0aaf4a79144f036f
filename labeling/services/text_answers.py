"""Rankings, spans and corrections as they are handed in, checked against what was shown."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Criterion
from labeling.policy.blinding import ShownField
from labeling.policy.corrections import CORRECTED, UNCHANGED, corrected
from labeling.policy.rankings import (
    RANKING,
    as_ranking,
    has_ties,
    is_whole,
    letters_of,
    places_in,
)
from labeling.policy.spans import SPANS, Span, as_spans, beyond, overlap, spans_in, unknown
from labeling.reports.judging import ShownItem
from labeling.reports.marked_texts import text_of

#: What was shown, read only where an answer is about it.
Shown = Callable[[], ShownItem]
KINDS = (RANKING, SPANS, CORRECTED)
CORRECTION_LIMIT = 100_000


def nothing_shown() -> ShownItem:
    """An item of which nothing is known."""
    return ShownItem([], {})


def problem_with(criterion: Criterion, value: str, shown: Shown) -> str:
    """What keeps a text from being an answer to a criterion of these kinds."""
    if criterion.kind == RANKING:
        return _ranking_problem(criterion, value)
    text = text_of(criterion, shown())
    if criterion.kind == SPANS:
        return _spans_problem(criterion, value, text)
    return _correction_problem(value, text)


def written(criterion: Criterion, value: str, shown: Shown) -> str:
    """The one way in which an answer without a problem is kept."""
    if criterion.kind == RANKING:
        return as_ranking(places_in(value) or [])
    text = text_of(criterion, shown())
    if criterion.kind == SPANS:
        return as_spans(spans_in(value) or [], text.name if text else "")
    return value if value == UNCHANGED else corrected(value, text.text if text else None)


def _ranking_problem(criterion: Criterion, value: str) -> str:
    places, letters = places_in(value), letters_of(criterion.terms)
    if places is None or not is_whole(places, letters):
        words = {"letters": ", ".join(letters).upper()}
        return _("Give each of %(letters)s exactly one place.") % words
    if has_ties(places) and not criterion.terms.get("ties", False):
        return _("No two outputs may share a place.")
    return ""


def _spans_problem(criterion: Criterion, value: str, text: ShownField | None) -> str:
    spans = spans_in(value)
    if spans is None:
        return _("Give each span a line of its own: from where to where, then its label.")
    if unknown(spans, [option["key"] for option in criterion.options]):
        return _("There is no such label.")
    if problem := _misplaced(spans, text):
        return problem
    if overlap(spans) and not criterion.terms.get("overlapping", False):
        return _("Spans may not overlap here.")
    return _too_few_or_many(len(spans), criterion)


def _misplaced(spans: list[Span], text: ShownField | None) -> str:
    """Spans that do not lie within the text that is shown."""
    if spans and text is None:
        return _("No text is shown here that could be marked.")
    if text and any(span.field not in ("", text.name) for span in spans):
        return _("Mark only the text that the question is about.")
    length = len(text.text) if text else 0
    if wrong := beyond(spans, length):
        words = {"start": wrong.start, "end": wrong.end, "length": length}
        return _("%(start)d-%(end)d does not lie within the %(length)d characters.") % words
    return ""


def _too_few_or_many(count: int, criterion: Criterion) -> str:
    least, most = criterion.terms.get("least", 0), criterion.terms.get("most")
    if count < least:
        text = ngettext("Mark at least one span.", "Mark at least %(n)d spans.", least)
        return text % {"n": least}
    if most is not None and count > most:
        return ngettext("Mark one span at most.", "Mark %(n)d spans at most.", most) % {"n": most}
    return ""


def _correction_problem(value: str, text: ShownField | None) -> str:
    if len(value) > CORRECTION_LIMIT:
        limit = {"limit": CORRECTION_LIMIT}
        return _("This is too long: %(limit)s characters at most.") % limit
    if value == UNCHANGED and text is None:
        return _("No output is shown here that could be left as it is.")
    return ""
