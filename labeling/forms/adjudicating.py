"""The adjudicating form: what is contested, with the answers beside it once they may be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from labeling.forms.judging import CANNOT_TELL, CHOSEN, answers_from
from labeling.policy.spans import SPANS, spans_in
from labeling.policy.stacking import stretches
from labeling.policy.values import NUMBER, SEVERAL, keys_in
from labeling.reports.disputes import DisputedCase, Voice
from labeling.reports.judging import ShownCriterion, ShownForm, ShownItem, ShownOption
from labeling.reports.marked_texts import text_of
from labeling.reports.widgets import Widget, said_of, widget_of
from labeling.services.adjudications import Decision

#: How many lines there is room for under a text; of more annotators some share one.
LINES = 5


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
    alone: bool = False


@dataclass(frozen=True)
class Contested:
    """A criterion to be decided, filled with what was sent."""

    criterion: ShownCriterion
    options: list[Option]
    decision: Decision | None
    error: str
    widget: Widget | None

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
    widget: Widget | None

    @property
    def typed(self) -> str:
        """What stands in the line of a number."""
        return (self.decision.value or "") if self.decision else ""


@dataclass(frozen=True)
class DrawnPiece:
    """A piece of a marked text: under which lines it stands, and whose marks end behind it."""

    text: str
    lines: list[int]
    ends: list[DrawnEnd]


@dataclass(frozen=True)
class DrawnEnd:
    """The end of a mark: the line under it, whose it is, and its label."""

    line: int
    letter: str
    label: str


@dataclass(frozen=True)
class Row:
    """What each annotator answered to one criterion, in words, in the order of their letters.

    drawn: of spans, the text with everybody's marks in it.
    """

    prompt: str
    answers: list[str]
    drawn: list[DrawnPiece] = field(default_factory=list)


@dataclass(frozen=True)
class AdjudicationForm:
    """What stands on the page; voices, rows and agreed criteria only once they were revealed."""

    contested: list[Contested]
    agreed: list[Agreed] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def lines(self) -> list[tuple[int, list[str]]]:
        """The lines that marks have under a text, each with the letters of whose they are."""
        letters = [voice.letter for voice in self.voices]
        return [(line + 1, letters[line::LINES]) for line in range(min(LINES, len(letters)))]


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
    item: ShownItem,
) -> AdjudicationForm:
    """What is contested and nothing of how it was answered."""
    keys = {question.criterion.key for question in case.contested}
    rows = [criterion for criterion in form.criteria if criterion.key in keys]
    return AdjudicationForm([_contested(row, decisions, errors, item) for row in rows])


def revealed_form(
    case: DisputedCase,
    form: ShownForm,
    voices: list[Voice],
    blind: Mapping[str, str | None],
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
    *,
    item: ShownItem,
) -> AdjudicationForm:
    """The same with the answers side by side, and what was agreed."""
    keys = {question.criterion.key for question in case.contested}
    contested, agreed, rows = [], [], []
    for criterion in form.criteria:
        differ = len({voice.answers[criterion.key] for voice in voices}) > 1
        if differ or criterion.key in keys:
            rows.append(_row(criterion, voices, item))
        if criterion.key in keys:
            contested.append(
                _contested(criterion, decisions, errors, item, voices=voices, blind=blind)
            )
        elif criterion.kind != "free_text":
            agreed.append(_agreed(case, criterion, decisions, errors, item))
    return AdjudicationForm(contested, agreed, voices, rows)


def label_of(criterion: ShownCriterion, value: str | None, item: ShownItem) -> str:
    """An answer in words."""
    if value is None:
        return _("Cannot tell")
    if not value:
        return _("No answer")
    words = said_of(criterion, value, item)
    return (
        f"{words} {criterion.terms.get('unit', '')}".strip() if criterion.kind == NUMBER else words
    )


def _contested(
    criterion: ShownCriterion,
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
    item: ShownItem,
    *,
    voices: Sequence[Voice] = (),
    blind: Mapping[str, str | None] | None = None,
) -> Contested:
    decision = decisions.get(criterion.key)
    error = " ".join(errors.get(criterion.key, []))
    widget = _widget(criterion, decision, item)
    if widget:
        options = _adoptable(criterion, decision, item, voices=voices, blind=blind or {})
    else:
        options = _options(criterion, decision, voices, blind or {})
    return Contested(criterion, options, decision, error, widget)


def _agreed(
    case: DisputedCase,
    criterion: ShownCriterion,
    decisions: Mapping[str, Decision],
    errors: Mapping[str, list[str]],
    item: ShownItem,
) -> Agreed:
    found = {question.criterion.key: question.finding.value for question in case.agreed}
    undecided = _contested(criterion, decisions, errors, item)
    return Agreed(
        criterion,
        label_of(criterion, found[criterion.key], item),
        undecided.options,
        undecided.decision,
        undecided.error,
        undecided.widget,
    )


def _widget(criterion: ShownCriterion, decision: Decision | None, item: ShownItem) -> Widget | None:
    return widget_of(criterion, (decision.value or "") if decision else "", item)


def _adoptable(
    criterion: ShownCriterion,
    decision: Decision | None,
    item: ShownItem,
    *,
    voices: Sequence[Voice],
    blind: Mapping[str, str | None],
) -> list[Option]:
    """The answers that were given, each to be taken over as a whole, and what stands alone."""
    key, widget = criterion.key, _widget(criterion, None, item)
    digits = {widget.alone: widget.digit} if widget else {}
    given = [*(voice.answers[key] for voice in voices), *digits]
    values = [
        (value, ShownOption(value, said_of(criterion, value, item)), digits.get(value, ""))
        for value in dict.fromkeys(given)
        if value
    ]
    return [
        Option(
            value=CANNOT_TELL if value is None else f"{CHOSEN}{value}",
            shown=shown,
            digit=digit,
            letters=[voice.letter for voice in voices if voice.answers[key] == value],
            own=key in blind and blind[key] == value,
            chosen=decision is not None and decision.value == value,
            special=not value,
            box="checkbox",
            alone=True,
        )
        for value, shown, digit in [*values, *_specials(criterion)]
    ]


def _options(
    criterion: ShownCriterion,
    decision: Decision | None,
    voices: Sequence[Voice],
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
            alone=not value and (several or criterion.kind == NUMBER),
        )
        for value, shown, digit in _values(criterion)
    ]


def _says(answer: str | None, value: str | None) -> bool:
    """Whether an answer is this value, or names it among others."""
    return answer == value or bool(answer and value and value in keys_in(answer))


def _values(criterion: ShownCriterion) -> list[tuple[str | None, ShownOption, str]]:
    """What can be decided, each with its key: the options, then "cannot tell", then "no answer"."""
    values: list[tuple[str | None, ShownOption, str]] = [
        (row.key, row, _digit(criterion, place, row))
        for place, row in enumerate(criterion.options, start=1)
    ]
    return [*values, *_specials(criterion)]


def _digit(criterion: ShownCriterion, place: int, option: ShownOption) -> str:
    """The key of an option as on the judging page: in a tree only "none of these" has one."""
    if criterion.kind == "taxonomy":
        return "9" if option.is_none else ""
    return str(place) if place <= 9 else ""


def _specials(criterion: ShownCriterion) -> list[tuple[str | None, ShownOption, str]]:
    values: list[tuple[str | None, ShownOption, str]] = []
    if criterion.cannot_tell:
        values.append((None, ShownOption("", _("Cannot tell")), "0"))
    if not criterion.required:
        values.append(("", ShownOption("", _("No answer")), ""))
    return values


def _row(criterion: ShownCriterion, voices: list[Voice], item: ShownItem) -> Row:
    answers = [_said(criterion, voice, item) for voice in voices]
    return Row(criterion.prompt, answers, _drawn(criterion, voices, item))


def _drawn(criterion: ShownCriterion, voices: list[Voice], item: ShownItem) -> list[DrawnPiece]:
    """The text of a criterion with the marks of all voices in it; nothing for other kinds."""
    text = text_of(criterion, item)
    if criterion.kind != SPANS or text is None:
        return []
    labels = {option.key: option.label for option in criterion.options}
    marks = [spans_in(voice.answers[criterion.key] or "") or [] for voice in voices]
    if not any(marks):
        return []
    return [
        DrawnPiece(
            text.text[piece.start : piece.end],
            [place % LINES + 1 for place in piece.marked],
            [
                DrawnEnd(place % LINES + 1, voices[place].letter, labels.get(label, label))
                for place, label in piece.ends
            ],
        )
        for piece in stretches(len(text.text), marks)
    ]


def _said(criterion: ShownCriterion, voice: Voice, item: ShownItem) -> str:
    """What a voice answered, with the label that it missed."""
    label = label_of(criterion, voice.answers[criterion.key], item)
    missed = voice.missed.get(criterion.key)
    return _("%(answer)s: %(label)s") % {"answer": label, "label": missed} if missed else label
