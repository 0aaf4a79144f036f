"""What a rubric's draft could do better, in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.formats.rubric_files import document_of
from labeling.models import Answer, RubricVersion
from labeling.policy.rubric_lint import Finding, Rule, lint
from labeling.policy.values import keys_in

WHAT = {
    Rule.OVERLAP: gettext_lazy("Two options overlap"),
    Rule.NO_CANNOT_TELL: gettext_lazy("There is no “cannot tell”"),
    Rule.MANY_OPTIONS: gettext_lazy("There are many options"),
    Rule.DOUBLE_BARRELLED: gettext_lazy("Two questions in one"),
    Rule.NO_NEGATIVE_EXAMPLE: gettext_lazy("There is no negative example"),
    Rule.UNUSED: gettext_lazy("Nobody chooses this option"),
    Rule.NO_ANCHORS: gettext_lazy("The scale has no anchor here"),
    Rule.NO_DESCRIPTION: gettext_lazy("A label of spans is not described"),
    Rule.TRANSLATION_MISSING: gettext_lazy("A translation is missing"),
    Rule.TRANSLATION_STALE: gettext_lazy("A translation is out of date"),
}
WHY = {
    Rule.OVERLAP: gettext_lazy(
        "an item can fall under “%(option)s” and “%(other)s”, so that two careful people differ"
    ),
    Rule.NO_CANNOT_TELL: gettext_lazy(
        "who cannot tell has to guess, and a guess looks like an answer"
    ),
    Rule.MANY_OPTIONS: gettext_lazy(
        "%(count)s options are more than people keep in mind: group them, or use a taxonomy"
    ),
    Rule.DOUBLE_BARRELLED: gettext_lazy(
        "“%(word)s” joins two questions, and one answer cannot say which of them it is about"
    ),
    Rule.NO_NEGATIVE_EXAMPLE: gettext_lazy(
        "boundaries are learnt from what looks alike and does not belong: give a negative example"
    ),
    Rule.UNUSED: gettext_lazy(
        "“%(option)s” was never chosen in %(answers)s answers: leave it out, or say when it holds"
    ),
    Rule.NO_ANCHORS: gettext_lazy(
        "“%(option)s” is an end of the scale and nothing says what it stands for"
    ),
    Rule.NO_DESCRIPTION: gettext_lazy(
        "nothing says what belongs to “%(option)s”, so that people mark more or less of the text"
    ),
    Rule.TRANSLATION_MISSING: gettext_lazy(
        "texts without a wording in %(language)s: %(count)s; annotators read the original there"
    ),
    Rule.TRANSLATION_STALE: gettext_lazy(
        "texts reworded since the version before, but not in %(language)s: %(count)s"
    ),
}


@dataclass(frozen=True)
class Said:
    """A finding in words; `anchor` is where the edit page shows what it is about."""

    rule: str
    where: str
    anchor: str
    place: str
    what: str
    why: str


def findings_of(version: RubricVersion, before: RubricVersion | None) -> list[Said]:
    """What there is to say about a version; `before`: the one it follows, if there is one."""
    earlier = document_of(before) if before else None
    found = lint(document_of(version), earlier, _used(version))
    return [_said(finding) for finding in found]


def _used(version: RubricVersion) -> dict[str, dict[str, int]]:
    """How often each option was ever chosen, under any version of the rubric."""
    answers = Answer.objects.filter(criterion__version__rubric=version.rubric_id)
    rows = answers.exclude(cannot_tell=True).values_list("criterion__key", "value")
    used: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, value, count in rows.order_by().annotate(Count("pk")):
        for option in keys_in(value):
            used[key][option] += count
    return used


def _said(finding: Finding) -> Said:
    words: dict[str, Any] = dict(finding.words)
    return Said(
        finding.rule.value,
        finding.where,
        _anchor(finding),
        _place(finding.where),
        str(WHAT[finding.rule]),
        str(WHY[finding.rule]) % words,
    )


def _anchor(finding: Finding) -> str:
    """The field on the edit page, or the whole question where no field alone is at fault."""
    if finding.rule == Rule.NO_NEGATIVE_EXAMPLE:
        return f"id_{finding.where}.options.0.counterexamples"
    is_question = finding.where.count(".") == 1 and finding.where.startswith("criteria.")
    return finding.where if is_question else f"id_{finding.where}"


def _place(where: str) -> str:
    """The question in the words of the page, which counts from one."""
    parts = where.split(".")
    if parts[0] != "criteria":
        return _("Guidance")
    return _("Question %(number)d") % {"number": int(parts[1]) + 1}
