"""The metrics that a gate can ask for, and how they are said."""

from __future__ import annotations

from enum import StrEnum

from evaluation.stats.measures import (
    Measure,
    accuracy,
    f1_of,
    macro_f1,
    macro_recall,
    precision_of,
    recall_of,
)


class Metric(StrEnum):
    """What a criterion measures; for all of them more is better."""

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    MACRO_RECALL = "macro_recall"
    MACRO_F1 = "macro_f1"
    WIN_RATE = "win_rate"
    RUBRIC_SCORE = "rubric_score"

    @property
    def of_a_label(self) -> bool:
        """Whether it is that of one label, or of one question, which has to be named."""
        return self in LABELLED or self in ASKED

    def measure(self, code: int | None = None) -> Measure:
        """The formula; code: of the label, for the metrics of one."""
        if self in ASKED:
            raise ValueError(f"{self} is what people say: no formula gives it")
        if self in LABELLED:
            if code is None:
                raise ValueError(f"{self} is that of a label: say which")
            return LABELLED[self](code)
        return OVERALL[self]

    def spoken(self, label: str = "") -> str:
        """Its name in a sentence.

        >>> Metric.RECALL.spoken("refund"), Metric.MACRO_F1.spoken()
        ('recall of “refund”', 'F1 averaged over the labels')
        """
        if self in ASKED:
            return f"{SPOKEN[self]} on “{label}”"
        return f"{SPOKEN[self]} of “{label}”" if self in LABELLED else SPOKEN[self]


LABELLED = {Metric.PRECISION: precision_of, Metric.RECALL: recall_of, Metric.F1: f1_of}
#: What people answer about outputs; the label is the key of the question.
ASKED = (Metric.WIN_RATE, Metric.RUBRIC_SCORE)
OVERALL: dict[Metric, Measure] = {
    Metric.ACCURACY: accuracy,
    Metric.MACRO_RECALL: macro_recall,
    Metric.MACRO_F1: macro_f1,
}
SPOKEN = {
    Metric.ACCURACY: "accuracy",
    Metric.PRECISION: "precision",
    Metric.RECALL: "recall",
    Metric.F1: "F1",
    Metric.MACRO_RECALL: "recall averaged over the labels",
    Metric.MACRO_F1: "F1 averaged over the labels",
    Metric.WIN_RATE: "win rate",
    Metric.RUBRIC_SCORE: "score",
}


def compared(metric: Metric, label: str, amount: str, *, better: bool, may: bool = False) -> str:
    """How much better or worse than the baseline it is, or may be, as a clause.

    >>> compared(Metric.ACCURACY, "", "58 points", better=False)
    'it answers 58 points worse than the baseline'
    >>> compared(Metric.F1, "refund", "2 points", better=True, may=True)
    "its F1 of “refund” may be 2 points better than the baseline's"
    """
    direction = f"{amount} {'better' if better else 'worse'} than the baseline"
    if metric is Metric.ACCURACY:
        return f"it {'may answer' if may else 'answers'} {direction}"
    return f"its {metric.spoken(label)} {'may be' if may else 'is'} {direction}'s"


def points(part: float) -> str:
    """A part of one in points of a hundred.

    >>> points(0.58), points(0.043), points(0.01), points(0.0003)
    ('58 points', '4.3 points', '1 point', 'less than 0.1 points')
    """
    hundredths = abs(part) * 100
    if 0 < hundredths < 0.05:
        return "less than 0.1 points"
    said = f"{hundredths:.0f}" if hundredths >= 30 else f"{hundredths:.1f}".removesuffix(".0")
    return f"{said} point" if said == "1" else f"{said} points"


def percent(part: float) -> str:
    """A part of one as a percentage.

    >>> percent(0.9), percent(0.8749)
    ('90 %', '87.5 %')
    """
    return f"{100 * part:.1f}".removesuffix(".0") + " %"
