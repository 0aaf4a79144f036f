"""Evaluation sets: the list, a set's versions, and how more are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluation.formats.labeled import suggest_labeled
from evaluation.forms.sets import FreezeForm, LabeledFileForm, LabeledMappingForm, SetForm
from evaluation.models import EvaluationSet, SetVersion
from evaluation.reports.sets import newest_versions
from evaluation.services.set_imports import first_rows, keep_file, request_import
from evaluation.services.sets import create_set, freeze
from evaluation.views.find_sets import find_set, tab_context
from labeling.models import Membership, StoredFile
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404

PAGE = 50
KEEP_FILES = timedelta(days=30)


@require_safe
def sets(request: HttpRequest, project: str) -> HttpResponse:
    """The project's sets with their newest versions."""
    member = get_member_or_404(request.user, project, Verb.SEE_SETS)
    rows = EvaluationSet.objects.filter(project=member.project).select_related("project")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    newest = newest_versions(page.object_list)
    context = {
        "page": page,
        "rows": [(row, newest.get(row.pk)) for row in page],
        "may_freeze": member.may(Verb.FREEZE_SETS),
    }
    return render(request, "evaluation/sets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def set_new(request: HttpRequest, project: str) -> HttpResponse:
    """Name a set; what goes into it is chosen on its page."""
    member = get_member_or_404(request.user, project, Verb.FREEZE_SETS)
    form = SetForm(request.POST or None, project=member.project)
    if request.method == "POST" and form.is_valid():
        name, role = form.cleaned_data["name"], form.cleaned_data["role"]
        return redirect(create_set(member.project, name, role, by=member))
    status = 400 if form.is_bound else 200
    return render(request, "evaluation/set_new.html", {"form": form}, status=status)


@require_safe
def set_page(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """The versions of a set, and the two ways to make the next."""
    member, evaluation_set = find_set(request, project, uid)
    return _versions(request, member, evaluation_set)


@require_POST
def set_freeze(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Freeze the finished tasks of the chosen queues."""
    member, evaluation_set = find_set(request, project, uid, Verb.FREEZE_SETS)
    form = FreezeForm(request.POST, project=member.project)
    if form.is_valid():
        chosen = list(form.cleaned_data["queues"])
        try:
            freeze(evaluation_set, chosen, criterion=form.cleaned_data["criterion"], by=member)
        except ValidationError as error:
            form.add_error(None, ValidationError(error.messages))
        else:
            messages.success(request, _("The version is being frozen."))
            return redirect(evaluation_set)
    return _versions(request, member, evaluation_set, freeze_form=form, status=400)


@require_POST
def set_upload(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Keep a labeled file and go on to its columns."""
    member, evaluation_set = find_set(request, project, uid, Verb.FREEZE_SETS)
    form = LabeledFileForm(request.POST, request.FILES)
    if form.is_valid():
        given: Any = request.FILES["file"]
        try:
            file = keep_file(member.project, given.name or "", given, by=member, keep=KEEP_FILES)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            columns = reverse("set_map", args=[project, evaluation_set.uid])
            return redirect(f"{columns}?file={file.uid}")
    return _versions(request, member, evaluation_set, file_form=form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def set_map(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Say which column is the right answer, and freeze; only for who uploaded the file."""
    member, evaluation_set = find_set(request, project, uid, Verb.FREEZE_SETS)
    file = _own_file(member, request.GET.get("file", ""))
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect(evaluation_set)
    look = first_rows(file)
    form = LabeledMappingForm(
        request.POST if request.method == "POST" else None,
        project=member.project,
        columns=look.columns,
        suggested=suggest_labeled(column.path for column in look.columns),
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        request_import(
            evaluation_set, file, given["mapping"], by=member, criterion=given["criterion"]
        )
        messages.success(request, _("The file is being frozen."))
        return redirect(evaluation_set)
    context = {"evaluation_set": evaluation_set, "file": file, "look": look, "form": form}
    status = 400 if form.is_bound else 200
    return render(request, "evaluation/set_map.html", context, status=status)


def _own_file(member: Membership, given: str) -> StoredFile | None:
    """The file of this uid, if this member has uploaded it."""
    try:
        own = StoredFile.objects.filter(project=member.project, created_by=member, uid=UUID(given))
    except ValueError:
        return None
    return own.first()


def _versions(
    request: HttpRequest,
    member: Membership,
    evaluation_set: EvaluationSet,
    *,
    freeze_form: FreezeForm | None = None,
    file_form: LabeledFileForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = tab_context(request, member, evaluation_set, "versions")
    rows = SetVersion.objects.filter(evaluation_set=evaluation_set)
    rows = rows.select_related("created_by__user", "job__project").order_by("-number")
    context["page"] = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context["may_freeze"] = member.may(Verb.FREEZE_SETS)
    if context["may_freeze"]:
        context["freeze_form"] = freeze_form or FreezeForm(project=member.project)
        context["file_form"] = file_form or LabeledFileForm()
    return render(request, "evaluation/set.html", context, status=status)
