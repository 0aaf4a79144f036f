"""The judging form as it comes from the page: plain fieldsets, with or without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from labeling.models import Skip
from labeling.policy.corrections import UNCHANGED, corrected
from labeling.policy.rankings import by_number
from labeling.policy.values import as_value, keys_in
from labeling.reports.judging import ShownCriterion, ShownForm, ShownItem
from labeling.reports.widgets import Widget, widget_of
from labeling.services.answers import TEXT_LIMIT, Payload

CANNOT_TELL = "?"
CHOSEN = "="  # before a key, so that no key can be mistaken for "cannot tell"
PROPOSED = "proposed-"
NUMBERS = frozenset("12345")  # the places of a ranking
DAY_IN_MS = 24 * 60 * 60 * 1000


class SubmitForm(forms.Form):
    """What comes with the answers; the answers themselves are checked against their criteria."""

    member = forms.UUIDField()
    comment = forms.CharField(required=False, max_length=TEXT_LIMIT)
    unsure = forms.BooleanField(required=False)
    language = forms.CharField(required=False, max_length=10)
    active_ms = forms.IntegerField(required=False, min_value=0, max_value=DAY_IN_MS)
    started_at = forms.DateTimeField(required=False)

    def payload(self, post: QueryDict) -> Payload:
        """The checked fields, and the answers among them, as the service takes them."""
        return Payload(
            answers=answers_from(post),
            proposed=proposed_from(post),
            comment=self.cleaned_data["comment"],
            unsure=self.cleaned_data["unsure"],
            language=self.cleaned_data["language"],
            active_ms=self.cleaned_data["active_ms"],
            started_at=self.cleaned_data["started_at"],
        )


class SkipForm(forms.Form):
    """Why an item is refused."""

    member = forms.UUIDField()
    reason = forms.ChoiceField(choices=Skip.Reason.choices)
    note = forms.CharField(required=False, max_length=1000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion on the page, with what has been answered and what is wrong with it."""

    number: int
    criterion: ShownCriterion
    value: str
    cannot: bool
    error: str
    missed: str = ""
    widget: Widget | None = None

    @property
    def chosen(self) -> tuple[str, ...]:
        """The options that are ticked."""
        return keys_in(self.value) if self.value else ()

    @property
    def answered(self) -> bool:
        return self.cannot or bool(self.widget.said if self.widget else self.value)


def questions(
    form: ShownForm,
    answers: Mapping[str, str | None],
    errors: Mapping[str, list[str]],
    proposed: Mapping[str, str],
    item: ShownItem,
) -> list[Asked]:
    """The form's criteria in their order, filled with a draft or with what was just sent."""
    return [
        Asked(
            number=number,
            criterion=criterion,
            value=answers.get(criterion.key) or "",
            cannot=criterion.key in answers and answers[criterion.key] is None,
            error=" ".join(errors.get(criterion.key, [])),
            missed=proposed.get(criterion.key, ""),
            widget=widget_of(criterion, answers.get(criterion.key) or "", item),
        )
        for number, criterion in enumerate(form.criteria, start=1)
    ]


def answers_from(post: QueryDict) -> dict[str, str | None]:
    """Answers by criterion key, as the page names its inputs."""
    answers = _ranked(post)
    for name, value in post.items():
        kind, _, key = name.partition("-")
        if kind == "text":
            original = post.get(f"original-{key}")
            untouched = original is not None and corrected(str(value), original) == UNCHANGED
            answers.setdefault(key, "" if untouched else str(value))
        elif kind == "several":
            chosen = [str(one) for one in post.getlist(name) if str(one).startswith(CHOSEN)]
            answers.setdefault(key, as_value([one.removeprefix(CHOSEN) for one in chosen]))
        elif kind == "answer" and value == CANNOT_TELL:
            answers[key] = None
        elif kind == "answer" and str(value).startswith(CHOSEN):
            answers[key] = str(value).removeprefix(CHOSEN)
    return answers


def proposed_from(post: QueryDict) -> dict[str, str]:
    """The labels that are missed, by criterion key."""
    return {
        name.removeprefix(PROPOSED): str(label)
        for name, label in post.items()
        if name.startswith(PROPOSED)
    }


def _ranked(post: QueryDict) -> dict[str, str | None]:
    """Rankings by criterion key, from the numbers chosen for each output."""
    numbers: dict[str, dict[str, int]] = {}
    for name, value in post.items():
        place, _, key = name.partition("-")
        kind, _, letter = place.partition(".")
        if kind == "place" and str(value) in NUMBERS:
            numbers.setdefault(key, {})[letter] = int(str(value))
    return {key: by_number(places) for key, places in numbers.items()}


def is_for_another(form: forms.Form, member: UUID) -> bool:
    """Whether the page was opened by somebody else who used this browser before."""
    sent: Any = form.cleaned_data["member"]
    return bool(sent != member)
