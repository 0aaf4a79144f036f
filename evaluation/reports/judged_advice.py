"""What an evaluation by people means, in one sentence for whoever opens the page."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation.models import JudgedEvaluation
from evaluation.policy.judged import COMPARING
from evaluation.reports.judged import JudgedResult, Progress, QuestionResult
from labeling.stats.estimate import Estimate
from labeling.templatetags.fettle import percent

EVEN = 0.5
State = JudgedEvaluation.State


def judged_headline(
    evaluation: JudgedEvaluation, progress: Progress, result: JudgedResult | None
) -> str:
    """The first sentence of the page of an evaluation by people."""
    if evaluation.state == State.PREPARING:
        return _("The outputs are being put into a queue.")
    if evaluation.state == State.FAILED:
        return _("Nothing was judged.") + f" {evaluation.reason}"
    said = _said(evaluation, result) if result else ""
    if evaluation.state == State.DONE:
        return said or _("Nothing was judged before the queue was closed.")
    far = ngettext(
        "%(judged)s of %(wanted)s item judged.",
        "%(judged)s of %(wanted)s items judged.",
        progress.wanted,
    ) % {"judged": f"{progress.judged:,}", "wanted": f"{progress.wanted:,}"}
    return f"{far} {_('Not final:')} {said}" if said else far


def left_out_in_words(evaluation: JudgedEvaluation) -> list[tuple[str, int]]:
    """How many items of the set nobody is asked about, and why."""
    names = {
        "missing": _("no output"),
        "empty": _("an empty output"),
        "erased": _("erased"),
        "not_drawn": _("not drawn"),
    }
    return [(names.get(reason, reason), count) for reason, count in evaluation.left_out.items()]


def shown_to_be(value: Estimate) -> str:
    """Which of the two is shown to be preferred: better, worse, or neither.

    >>> from labeling.stats.estimate import share
    >>> shown_to_be(share(90, 100)), shown_to_be(share(5, 10)), shown_to_be(share(1, 50))
    ('better', 'open', 'worse')
    """
    if value.bounded and value.low > EVEN:
        return "better"
    return "worse" if value.bounded and value.high < EVEN else "open"


def _said(evaluation: JudgedEvaluation, result: JudgedResult) -> str:
    question = next((one for one in result.questions if one.value.defined), None)
    if question is None:
        return ""
    if question.kind in COMPARING:
        return _win_rate(evaluation, question.value)
    return _score(evaluation, question)


def _win_rate(evaluation: JudgedEvaluation, value: Estimate) -> str:
    about = {
        "version": evaluation.model_version.name,
        "against": evaluation.against.name if evaluation.against else "",
        "rate": percent(value.value),
        "low": percent(value.low),
        "high": percent(value.high),
    }
    said = _("%(version)s wins %(rate)s against %(against)s (%(low)s to %(high)s):") % about
    verdict = {
        "better": _("people prefer it."),
        "worse": _("people prefer %(against)s.") % about,
        "open": _("which of the two people prefer is not shown."),
    }
    return f"{said} {verdict[shown_to_be(value)]}"


def _score(evaluation: JudgedEvaluation, question: QuestionResult) -> str:
    value = question.value
    about = {"version": evaluation.model_version.name, "prompt": question.prompt}
    if question.kind == "yes_no":
        numbers = {
            "value": percent(value.value),
            "low": percent(value.low),
            "high": percent(value.high),
        }
        said = _("%(value)s yes to “%(prompt)s” about %(version)s (%(low)s to %(high)s).")
        return said % (about | numbers)
    numbers = {
        "value": f"{on_scale(question, value.value):.2f}",
        "low": f"{on_scale(question, value.low):.2f}",
        "high": f"{on_scale(question, value.high):.2f}",
        "least": f"{question.low:g}",
        "most": f"{question.high:g}",
    }
    said = _(
        "%(version)s scores %(value)s (%(low)s to %(high)s) on “%(prompt)s”, from %(least)s to"
        " %(most)s."
    )
    return said % (about | numbers)


def on_scale(question: QuestionResult, value: float) -> float:
    """A part of one on the scale that people answered on.

    An ordinal scale begins with 1, at its first option.
    """
    return question.low + value * (question.high - question.low)
