"""What an annotator hands in, checked against the criteria of the rubric version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.formats.canonical import canonical_json
from labeling.models import Annotation, Answer, Criterion
from labeling.policy.conditions import asked
from labeling.policy.proposing import is_none, missed, too_long
from labeling.policy.spans import NOTHING
from labeling.policy.values import (
    as_value,
    decimals_of,
    keys_in,
    listed,
    number_in,
    number_text,
    preferences,
)
from labeling.reports.sides import seen_answers, sides_for
from labeling.services import text_answers
from labeling.services.text_answers import Shown, nothing_shown

TEXT_LIMIT = 10_000
YES_NO = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class Payload:
    """What is submitted: answers by criterion key, where None stands for "cannot tell"."""

    answers: Mapping[str, str | None]
    comment: str = ""
    unsure: bool = False
    proposed: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
    active_ms: int | None = None
    started_at: datetime | None = None

    @property
    def digest(self) -> str:
        """What makes two submissions the same: all that they say, not the time they took."""
        content: dict[str, Any] = {"answers": given(self.answers), "comment": self.comment.strip()}
        if self.unsure:
            content["unsure"] = True
        if labels := missed(self.answers, self.proposed):
            content["proposed"] = labels
        return sha256(canonical_json(content)).hexdigest()


def given_in(annotation: Annotation) -> Payload:
    """What was handed in, as it would fill the form again: on the sides where it was given."""
    rows = list(annotation.answers.select_related("criterion"))
    answers = seen_answers(sides_for(annotation.task, annotation.annotator), rows)
    proposed = {row.criterion.key: row.proposed for row in rows if row.proposed}
    return Payload(answers, annotation.comment, annotation.unsure, proposed)


def given(answers: Mapping[str, str | None]) -> dict[str, str | None]:
    """The answers without what was left blank."""
    return {key: value for key, value in answers.items() if value is None or str(value).strip()}


def check(
    criteria: Iterable[Criterion], payload: Payload, shown: Shown = nothing_shown
) -> list[Answer]:
    """Answers ready to be stored under an annotation; ValidationError says what each one lacks.

    shown: reads the item as the annotator sees it, which only some answers are about.
    What the earlier answers leave no room for is dropped: without scripts it stays on the page.
    """
    shown = cache(shown)
    by_key = {criterion.key: criterion for criterion in criteria}
    answers = _without_empty_lists(by_key, given(payload.answers))
    problems = {key: _("There is no such criterion.") for key in answers if key not in by_key}
    open_keys = asked({key: row.when for key, row in by_key.items()}, answers)
    answers = {key: value for key, value in answers.items() if key in open_keys}
    for key, criterion in by_key.items():
        if key not in open_keys:
            continue
        if problem := _problem(criterion, key in answers, answers.get(key), shown):
            problems[key] = problem
    labels = missed(answers, payload.proposed)
    problems |= dict.fromkeys(too_long(labels), _("The label that is missing is too long."))
    if len(payload.comment) > TEXT_LIMIT:
        problems["comment"] = _too_long()
    if problems:
        raise ValidationError({key: [problem] for key, problem in problems.items()})
    return [
        Answer(
            criterion=by_key[key],
            value=stored(by_key[key], value, shown),
            cannot_tell=value is None,
            proposed=labels.get(key, ""),
        )
        for key, value in answers.items()
    ]


def _without_empty_lists(
    criteria: Mapping[str, Criterion], answers: dict[str, str | None]
) -> dict[str, str | None]:
    """An empty list is an answer only where there may be nothing to mark."""
    marked = {key for key, row in criteria.items() if row.kind == Criterion.Kind.SPANS}
    return {key: value for key, value in answers.items() if value != NOTHING or key in marked}


def _problem(criterion: Criterion, answered: bool, value: str | None, shown: Shown) -> str:
    if not answered:
        return _("Answer this first.") if criterion.required else ""
    if value is None:
        return "" if criterion.cannot_tell else _("“Cannot tell” is no answer here.")
    return value_problem(criterion, value, shown)


def value_problem(criterion: Criterion, value: str, shown: Shown = nothing_shown) -> str:
    """What keeps a text from being an answer to a criterion; empty when nothing does."""
    if criterion.propose and is_none(value):
        return ""
    if criterion.kind in text_answers.KINDS:
        return text_answers.problem_with(criterion, value, shown)
    if criterion.kind == Criterion.Kind.FREE_TEXT:
        return _too_long() if len(value) > TEXT_LIMIT else ""
    if criterion.kind == Criterion.Kind.SEVERAL_CHOICES:
        return _several_problem(criterion, value)
    if criterion.kind == Criterion.Kind.NUMBER:
        return _number_problem(criterion.terms, value)
    return "" if value in allowed_keys(criterion) else _no_such_option()


def stored(criterion: Criterion, value: str | None, shown: Shown = nothing_shown) -> str:
    """The one way in which an answer without a problem is written; "cannot tell" is empty."""
    if not value:
        return ""
    if criterion.kind in text_answers.KINDS:
        return text_answers.written(criterion, value, shown)
    if criterion.kind == Criterion.Kind.SEVERAL_CHOICES:
        return as_value(keys_in(value), [option["key"] for option in criterion.options])
    if criterion.kind == Criterion.Kind.NUMBER:
        number = number_in(value)
        return value if number is None else number_text(number)
    return value


def allowed_keys(criterion: Criterion) -> frozenset[str]:
    """The values that a criterion can be answered with."""
    if criterion.kind == Criterion.Kind.YES_NO:
        return YES_NO
    if criterion.kind == Criterion.Kind.PREFERENCE:
        return frozenset(preferences(criterion.terms))
    if criterion.taxonomy is not None:
        nodes = criterion.taxonomy.nodes
        return frozenset(node["key"] for node in nodes if not node.get("deprecated"))
    return frozenset(option["key"] for option in criterion.options)


def _several_problem(criterion: Criterion, value: str) -> str:
    """Several answers are a JSON list of keys; one key alone is as good as a list of it."""
    keys = set(keys_in(value))
    if not keys <= allowed_keys(criterion):
        return _no_such_option() if listed(value) is not None else _("Give a list of options.")
    least, most = criterion.terms.get("least", 1), criterion.terms.get("most")
    if len(keys) < least:
        return ngettext("Choose at least one.", "Choose at least %(n)d.", least) % {"n": least}
    if most is not None and len(keys) > most:
        return ngettext("Choose one at most.", "Choose at most %(n)d.", most) % {"n": most}
    return ""


def _number_problem(terms: Mapping[str, Any], value: str) -> str:
    number = number_in(value)
    if number is None:
        return _("Give a number in digits, for example 12 or 0.5, without separators of thousands.")
    decimals, unit = terms.get("decimals", 0), terms.get("unit", "")
    if decimals_of(number) > decimals:
        return (
            ngettext(
                "One digit after the point at most.",
                "%(n)d digits after the point at most.",
                decimals,
            )
            % {"n": decimals}
            if decimals
            else _("Give a whole number.")
        )
    if "lowest" in terms and number < Decimal(str(terms["lowest"])):
        return _("This is below the lowest, %(number)s.") % {
            "number": _amount(terms["lowest"], unit)
        }
    if "highest" in terms and number > Decimal(str(terms["highest"])):
        return _("This is above the highest, %(number)s.") % {
            "number": _amount(terms["highest"], unit)
        }
    return ""


def _amount(number: float, unit: str) -> str:
    return f"{number_text(Decimal(str(number)))} {unit}".strip()


def _no_such_option() -> str:
    return _("There is no such option.")


def _too_long() -> str:
    return _("This is too long: %(limit)s characters at most.") % {"limit": TEXT_LIMIT}
