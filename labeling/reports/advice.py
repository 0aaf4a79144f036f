"""The sentence that says what to do about a queue's agreement, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.policy.agreement import Action, Advice, Because, Facts, Why, advise, most_urgent
from labeling.reports.agreement import AgreementReport, CriterionAgreement

WHAT_TO_DO = {
    Action.MEND: gettext_lazy("Mend the rubric before more is judged"),
    Action.SHOW_MORE: gettext_lazy("Show people more of the item, or add the answer they miss"),
    Action.DRAW_RARE: gettext_lazy("Judge more of the rare answers before touching the rubric"),
    Action.CALIBRATE: gettext_lazy("Settle the disputes and talk the unclear cases over"),
    Action.JUDGE_MORE: gettext_lazy("Judge more before deciding anything"),
    Action.USE: gettext_lazy("These labels can be relied on"),
    Action.READ: gettext_lazy("Texts are not compared: read them"),
    Action.LEFT_OUT: gettext_lazy("The rubric leaves this question out of agreement"),
}
WHY = {
    Why.ALPHA: gettext_lazy("alpha is %(value)s (%(low)s to %(high)s)"),
    Why.FEW_ITEMS: gettext_lazy("%(items)s items have two answers, at least %(wanted)s should"),
    Why.ALL_SAME: gettext_lazy("every answer is the same, so it is not shown that cases differ"),
    Why.MORE_ITEMS: gettext_lazy("about %(items)s more items would make the interval narrow"),
    Why.PREVAILS: gettext_lazy(
        "one answer makes up %(share)s, which pulls alpha down; AC1 is %(ac1)s"
    ),
    Why.CANNOT_TELL: gettext_lazy("%(share)s of the answers are “cannot tell”"),
    Why.DEPTH: gettext_lazy(
        "%(share)s of what differs is one label above the other: say how deep to go"
    ),
    Why.BOUNDARY: gettext_lazy(
        "%(share)s of what differs is between siblings: draw their boundary"
    ),
    Why.BRANCH: gettext_lazy("%(share)s of what differs is between branches: look at those items"),
    Why.WEAK_SLICE: gettext_lazy("it is lowest in %(slice)s (%(value)s)"),
}


@dataclass(frozen=True)
class Said:
    """Advice on one criterion in words."""

    criterion: CriterionAgreement
    action: str
    sentence: str


def advice_on(criterion: CriterionAgreement) -> Advice:
    """What the policy makes of the figures of one criterion."""
    whole = criterion.whole
    return advise(
        Facts(
            kind=criterion.kind,
            counts=criterion.counts,
            alpha=whole.alpha,
            ac1=whole.ac1,
            cannot_tell=whole.cannot_tell,
            largest_share=whole.largest_share,
            decomposition=criterion.decomposition,
            slices={
                part.name: part.figures.alpha for part in criterion.by_slice + criterion.by_lane
            },
        )
    )


def said(report: AgreementReport) -> list[Said]:
    """The advice on every criterion, in the order of the rubric."""
    return [_said(criterion, advice_on(criterion)) for criterion in report.criteria]


def headline(report: AgreementReport) -> str:
    """The advice to follow first, with the question that it is about."""
    advice = [advice_on(criterion) for criterion in report.criteria]
    first = most_urgent(advice)
    if first is None or not any(criterion.whole.answers for criterion in report.criteria):
        if report.revealed:
            return _("The prediction was shown before every answer, so agreement says nothing.")
        return _("Nothing has been judged yet.")
    criterion = report.criteria[advice.index(first)]
    if len(report.criteria) == 1:
        return _said(criterion, first).sentence
    numbers = {"question": criterion.prompt, "sentence": _said(criterion, first).sentence}
    return _("“%(question)s” first. %(sentence)s") % numbers


def _said(criterion: CriterionAgreement, advice: Advice) -> Said:
    action = str(WHAT_TO_DO[advice.action])
    reasons = "; ".join(_reason(because) for because in advice.reasons)
    text = _("%(action)s: %(reasons)s.") % {"action": action, "reasons": reasons}
    return Said(criterion, advice.action.value, text if reasons else f"{action}.")


def _reason(because: Because) -> str:
    numbers = {name: _number(name, number) for name, number in because.numbers.items()}
    return str(WHY[because.why]) % numbers


def _number(name: str, number: float | int | str) -> str:
    """Shares as percentages, coefficients with two places, counts whole."""
    if name == "share" and isinstance(number, float):
        return f"{number_format(100 * number, 0)}%"
    return number_format(number, 2) if isinstance(number, float) else str(number)
