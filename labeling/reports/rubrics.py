"""Rubrics as lists and previews show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count

from labeling.formats.rubric_files import digest_of, document_of
from labeling.markdown import render_markdown
from labeling.models import Criterion, Project, Rubric, RubricVersion, TaxonomyVersion
from labeling.policy import marks
from labeling.policy.terms import problems, when_problems
from labeling.reports.judging import ShownCriterion, ShownForm, form_of
from labeling.reports.widgets import Widget, sample_item, widget_of

#: A tree in a preview shows this many of its labels; all of them would be sent at every keystroke.
LABELS_SHOWN = 40


@dataclass(frozen=True)
class Listed:
    """A rubric with its draft and its newest published version, if any, and its use."""

    rubric: Rubric
    draft: RubricVersion | None
    published: RubricVersion | None
    versions: int
    queues: int


@dataclass(frozen=True)
class Question:
    """A question as the judging form draws it, unanswered; `more` labels are left out."""

    criterion: ShownCriterion
    more: int
    value: str = ""
    cannot: bool = False
    error: str = ""
    answered: bool = False
    widget: Widget | None = None


@dataclass(frozen=True)
class Preview:
    """What annotators would see."""

    form: ShownForm
    questions: list[Question]
    languages: list[str]
    language: str


def listed(rubrics: list[Rubric]) -> list[Listed]:
    """Each rubric with its versions counted: one query for all."""
    states = RubricVersion.State
    rows: dict[int, list[RubricVersion]] = {rubric.pk: [] for rubric in rubrics}
    used: dict[int, int] = dict.fromkeys(rows, 0)
    for version in with_use(RubricVersion.objects.filter(rubric__in=rubrics)):
        rows[version.rubric_id].append(version)
        used[version.rubric_id] += version.used_by
    return [
        Listed(
            rubric,
            next((row for row in rows[rubric.pk] if row.state == states.DRAFT), None),
            next((row for row in rows[rubric.pk] if row.state == states.PUBLISHED), None),
            len(rows[rubric.pk]),
            used[rubric.pk],
        )
        for rubric in rubrics
    ]


def with_use(versions: Any) -> Any:
    """Versions, the newest first, with the number of queues that ask them."""
    texts = ("guidance", "guidance_html", "translations")
    return versions.defer(*texts).annotate(used_by=Count("queues")).order_by("-number")


def editable(version: RubricVersion) -> dict[str, Any]:
    """The version's document, its taxonomies named by uid in place of every node."""
    document = document_of(version)
    rows = version.criteria.select_related("taxonomy").defer("taxonomy__nodes")
    for criterion, row in zip(document["criteria"], rows, strict=True):
        if row.taxonomy:
            criterion["taxonomy"] = str(row.taxonomy.uid)
    return document


def is_unchanged(version: RubricVersion) -> bool:
    """Whether a published version still says what was published, by its digest."""
    return digest_of(document_of(version)) == version.digest


def preview_of(version: RubricVersion, language: str = "") -> Preview:
    """A stored version as annotators see it."""
    return _preview(version, list(version.criteria.select_related("taxonomy")), language)


def preview(project: Project, document: dict[str, Any], language: str = "") -> Preview:
    """A document that is only being written, as annotators would see it."""
    rubric = Rubric(project=project, name=document["name"])
    guidance = _html(document.get("guidance", ""))
    translations = {
        code: {"guidance": words.get("guidance", "") if _html(words.get("guidance", "")) else ""}
        for code, words in document.get("translations", {}).items()
    }
    version = RubricVersion(
        rubric=rubric, number=0, guidance_html=guidance, translations=translations
    )
    criteria = [_criterion(project, version, row) for row in document["criteria"]]
    return _preview(version, criteria, language)


def _preview(version: RubricVersion, criteria: list[Criterion], language: str) -> Preview:
    form = form_of(version, criteria, language)
    languages = {*version.translations}.union(*(row.translations for row in criteria))
    questions = [
        Question(
            replace(criterion, options=criterion.options[:LABELS_SHOWN])
            if criterion.kind == Criterion.Kind.TAXONOMY
            else criterion,
            max(0, len(criterion.options) - LABELS_SHOWN)
            if criterion.kind == Criterion.Kind.TAXONOMY
            else 0,
            widget=widget_of(criterion, "", sample_item(criterion)),
        )
        for criterion in form.criteria
    ]
    return Preview(form, questions, sorted(languages), form.language)


def _criterion(project: Project, version: RubricVersion, row: dict[str, Any]) -> Criterion:
    helps = {
        code: words | ({} if _html(words.get("help", "")) else {"help": ""})
        for code, words in row.get("translations", {}).items()
    }
    return Criterion(
        version=version,
        key=row["key"],
        kind=row["kind"],
        subject=row["subject"],
        prompt=row["prompt"],
        help=row["help"],
        help_html=_html(row["help"]),
        required=row["required"],
        cannot_tell=row["cannot_tell"],
        options=row.get("options", []),
        taxonomy=_tree(project, row.get("taxonomy", "")),
        translations=helps,
        terms={} if problems(row) else row.get("terms", {}),
        when={} if when_problems(row.get("when", {})) else row.get("when", {}),
        **({} if marks.problems(row) else marks.said(row)),
    )


def _tree(project: Project, uid: str) -> TaxonomyVersion | None:
    try:
        versions = TaxonomyVersion.objects.filter(taxonomy__project=project)
        return versions.filter(uid=UUID(uid)).first() if uid else None
    except ValueError:
        return None


def _html(text: str) -> str:
    """The text rendered, or nothing when saving would refuse it."""
    try:
        return render_markdown(text)
    except ValidationError:
        return ""
