"""Bringing files of items in: upload, say what the columns are, watch, read the report."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.errors import Conflict
from labeling.formats.columns import Preview
from labeling.formats.spreadsheet import protect
from labeling.forms.imports import MappingForm, UploadForm
from labeling.models import Import, Membership, RefusedRow
from labeling.policy.roles import Verb
from labeling.reports.imports import first_rows, mapping_for
from labeling.services import imports as services
from labeling.views.find import get_member_or_404

PAGE_SIZE = 25
REFUSED_SHOWN = 100
KEEP_FILES = timedelta(days=30)


@require_GET
def imports(request: HttpRequest, project: str) -> HttpResponse:
    """What was brought in, newest first, and the way to bring in more."""
    member = get_member_or_404(request.user, project, Verb.SEE_IMPORTS)
    return _list(request, member, UploadForm())


@require_POST
def import_new(request: HttpRequest, project: str) -> HttpResponse:
    """Keep an uploaded file and go on to its columns."""
    member = get_member_or_404(request.user, project, Verb.IMPORT_ITEMS)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, member, form, status=400)
    try:
        batch = services.upload(member.project, request.FILES["file"], by=member, keep=KEEP_FILES)
    except ValidationError as error:
        form.add_error("file", error)
        return _list(request, member, form, status=400)
    return redirect("import_map", project, batch.uid)


@require_GET
def import_page(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One import: how far it is, what it took, what it refused and why."""
    member = get_member_or_404(request.user, project, Verb.SEE_IMPORTS)
    batch = _find(request, member, uid)
    context = {
        "batch": batch,
        "job_url": batch.job.get_absolute_url() if batch.job else "",
        "refused_rows": batch.refused_rows.all()[:REFUSED_SHOWN],
        "refused_shown": REFUSED_SHOWN,
        "columns": _columns(batch),
        "may_import": member.may(Verb.IMPORT_ITEMS),
        "may_withdraw": member.may(Verb.WITHDRAW_IMPORT) and batch.state == Import.State.DONE,
    }
    return render(request, "labeling/import.html", context)


@require_http_methods(["GET", "POST"])
def import_map(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Say which column is what, and start."""
    member = get_member_or_404(request.user, project, Verb.IMPORT_ITEMS)
    batch = _find(request, member, uid)
    if batch.file is None or batch.state not in {Import.State.MAPPING, Import.State.FAILED}:
        raise Conflict("import_started", _("This import has already been started."))
    look = first_rows(batch)
    form, remembered = _mapping_form(request, batch, look)
    if request.method == "POST" and form.is_valid():
        services.start_import(
            batch,
            form.cleaned_data["mapping"],
            by=member,
            visibility=form.cleaned_data["visibility"],
            valid_rows_only=form.cleaned_data["valid_rows_only"],
        )
        return redirect(batch)
    context = {"batch": batch, "look": look, "form": form, "remembered": remembered}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/import_map.html", context, status=status)


@require_POST
def import_withdraw(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take the items of an import back."""
    member = get_member_or_404(request.user, project, Verb.WITHDRAW_IMPORT)
    batch = _find(request, member, uid)
    services.withdraw_import(batch, by=member)
    messages.success(request, _("Withdrawn; its items are being removed."))
    return redirect(batch)


@require_GET
def import_refused(request: HttpRequest, project: str, uid: UUID) -> StreamingHttpResponse:
    """Every refused row of an import with its line and reason, as CSV."""
    member = get_member_or_404(request.user, project, Verb.SEE_IMPORTS)
    batch = _find(request, member, uid)
    response = StreamingHttpResponse(_as_csv(batch), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="refused-{batch.uid}.csv"'
    return response


def _list(
    request: HttpRequest, member: Membership, form: UploadForm, status: int = 200
) -> HttpResponse:
    rows = Import.objects.visible_to(request.user).filter(project=member.project)
    rows = rows.select_related("project", "created_by__user").order_by("-created_at", "-pk")
    context = {
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "form": form,
        "may_import": member.may(Verb.IMPORT_ITEMS),
        "push_url": request.build_absolute_uri(f"/api/v1/projects/{member.project.slug}/items/"),
    }
    return render(request, "labeling/imports.html", context, status=status)


def _find(request: HttpRequest, member: Membership, uid: UUID) -> Import:
    visible = Import.objects.visible_to(request.user).filter(project=member.project)
    return get_object_or_404(
        visible.select_related("project", "file", "job__project", "created_by__user"), uid=uid
    )


def _mapping_form(request: HttpRequest, batch: Import, look: Preview) -> tuple[MappingForm, bool]:
    suggested, remembered = mapping_for(batch, [column.path for column in look.columns])
    shown = dict(batch.project.content_fields.values_list("name", "visibility"))
    posted = request.POST if request.method == "POST" else None
    form = MappingForm(posted, columns=look.columns, suggested=suggested, shown=shown)
    return form, remembered


def _columns(batch: Import) -> list[tuple[str, str]]:
    """The mapping as (field, column) pairs for the page."""
    mapping: dict[str, Any] = batch.mapping
    named = [
        (f"{kind}.{name}", column)
        for kind in ("content", "attributes")
        for name, column in mapping.get(kind, {}).items()
    ]
    single = [(name, column) for name, column in mapping.items() if isinstance(column, str)]
    return [(name, column) for name, column in single + named if column]


class _Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _as_csv(batch: Import) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(["line", "reason"])
    rows = RefusedRow.objects.filter(batch=batch).values_list("line", "reason")
    for line, reason in rows.iterator(chunk_size=5_000):
        yield writer.writerow([line, protect(reason)])
