"""Rubrics: written as drafts, published once, never changed after that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.formats.rubric_files import digest_of, document_of
from labeling.markdown import render_markdown
from labeling.models import (
    Criterion,
    Membership,
    Project,
    Rubric,
    RubricVersion,
    TaxonomyVersion,
)
from labeling.policy import marks
from labeling.policy.rubrics import by_place, gaps, problems, subject_of
from labeling.services import audit
from labeling.services.questions import carry_notes, take_notes
from labeling.services.rubric_changes import confirm_changes
from labeling.services.rubric_drafts import held_draft
from labeling.services.rubric_owners import refuse_unless_confirmed, withdraw_proposal
from labeling.services.taxonomies import take_taxonomy


@transaction.atomic
def create_rubric(
    project: Project, document: dict[str, Any], *, by: Membership | None
) -> RubricVersion:
    """A new rubric with its first draft."""
    _check(document)
    name = document["name"].strip()
    if Rubric.objects.filter(project=project, name=name).exists():
        raise ValidationError({"name": _("There is already a rubric of this name.")})
    rubric = Rubric.objects.create(project=project, name=name, created_by=by)
    version = RubricVersion.objects.create(rubric=rubric, number=1, created_by=by)
    _write(version, document, by=by)
    audit.record(by, "created_rubric", rubric, project=project)
    return version


@transaction.atomic
def save_draft(
    version: RubricVersion, document: dict[str, Any], *, revision: int, by: Membership | None
) -> RubricVersion:
    """Replace a draft's content, if nobody saved it since the given revision was read."""
    _check(document)
    saved = RubricVersion.objects.filter(
        pk=version.pk, state=RubricVersion.State.DRAFT, revision=revision
    ).update(revision=F("revision") + 1)
    if not saved:
        held_draft(version)  # which says so if it is none any more
        raise Conflict("stale_draft", _("Somebody saved this draft in the meantime; reload it."))
    version.refresh_from_db()
    _rename(version.rubric, document["name"].strip())
    _write(version, document, by=by)
    withdraw_proposal(version)
    audit.record(by, "saved_draft", version, project=version.rubric.project, revision=revision + 1)
    return version


@transaction.atomic
def publish(
    version: RubricVersion,
    *,
    by: Membership | None,
    reason: str = "",
    at: datetime | None = None,
) -> RubricVersion:
    """Make a draft final and what it decided about earlier answers with it.

    The version published before stays readable. Where labels change their meaning, the reason is
    asked for, unless it was given with the proposal: publishing confirms the change.
    """
    version, at = held_draft(version), at or timezone.now()
    document, before = document_of(version), version.before()
    if found := gaps(document):
        raise ValidationError(by_place(found))
    reason = reason.strip() or version.reason
    of_meaning = confirm_changes(version, before, reason, by=by, at=at) if before else 0
    if of_meaning:
        refuse_unless_confirmed(version, by)
    version.state = RubricVersion.State.PUBLISHED
    version.digest, version.reason = digest_of(document), reason
    version.published_at, version.published_by = at, by
    version.save(update_fields=["state", "digest", "reason", "published_at", "published_by"])
    facts = {"digest": version.digest, "changes_of_meaning": of_meaning, "reason": version.reason}
    if notes := carry_notes(before, version, by=by, at=at):
        facts["notes_carried"] = notes
    audit.record(by, "published_rubric", version, project=version.rubric.project, at=at, **facts)
    return version


@transaction.atomic
def start_draft(
    rubric: Rubric, *, by: Membership, source: RubricVersion | None = None
) -> RubricVersion:
    """The rubric's draft: the one there is, or a copy of a version, by default the newest."""
    rubric = Rubric.objects.select_for_update(of=("self",)).get(pk=rubric.pk)
    newest = rubric.versions.first()
    assert newest is not None
    if newest.state == RubricVersion.State.DRAFT:
        if source and source != newest:
            raise Conflict(
                "draft_exists", _("There is a draft already: publish or discard it first.")
            )
        return newest
    source = source or newest
    draft = RubricVersion.objects.create(
        rubric=rubric, number=newest.number + 1, source=source, created_by=by
    )
    _write(draft, document_of(source), by=by)
    audit.record(by, "started_draft", draft, project=rubric.project, copied=source.number)
    return draft


@transaction.atomic
def retire(version: RubricVersion, *, by: Membership) -> None:
    """Take a published version out of the choice for new queues; open queues finish under it."""
    retired = RubricVersion.objects.filter(
        pk=version.pk, state=RubricVersion.State.PUBLISHED
    ).update(state=RubricVersion.State.RETIRED, retired_at=timezone.now())
    if not retired:
        raise Conflict("not_published", _("Only a published version can be retired."))
    audit.record(by, "retired_rubric", version, project=version.rubric.project)


def _check(document: Any) -> None:
    if found := problems(document):
        raise ValidationError(by_place(found[:20]))


def _rename(rubric: Rubric, name: str) -> None:
    if name == rubric.name:
        return
    if Rubric.objects.filter(project=rubric.project, name=name).exists():
        raise ValidationError({"name": _("There is already a rubric of this name.")})
    rubric.name = name
    rubric.save(update_fields=["name"])


def _write(version: RubricVersion, document: dict[str, Any], *, by: Membership | None) -> None:
    """Put a sound document into the draft's rows."""
    version.guidance = document.get("guidance", "")
    version.guidance_html = _rendered("guidance", version.guidance)
    version.translations = document.get("translations", {})
    for code, words in version.translations.items():
        _rendered(f"translations.{code}.guidance", words.get("guidance", ""))
    version.save(update_fields=["guidance", "guidance_html", "translations"])
    version.criteria.all().delete()
    Criterion.objects.bulk_create(
        _criterion(version, position, row, by=by)
        for position, row in enumerate(document.get("criteria", []))
    )
    if "notes" in document:
        take_notes(version, document["notes"], by=by, at=timezone.now())


def _criterion(
    version: RubricVersion, position: int, row: dict[str, Any], *, by: Membership | None
) -> Criterion:
    where = f"criteria.{position}"
    for code, words in row.get("translations", {}).items():
        _rendered(f"{where}.translations.{code}.help", words.get("help", ""))
    taxonomy = _taxonomy(version.rubric.project, where, row.get("taxonomy"), by=by)
    return Criterion(
        version=version,
        position=position,
        key=row["key"],
        kind=row["kind"],
        subject=subject_of(row),
        prompt=row["prompt"].strip(),
        help=row.get("help", ""),
        help_html=_rendered(f"{where}.help", row.get("help", "")),
        required=row.get("required", True),
        cannot_tell=row.get("cannot_tell", True),
        options=[_option(option) for option in row.get("options", [])],
        taxonomy=taxonomy,
        translations=_worded(row.get("translations", {}), taxonomy),
        terms=row.get("terms", {}),
        when=row.get("when", {}),
        **marks.said(row),
    )


def _rendered(where: str, text: str) -> str:
    """Sanitised HTML of a text; translations are rendered to know that they can be."""
    try:
        return render_markdown(text)
    except ValidationError as error:
        raise ValidationError({where: error}) from error


def _worded(
    translations: dict[str, dict[str, Any]], taxonomy: TaxonomyVersion | None
) -> dict[str, dict[str, Any]]:
    """Wordings by language, without those of labels that the tree no longer has."""
    if taxonomy is None:
        return translations
    known = {node["key"] for node in taxonomy.nodes}
    worded = {code: dict(words) for code, words in translations.items()}
    for words in worded.values():
        if "options" in words:
            words["options"] = {key: said for key, said in words["options"].items() if key in known}
    return worded


def _option(option: dict[str, Any]) -> dict[str, Any]:
    row = {
        "key": option["key"],
        "label": option["label"].strip(),
        "description": option.get("description", ""),
        "examples": option.get("examples", []),
    }
    more = ("use_when", "avoid_when", "counterexamples", "replaces")
    return row | {name: option[name] for name in more if option.get(name)}


def _taxonomy(
    project: Project, where: str, given: Any, *, by: Membership | None
) -> TaxonomyVersion | None:
    """A taxonomy named by its version's uid, or written out as a name and nodes."""
    if not given:
        return None
    if isinstance(given, dict) and given.get("nodes"):
        return _written_out(project, where, given, by=by)
    uid = given.get("uid") if isinstance(given, dict) else given
    versions = TaxonomyVersion.objects.filter(taxonomy__project=project)
    try:
        return versions.get(uid=UUID(str(uid)))
    except (TaxonomyVersion.DoesNotExist, ValueError) as error:
        message = _("There is no such taxonomy in this project.")
        missing = ValidationError(message, code="invalid_reference")
        raise ValidationError({f"{where}.taxonomy": missing}) from error


def _written_out(
    project: Project, where: str, given: dict[str, Any], *, by: Membership | None
) -> TaxonomyVersion:
    name = (given.get("name") or "").strip() or _("Taxonomy")
    try:
        return take_taxonomy(project, name, given["nodes"], by=by)
    except ValidationError as error:
        raise ValidationError({f"{where}.taxonomy": error.messages}) from error
