"""What a judgment of outputs is worth, and which questions give a number at all.

Of two outputs, the one that is preferred wins and the other loses; a tie is half a win, however
strong the preference; "both bad" says nothing of which is better and is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from string import ascii_lowercase
from typing import Any

from labeling.policy.rankings import RANKING, numbers_in
from labeling.policy.sides import lopsided
from labeling.policy.values import BOTH_BAD, NUMBER, PREFERENCE, number_in

YES_NO, ORDINAL = "yes_no", "ordinal"
#: What annotators are never shown beside outputs: it would tell whose output is whose.
HIDDEN: Mapping[str, Any] = {"prediction": False, "attributes": []}
#: Questions that compare outputs, and questions that rate one.
COMPARING = (PREFERENCE, RANKING)
RATING = (ORDINAL, NUMBER, YES_NO)


class Said(StrEnum):
    """What one judgment says of the version that is evaluated."""

    WIN = "win"
    LOSS = "loss"
    TIE = "tie"
    BOTH_BAD = "both_bad"


WORTH = {Said.WIN: 1.0, Said.TIE: 0.5, Said.LOSS: 0.0}


@dataclass(frozen=True, slots=True)
class Question:
    """A criterion as far as it matters here."""

    key: str
    kind: str
    subject: str = "output"
    options: Sequence[str] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
    when: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[float, float]:
        """The scale that people answer on, from its low end to its high one."""
        if self.kind == ORDINAL:
            return 1.0, float(len(self.options))
        if self.kind == NUMBER:
            return float(self.terms["lowest"]), float(self.terms["highest"])
        return 0.0, 1.0

    def gives_a_number(self, outputs: int) -> bool:
        """Whether its answers come to a win rate, or to a score."""
        if outputs > 1:
            return self.kind in COMPARING
        if self.subject != "output" or self.kind not in RATING:
            return False
        low, high = self.ends if self._bounded else (0.0, 0.0)
        return low < high

    @property
    def _bounded(self) -> bool:
        return self.kind != NUMBER or {"lowest", "highest"} <= self.terms.keys()


def misfit(questions: Sequence[Question], outputs: int) -> str:
    """Why a rubric cannot be asked about so many outputs; "" if it can."""
    compare = [one for one in questions if one.kind in COMPARING]
    if outputs == 1 and compare:
        return f"“{compare[0].key}” compares outputs, and there is only one"
    wrong = [
        one for one in compare if one.kind == RANKING and one.terms.get("outputs", 2) != outputs
    ]
    if wrong:
        return f"“{wrong[0].key}” ranks another number of outputs"
    kinds = {one.key: one.kind for one in questions}
    for one in questions:
        above = one.when.get("criterion", "")
        if above and lopsided(kinds.get(above, ""), one.when.get("answers", [])):
            return f"“{one.key}” is asked after one side only, and sides are drawn for each person"
    if any(one.gives_a_number(outputs) for one in questions):
        return ""
    if outputs > 1:
        return "no question asks which output is better (a preference or a ranking)"
    return "no question about the output gives a number (a scale, yes or no, a bounded number)"


def said_of(kind: str, value: str, position: int) -> Said | None:
    """What an answer that compares two outputs says of the one at this position.

    >>> said_of("preference", "b_much", 1), said_of("ranking", '["a","b"]', 1)
    (<Said.WIN: 'win'>, <Said.LOSS: 'loss'>)
    """
    own, other = ascii_lowercase[position], ascii_lowercase[1 - position]
    if kind == RANKING:
        places = numbers_in(value)
        if not {own, other} <= places.keys():
            return None
        return _compared(places[other] - places[own])
    if value in (BOTH_BAD, "tie"):
        return Said(value)
    return _compared({own: 1, other: -1}.get(value[:1])) if value else None


def score_of(question: Question, value: str) -> float | None:
    """An answer that rates one output, from 0 at the low end of its scale to 1 at the high one.

    >>> score_of(Question("tone", "ordinal", options=("bad", "fair", "good")), "fair")
    0.5
    """
    if question.kind == YES_NO:
        return {"yes": 1.0, "no": 0.0}.get(value)
    if question.kind == ORDINAL:
        known = value in question.options
        return question.options.index(value) / (len(question.options) - 1) if known else None
    number = number_in(value) if question.kind == NUMBER else None
    if number is None:
        return None
    low, high = (Decimal(str(end)) for end in question.ends)
    return float((min(max(number, low), high) - low) / (high - low))


def mean(scores: Iterable[float | None]) -> float | None:
    """The mean of those that there are."""
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def _compared(lead: int | None) -> Said | None:
    if lead is None:
        return None
    return Said.TIE if lead == 0 else Said.WIN if lead > 0 else Said.LOSS
