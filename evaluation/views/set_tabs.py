"""What one version of a set covers, how good its labels are, what changed, and how it leaves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from evaluation.forms.sets import SetExportForm
from evaluation.models import SetVersion
from evaluation.reports import sets as report
from evaluation.reports.independence import assisted
from evaluation.services.set_exports import request_set_export
from evaluation.views.find_sets import chosen_version, find_set, frozen_versions, tab_context
from labeling.errors import Conflict
from labeling.formats.writing import Profile
from labeling.models import Job, Membership
from labeling.policy.roles import Verb
from labeling.views.find import require

SHOWN_EXPORTS = 25


@require_safe
def set_coverage(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What a version holds, by reference answer, branch and attribute."""
    member, evaluation_set = find_set(request, project, uid)
    context = tab_context(request, member, evaluation_set, "coverage")
    version = context["version"]
    context["coverage"] = report.coverage(version) if version else None
    return render(request, "evaluation/set_coverage.html", context)


@require_safe
def set_quality(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """How far the labels of a version can be trusted, and what was left out of it."""
    member, evaluation_set = find_set(request, project, uid)
    context = tab_context(request, member, evaluation_set, "quality")
    if version := context["version"]:
        context["agreement"] = report.agreement(version)
        context["adjudicated_share"] = report.adjudicated_share(version)
        context["left_out"] = _left_out(version)
        context["assisted"] = assisted(version).count()
    return render(request, "evaluation/set_quality.html", context)


@require_safe
def set_diff(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """What changed from one version to another, by default from the one before."""
    member, evaluation_set = find_set(request, project, uid)
    context = tab_context(request, member, evaluation_set, "diff")
    version = context["version"]
    older = _older(request, version)
    context["older"] = older
    context["versions"] = frozen_versions(evaluation_set)
    context["diff"] = report.diff(older, version) if version and older else None
    return render(request, "evaluation/set_diff.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def set_export(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Ask for a version as an archive, and fetch those that were written."""
    member, evaluation_set = find_set(request, project, uid)
    context = tab_context(request, member, evaluation_set, "export")
    form = SetExportForm(request.POST or None)
    if request.method == "POST":
        require(member, Verb.EXPORT_LABELS)
        if form.is_valid():
            _ask(member, context["version"], form.cleaned_data)
            messages.success(request, _("The archive is being written."))
            return redirect("set_export", project, uid)
    context["form"] = form if member.may(Verb.EXPORT_LABELS) else None
    context["exports"] = _exports(member, context["version"])
    status = 400 if form.is_bound else 200
    return render(request, "evaluation/set_export.html", context, status=status)


def _older(request: HttpRequest, version: SetVersion | None) -> SetVersion | None:
    """The version to compare with: the named one, else the one before."""
    if version is None:
        return None
    if request.GET.get("against"):
        return chosen_version(request, version.evaluation_set, "against")
    before = SetVersion.objects.frozen().filter(
        evaluation_set=version.evaluation_set_id, number__lt=version.number
    )
    return before.order_by("-number").first()


def _ask(member: Membership, version: SetVersion | None, asked: dict[str, Any]) -> Job:
    if version is None:
        raise Conflict("set_not_frozen", _("Only a frozen version can be exported."))
    profile = Profile.SPREADSHEET if asked["layout"] == "csv" else Profile.RAW
    return request_set_export(version, asked["layout"], asked["contents"], profile, by=member)


def _exports(member: Membership, version: SetVersion | None) -> list[Job]:
    """The newest archives of a version, for who may fetch them."""
    if version is None or not member.may(Verb.SEE_EXPORTS):
        return []
    jobs = Job.objects.filter(project=member.project, kind="export_set")
    own = jobs.filter(arguments__set_version=str(version.uid))
    return list(
        own.select_related("project", "file", "created_by__user").order_by("-pk")[:SHOWN_EXPORTS]
    )


def _left_out(version: SetVersion) -> list[tuple[str, int]]:
    words = {
        "undecided": _("not settled or adjudicated yet"),
        "cannot_tell": _("answered “cannot tell”"),
        "erased": _("the item has been erased"),
        "unanswered": _("left blank"),
        "same_item_again": _("the same item again"),
    }
    counts = version.quality.get("left_out", {})
    return [(words.get(reason, reason), count) for reason, count in counts.items() if count]
