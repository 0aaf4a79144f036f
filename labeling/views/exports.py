"""Exports: what has gone out, asking for more, and fetching the files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling import storage
from labeling.forms.exports import ExportForm
from labeling.forms.items import ItemFilterForm
from labeling.models import Export, Membership, Queue
from labeling.models.exports import ExportQuerySet
from labeling.policy.roles import Verb
from labeling.reports.items import ItemSearch, known_fields
from labeling.services.exports import request_export
from labeling.views.find import get_member_or_404

PAGE = 50


@require_safe
def exports(request: HttpRequest, project: str) -> HttpResponse:
    """The project's exports, newest first."""
    member = get_member_or_404(request.user, project, Verb.SEE_EXPORTS)
    rows = _exports_of(request, member).order_by("-created_at", "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "may_export": member.may(Verb.EXPORT_LABELS)}
    return render(request, "labeling/exports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: HttpRequest, project: str) -> HttpResponse:
    """Ask for an export; the filters of the items page come along."""
    member = get_member_or_404(request.user, project, Verb.EXPORT_LABELS)
    initial = {name: request.GET[name] for name in ("kind", "queue") if name in request.GET}
    form = ExportForm(request.POST or None, project=member.project, initial=initial)
    search = _searched(request, member)
    if request.method == "POST" and form.is_valid():
        export = _ask(member, form.cleaned_data, search)
        messages.success(request, _("The export is being written."))
        return redirect(export)
    context = {"form": form, "search": search, "filtered": bool(search.text or search.conditions)}
    status = 400 if form.is_bound else 200
    return render(request, "labeling/export_new.html", context, status=status)


@require_safe
def export(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One export: how far it is, then what is in it and what that rests on."""
    member = get_member_or_404(request.user, project, Verb.SEE_EXPORTS)
    row = get_object_or_404(_exports_of(request, member).select_related("file"), uid=uid)
    if request.headers.get("HX-Request") and row.job:
        return _card(request, row)
    files = row.manifest.get("files", [])
    context = {"export": row, "file": files[0] if files else None, "queue": _queue(row)}
    return render(request, "labeling/export.html", context)


@require_safe
def export_file(request: HttpRequest, project: str, uid: UUID) -> FileResponse:
    """The archive of an export, for who may see exports at this moment."""
    member = get_member_or_404(request.user, project, Verb.SEE_EXPORTS)
    row = get_object_or_404(_exports_of(request, member).select_related("file"), uid=uid)
    if row.file is None:
        raise Http404
    return storage.serve(row.file)


def _exports_of(request: HttpRequest, member: Membership) -> ExportQuerySet:
    visible = Export.objects.visible_to(request.user).filter(project=member.project)
    return visible.select_related("project", "job", "created_by__user")


def _ask(member: Membership, asked: dict[str, Any], search: ItemSearch) -> Export:
    scope: dict[str, Any] = {}
    if asked["kind"] == Export.Kind.ITEMS:
        conditions = [condition.to_json() for condition in search.conditions]
        scope = {"text": search.text, "conditions": conditions}
    elif asked["queue"]:
        scope = {"queue": str(asked["queue"].uid)}
    kind, file_format, profile = asked["kind"], asked["file_format"], asked["profile"]
    return request_export(member.project, kind, file_format, profile, scope, by=member)


def _searched(request: HttpRequest, member: Membership) -> ItemSearch:
    form = ItemFilterForm(request.GET, project=member.project, known=known_fields(member.project))
    if not form.is_valid():
        raise ValidationError(_("These filters cannot be used."))
    return form.search()


def _queue(row: Export) -> Queue | None:
    uid = row.scope.get("queue")
    return Queue.objects.filter(project=row.project, uid=uid).first() if uid else None


def _card(request: HttpRequest, row: Export) -> HttpResponse:
    """The job's card, asked for until it has ended; then the page around it is reloaded."""
    assert row.job is not None
    card = {"job": row.job, "url": row.get_absolute_url()}
    response = render(request, "components/job.html", card)
    if row.job.finished:
        response["HX-Refresh"] = "true"
    return response
