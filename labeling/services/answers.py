"""What an annotator hands in, checked against the criteria of the rubric version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labeling.formats.canonical import canonical_json
from labeling.models import Answer, Criterion

TEXT_LIMIT = 10_000
YES_NO = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class Payload:
    """What is submitted: answers by criterion key, where None stands for "cannot tell"."""

    answers: Mapping[str, str | None]
    comment: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
    active_ms: int | None = None
    started_at: datetime | None = None

    @property
    def digest(self) -> str:
        """What makes two submissions the same: answers and comment, not the time they took."""
        content = {"answers": given(self.answers), "comment": self.comment.strip()}
        return sha256(canonical_json(content)).hexdigest()


def given(answers: Mapping[str, str | None]) -> dict[str, str | None]:
    """The answers without what was left blank."""
    return {key: value for key, value in answers.items() if value is None or str(value).strip()}


def check(criteria: Iterable[Criterion], payload: Payload) -> list[Answer]:
    """Answers ready to be stored under an annotation; ValidationError says what each one lacks."""
    answers = given(payload.answers)
    by_key = {criterion.key: criterion for criterion in criteria}
    problems = {key: _("There is no such criterion.") for key in answers if key not in by_key}
    for key, criterion in by_key.items():
        if problem := _problem(criterion, key in answers, answers.get(key)):
            problems[key] = problem
    if len(payload.comment) > TEXT_LIMIT:
        problems["comment"] = _too_long()
    if problems:
        raise ValidationError({key: [problem] for key, problem in problems.items()})
    return [
        Answer(criterion=by_key[key], value=value or "", cannot_tell=value is None)
        for key, value in answers.items()
    ]


def _problem(criterion: Criterion, answered: bool, value: str | None) -> str:
    if not answered:
        return _("Answer this first.") if criterion.required else ""
    if value is None:
        return "" if criterion.cannot_tell else _("“Cannot tell” is no answer here.")
    if criterion.kind == Criterion.Kind.FREE_TEXT:
        return _too_long() if len(value) > TEXT_LIMIT else ""
    return "" if value in allowed_keys(criterion) else _("There is no such option.")


def allowed_keys(criterion: Criterion) -> frozenset[str]:
    """The values that a criterion can be answered with."""
    if criterion.kind == Criterion.Kind.YES_NO:
        return YES_NO
    if criterion.taxonomy is not None:
        return frozenset(node["key"] for node in criterion.taxonomy.nodes)
    return frozenset(option["key"] for option in criterion.options)


def _too_long() -> str:
    return _("This is too long: %(limit)s characters at most.") % {"limit": TEXT_LIMIT}
