"""The adjudicating form: what is contested, with the answers beside it once they may be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from labeling.forms.judging import CANNOT_TELL, CHOSEN, answers_from
from labeling.policy.values import NUMBER, SEVERAL, in_words, keys_in
from labeling.reports.disputes import DisputedCase, Voice
from labeling.reports.judging import ShownCriterion, ShownForm, ShownOption
from labeling.services.adjudications import Decision


@dataclass(frozen=True)
class Option:
    """One way to decide: its value in the form, who answered so, whether it was decided blind."""

    value: str
    shown: ShownOption
    digit: str = ""
    letters: list[str] = field(default_factory=list)
    own: bool = False
    chosen: bool = False
    special: bool = False
    name: str = "answer"
    box: str = "radio"


@dataclass(frozen=True)
class Contested:
    """A criterion to be decided, filled with what was sent."""

    criterion: ShownCriterion
    options: list[Option]
    decision: Decision | None
    error: str

    @property
    def answered(self) -> bool:
        return self.decision is not None

    @property
    def typed(self) -> str:
        """What stands in the line of a number."""
        return (self.decision.value or "") if self.decision else ""


@dataclass(frozen=True)
class Agreed:
    """A criterion that the policy settles unless the adjudicator contests it."""

    criterion: ShownCriterion
    label: str
    options: list[Option]
    decision: Decision | None
    error: str

    @property
    def typed(self) -> str:
        """What stands in the line of a number."""
        return (self.decision.value or "") if self.decision else ""


@dataclass(frozen=True)
class Row:
    """What each annotator answered to one criterion, in words, in the order of their letters."""

    prompt: str
    answers: list[str]


@dataclass(frozen=True)
class AdjudicationForm:
    """What stands on the page; voices, rows and agreed criteria only once they were revealed."""

    contested: list[Contested]
    agreed: list[Agreed] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def decisions_from(post: QueryDict) -> dict[str, Decision]:
    """Decisions by criterion key, as the page names its inputs."""
    return {
        key: Decision(value, post.get(f"cause-{key}", ""), post.get(f"rationale-{key}", ""))
        for key, value in answers_from(post).items()
        if value != "" or f"answer-{key}" in post  # a line left empty decides nothing
    }


def blind_form(
    case: DisputedCase,
    form: ShownForm,
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
) -> AdjudicationForm:
    """What is contested and nothing of how it was answered."""
    keys = {question.criterion.key for question in case.contested}
    rows = [criterion for criterion in form.criteria if criterion.key in keys]
    return AdjudicationForm([_contested(row, decisions, errors) for row in rows])


def revealed_form(
    case: DisputedCase,
    form: ShownForm,
    voices: list[Voice],
    blind: Mapping[str, str | None],
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
) -> AdjudicationForm:
    """The same with the answers side by side, and what was agreed."""
    keys = {question.criterion.key for question in case.contested}
    contested, agreed, rows = [], [], []
    for criterion in form.criteria:
        differ = len({voice.answers[criterion.key] for voice in voices}) > 1
        if differ or criterion.key in keys:
            rows.append(_row(criterion, voices))
        if criterion.key in keys:
            contested.append(_contested(criterion, decisions, errors, voices, blind))
        elif criterion.kind != "free_text":
            agreed.append(_agreed(case, criterion, decisions, errors))
    return AdjudicationForm(contested, agreed, voices, rows)


def label_of(criterion: ShownCriterion, value: str | None) -> str:
    """An answer in words."""
    if value is None:
        return _("Cannot tell")
    if not value:
        return _("No answer")
    labels = {option.key: option.label for option in criterion.options}
    words = in_words(criterion.kind, value, labels)
    return (
        f"{words} {criterion.terms.get('unit', '')}".strip() if criterion.kind == NUMBER else words
    )


def _contested(
    criterion: ShownCriterion,
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
    voices: list[Voice] | None = None,
    blind: Mapping[str, str | None] | None = None,
) -> Contested:
    decision = decisions.get(criterion.key)
    options = _options(criterion, decision, voices or [], blind or {})
    return Contested(criterion, options, decision, " ".join(errors.get(criterion.key, [])))


def _agreed(
    case: DisputedCase,
    criterion: ShownCriterion,
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
) -> Agreed:
    found = {question.criterion.key: question.finding.value for question in case.agreed}
    decision = decisions.get(criterion.key)
    return Agreed(
        criterion,
        label_of(criterion, found[criterion.key]),
        _options(criterion, decision, [], {}),
        decision,
        " ".join(errors.get(criterion.key, [])),
    )


def _options(
    criterion: ShownCriterion,
    decision: Decision | None,
    voices: list[Voice],
    blind: Mapping[str, str | None],
) -> list[Option]:
    key, several = criterion.key, criterion.kind == SEVERAL
    return [
        Option(
            value=CANNOT_TELL if value is None else f"{CHOSEN}{value}",
            shown=shown,
            digit=digit,
            letters=[voice.letter for voice in voices if _says(voice.answers[key], value)],
            own=key in blind and _says(blind[key], value),
            chosen=decision is not None and _says(decision.value, value),
            special=not value,
            name="several" if several and value else "answer",
            box="checkbox" if several or criterion.kind == NUMBER else "radio",
        )
        for value, shown, digit in _values(criterion)
    ]


def _says(answer: str | None, value: str | None) -> bool:
    """Whether an answer is this value, or names it among others."""
    return answer == value or bool(answer and value and value in keys_in(answer))


def _values(criterion: ShownCriterion) -> list[tuple[str | None, ShownOption, str]]:
    """What can be decided, each with its key: the options, then "cannot tell", then "no answer"."""
    last = 0 if criterion.kind == "taxonomy" else 9
    values: list[tuple[str | None, ShownOption, str]] = [
        (row.key, row, str(place) if place <= last else "")
        for place, row in enumerate(criterion.options, start=1)
    ]
    if criterion.cannot_tell:
        values.append((None, ShownOption("", _("Cannot tell")), "0"))
    if not criterion.required:
        values.append(("", ShownOption("", _("No answer")), ""))
    return values


def _row(criterion: ShownCriterion, voices: list[Voice]) -> Row:
    return Row(
        criterion.prompt, [label_of(criterion, voice.answers[criterion.key]) for voice in voices]
    )
