"""Rubrics: begun from a template or a file, edited with a live preview, published, retired."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.errors import Conflict
from labeling.formats.label_studio import from_config
from labeling.formats.label_studio_writing import to_config
from labeling.formats.rubric_files import (
    RubricFileError,
    document_of,
    parse,
    to_json,
    to_yaml,
    with_notes,
)
from labeling.forms.rubric_moves import change_rows
from labeling.forms.rubric_rows import Row, document_rows, typed_rows, without_blanks, written
from labeling.forms.rubrics import Editor, FileForm
from labeling.models import Membership, Rubric, RubricVersion
from labeling.policy.roles import Verb
from labeling.policy.rubrics import by_place, gaps
from labeling.reports.label_studio import missing_in_config
from labeling.reports.relabeling import again_by_queue
from labeling.reports.rubric_changes import kept_with, open_points, shown_decisions
from labeling.reports.rubric_lint import findings_of
from labeling.reports.rubric_owners import confirmer_of
from labeling.reports.rubrics import (
    editable,
    is_unchanged,
    listed,
    preview,
    preview_of,
)
from labeling.services import rubrics as services
from labeling.services.rubric_starters import STARTERS
from labeling.views.find import get_member_or_404, require

PAGE = 50
FILES = {
    "yaml": (to_yaml, "application/yaml"),
    "json": (to_json, "application/json"),
    "xml": (to_config, "application/xml"),
}


@require_safe
def rubrics(request: HttpRequest, project: str) -> HttpResponse:
    """The project's rubrics, each with what is in force and what is being written."""
    member = get_member_or_404(request.user, project, Verb.SEE_RUBRICS)
    rows = Rubric.objects.filter(project=member.project).select_related("project")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": listed(list(page.object_list)),
        "may_edit": member.may(Verb.EDIT_RUBRICS),
        "starters": STARTERS,
    }
    return render(request, "labeling/rubrics.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_new(request: HttpRequest, project: str) -> HttpResponse:
    """Begin a rubric: from a template of ours, or from a file."""
    member = get_member_or_404(request.user, project, Verb.EDIT_RUBRICS)
    starter = STARTERS.get(request.POST.get("starter", ""))
    if starter:
        document = starter.document()
        document["name"] = _free_name(member, document["name"])
        draft = services.create_rubric(member.project, document, by=member)
        return redirect(draft.rubric)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = services.create_rubric(member.project, _read(form, member), by=member)
        except ValidationError as error:
            form.add_error("file", _sentences(error))
        else:
            messages.success(request, _("The file has become a draft; nothing is published yet."))
            return redirect(draft.rubric)
    context = {"form": form, "starters": STARTERS}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/rubric_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Edit: the draft's form; what a button does to its rows, or saving it."""
    member, row = find_rubric(request, project, uid)
    if request.method == "POST":
        require(member, Verb.EDIT_RUBRICS)
    elif not member.may(Verb.EDIT_RUBRICS):
        return redirect("rubric_preview", project, uid)
    draft = row.versions.filter(state=RubricVersion.State.DRAFT).first()
    if draft is None:
        if request.method == "POST":
            raise Conflict("not_a_draft", _("This version is no longer a draft."))
        newest = row.versions.first()
        context = {**rubric_tabs(member, row, "rubric"), "version": newest}
        return render(request, "labeling/rubric_final.html", context)
    if request.method != "POST":
        return _editor(request, member, draft, document_rows(editable(draft)))
    top, verb = typed_rows(request.POST.dict()), request.POST.get("verb", "save")
    if verb in {"save", "publish"}:
        return _save(request, member, draft, without_blanks(top), verb)
    return _editor(request, member, draft, top, focus=change_rows(top, verb))


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_preview(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Preview: the questions as annotators see them; POST previews what is only typed."""
    member, row = find_rubric(request, project, uid)
    language = (request.POST or request.GET).get("preview_language", "")
    if request.method == "POST":
        document = written(typed_rows(request.POST.dict()))
        shown = preview(row.project, document, language)
        context = {"preview": shown, "rubric": row, "project": row.project}
        return render(request, "labeling/rubric_questions.html", context)
    version = row.versions.first()
    assert version is not None
    context = {
        **rubric_tabs(member, row, "rubric_preview"),
        "version": version,
        "preview": preview_of(version, language),
    }
    return render(request, "labeling/rubric_preview.html", context)


@require_safe
def rubric_version(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """One version for good: what it asks, its digest, who published it when."""
    member, row = find_rubric(request, project, uid)
    version = version_of(row, number)
    before = version.before()
    context = {
        **rubric_tabs(member, row, "rubric_versions"),
        "version": version,
        "before": before,
        "changes": kept_with(version, before) if before else [],
        "unchanged": is_unchanged(version) if version.digest else None,
        "preview": preview_of(version, request.GET.get("preview_language", "")),
        "queues": version.queues.select_related("project"),
        "again": again_by_queue(version),
    }
    return render(request, "labeling/rubric_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_publish(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """Ask once more, saying what is missing; then make the draft final."""
    member, row = find_rubric(request, project, uid, Verb.PUBLISH_RUBRICS)
    version = version_of(row, number)
    if version.state != RubricVersion.State.DRAFT:
        raise Conflict("not_a_draft", _("This version is no longer a draft."))
    points = by_place([*gaps(document_of(version)), *open_points(version, version.before())])
    if request.method == "POST" and not points:
        try:
            services.publish(version, by=member, reason=request.POST.get("reason", ""))
        except ValidationError as error:
            points = error.message_dict
        else:
            messages.success(
                request, _("Published: it can be chosen for queues and never changes.")
            )
            return redirect("rubric_version", project, uid, number)
    return publish_page(request, member, version, points)


def publish_page(
    request: HttpRequest, member: Membership, version: RubricVersion, points: dict[str, list[str]]
) -> HttpResponse:
    """What is missing, who confirms, and what was typed; a form that was sent was refused."""
    before, row = version.before(), version.rubric
    decided = shown_decisions(version, before) if before else []
    owner = confirmer_of(row) if any(one.decided.is_meaning for one in decided) else None
    context = {
        **rubric_tabs(member, row, "rubric"),
        "version": version,
        "reason": request.POST.get("reason", version.reason),
        "reason_errors": points.pop("reason", []),
        "undecided": [points.pop(where) for where in [*points] if where.startswith("decisions.")],
        "editor": Editor(row.project, document_rows(editable(version)), points),
        "findings": findings_of(version, before),
        "decided": decided,
        "waits_for": owner if owner != member else None,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "labeling/rubric_publish.html", context, status=status)


@require_POST
def rubric_retire(request: HttpRequest, project: str, uid: UUID, number: int) -> HttpResponse:
    """Take a published version out of the choice for new queues."""
    member, row = find_rubric(request, project, uid, Verb.PUBLISH_RUBRICS)
    services.retire(version_of(row, number), by=member)
    messages.success(request, _("Retired: queues that ask it go on, new ones cannot choose it."))
    return redirect("rubric_version", project, uid, number)


@require_safe
def rubric_export(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Export: the newest version as text, and every version as a file."""
    member, row = find_rubric(request, project, uid)
    version = row.versions.first()
    assert version is not None
    document = with_notes(document_of(version), version)
    context = {
        **rubric_tabs(member, row, "rubric_export"),
        "version": version,
        "text": to_yaml(document | editable(version)),
        "missing": missing_in_config(document),
    }
    return render(request, "labeling/rubric_export.html", context)


@require_safe
def rubric_file(
    request: HttpRequest, project: str, uid: UUID, number: int, kind: str
) -> HttpResponse:
    """A version as a file that can be brought in again, here or in another tool."""
    _member, row = find_rubric(request, project, uid)
    if kind not in FILES:
        raise Http404
    write, content_type = FILES[kind]
    version = version_of(row, number)
    text = write(with_notes(document_of(version), version))
    name = f"{slugify(row.name) or 'rubric'}-v{number}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=f"{content_type}; charset=utf-8", headers=headers)


def _save(
    request: HttpRequest, member: Membership, draft: RubricVersion, top: Row, verb: str
) -> HttpResponse:
    try:
        services.save_draft(draft, written(top), revision=revision_read(request), by=member)
    except ValidationError as error:
        found = getattr(error, "message_dict", {"rubric": error.messages})
        return _editor(request, member, draft, top, found=found, status=400)
    except Conflict as conflict:
        if conflict.code != "stale_draft":
            raise
        return _editor(request, member, draft, top, stale=True, status=409)
    slug, uid = member.project.slug, draft.rubric.uid
    if verb == "publish":
        return redirect("rubric_publish", slug, uid, draft.number)
    messages.success(request, _("Saved."))
    return redirect("rubric", slug, uid)


def revision_read(request: HttpRequest) -> int:
    """The revision that was read; none where the form does not say."""
    said = request.POST.get("revision", "")
    return int(said) if said.isdecimal() and len(said) < 10 else 0


def _editor(
    request: HttpRequest,
    member: Membership,
    draft: RubricVersion,
    top: Row,
    *,
    found: Mapping[str, list[str]] | None = None,
    focus: str = "",
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form with these rows; after somebody else's save with what they wrote beside it."""
    row = Rubric.objects.select_related("project").get(pk=draft.rubric_id)
    document = written(top)
    draft.refresh_from_db(fields=["revision"])
    context: dict[str, Any] = {
        **rubric_tabs(member, row, "rubric"),
        "version": draft,
        "editor": Editor(row.project, top, found or {}, focus),
        "revision": draft.revision if stale else request.POST.get("revision", draft.revision),
        "difference": _difference(editable(draft), document) if stale else None,
    }
    if request.headers.get("HX-Request"):
        return render(request, "labeling/rubric.html#editor", context)
    context["preview"] = preview(row.project, document)
    context["before"] = draft.before()
    context["findings"] = findings_of(draft, context["before"])
    return render(request, "labeling/rubric.html", context, status=status)


def _difference(theirs: dict[str, Any], mine: dict[str, Any]) -> list[tuple[str, str]]:
    """Lines of the stored and the typed document that differ, each with + or - or a blank."""
    lines = unified_diff(
        to_yaml(theirs).splitlines(), to_yaml(document_of_rows(mine)).splitlines(), n=1, lineterm=""
    )
    return [(line[0], line[1:]) for line in lines if not line.startswith(("---", "+++", "@@"))]


def document_of_rows(document: dict[str, Any]) -> dict[str, Any]:
    """A typed document in the order in which a stored one is written."""
    ordered = {"name": document["name"], "guidance": document["guidance"]}
    translations = document.get("translations", {})
    return ordered | {"translations": translations, "criteria": document["criteria"]}


def find_rubric(
    request: HttpRequest, project: str, uid: UUID, verb: Verb = Verb.SEE_RUBRICS
) -> tuple[Membership, Rubric]:
    member = get_member_or_404(request.user, project, verb)
    rows = Rubric.objects.filter(project=member.project)
    rows = rows.select_related("project", "owner__user", "owner__team")
    return member, get_object_or_404(rows, uid=uid)


def version_of(row: Rubric, number: int) -> RubricVersion:
    people = (
        "published_by__user",
        "proposed_by__user",
        "rubric__owner__user",
        "rubric__owner__team",
    )
    versions = row.versions.select_related("rubric__project", *people)
    return get_object_or_404(versions, number=number)


def rubric_tabs(member: Membership, row: Rubric, current: str) -> dict[str, Any]:
    """What every tab of the Rubric page shows around its content."""
    names = [
        ("rubric_preview", _("Preview")),
        ("rubric_versions", _("Versions and diff")),
        ("rubric_impact", _("Impact")),
        ("rubric_notes", _("Notes and questions")),
        ("rubric_export", _("Export")),
    ]
    if member.may(Verb.EDIT_RUBRICS):
        names.insert(0, ("rubric", _("Edit")))
        names.insert(-1, ("rubric_proposals", _("Proposed labels")))
    tabs = [
        {
            "label": label,
            "url": reverse(name, args=[member.project.slug, row.uid]),
            "count": None,
            "current": name == current,
        }
        for name, label in names
    ]
    may = {"edit": Verb.EDIT_RUBRICS, "publish": Verb.PUBLISH_RUBRICS}
    allowed = {f"may_{name}": member.may(verb) for name, verb in may.items()}
    return {"rubric": row, "tabs": tabs, **allowed}


def _read(form: FileForm, member: Membership) -> dict[str, Any]:
    """The document in the file; ValidationError says why there is none."""
    file = form.cleaned_data["file"]
    try:
        text = file.read().decode("utf-8-sig")
        if text.lstrip().startswith("<"):
            return from_config(text, _free_name(member, Path(file.name).stem[:100]))
        return parse(text)
    except UnicodeDecodeError as error:
        raise ValidationError(_("This is no text in UTF-8.")) from error
    except RubricFileError as error:
        raise ValidationError(str(error)) from error


def _sentences(error: ValidationError) -> list[str]:
    """What is wrong with a file, each sentence with its place in it."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{where}: {message}" for where, said in error.message_dict.items() for message in said]


def _free_name(member: Membership, name: str) -> str:
    taken = set(Rubric.objects.filter(project=member.project).values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
    return next(wanted for wanted in (name, *numbered) if wanted not in taken)
