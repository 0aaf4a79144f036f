"""What changes between versions of a rubric, what that touches, and what is decided about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling.errors import Conflict
from labeling.models import Membership, Rubric, RubricVersion
from labeling.policy.roles import Verb
from labeling.reports.resting import resting_on
from labeling.reports.rubric_changes import Shown, ends_of, shown_decisions, told_between
from labeling.reports.rubric_impact import impacts, work_under
from labeling.reports.rubric_owners import confirmer_of, possible_owners
from labeling.reports.rubrics import with_use
from labeling.services.rubric_changes import decide_changes
from labeling.views.find import require
from labeling.views.rubrics import PAGE, find_rubric, rubric_tabs

#: A change of more values than these is mapped through the API.
MAPPED_ON_THE_PAGE = 40
#: Long texts of the version that a version was copied from, of which only its number is shown.
OF_THE_SOURCE = ("source__guidance", "source__guidance_html", "source__translations")


@require_safe
def rubric_versions(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Versions and diff: who published what when and why, and any two of them compared."""
    member, row = find_rubric(request, project, uid)
    people = ("published_by__user", "created_by__user", "proposed_by__user", "source")
    versions = with_use(row.versions.select_related(*people)).defer(*OF_THE_SOURCE)
    page = Paginator(versions, PAGE).get_page(request.GET.get("page"))
    numbers = list(row.versions.values_list("number", flat=True))
    old, new = _chosen(request, numbers)
    ends = ends_of(row)
    context = {
        **rubric_tabs(member, row, "rubric_versions"),
        "page": page,
        "rows": [(version, ends.get(version.number)) for version in page],
        "confirmer": confirmer_of(row),
        "possible_owners": possible_owners(row) if member.may(Verb.PUBLISH_RUBRICS) else [],
        "numbers": numbers,
        "old": old,
        "new": new,
        "changes": _between(row, old, new) if "old" in request.GET else None,
    }
    return render(request, "labeling/rubric_versions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_impact(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Tab Impact: what the draft touches of the work done so far; POST keeps the decisions.

    A button may go on to publishing, so that nobody loses there what was decided here.
    """
    member, row = find_rubric(request, project, uid)
    if request.method == "POST":
        require(member, Verb.EDIT_RUBRICS)
    draft = row.versions.filter(state=RubricVersion.State.DRAFT).select_related("rubric").first()
    before = draft.before() if draft else None
    if request.method != "POST":
        return _impact(request, member, row, draft, before)
    if draft is None or before is None:
        raise Conflict("not_a_draft", _("There is no draft to decide about."))
    try:
        decide_changes(draft, _said(request, shown_decisions(draft, before)), by=member)
    except ValidationError as error:
        return _impact(request, member, row, draft, before, error.messages, status=400)
    messages.success(request, _("Saved. The decisions hold once the draft is published."))
    if "publish" in request.POST:
        return redirect("rubric_publish", project, uid, draft.number)
    return redirect("rubric_impact", project, uid)


def _impact(
    request: HttpRequest,
    member: Membership,
    row: Rubric,
    draft: RubricVersion | None,
    before: RubricVersion | None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        **rubric_tabs(member, row, "rubric_impact"),
        "version": draft,
        "before": before,
        "errors": errors or [],
    }
    if draft and before:
        shown = shown_decisions(draft, before)
        touched = impacts(before, [one.told.change for one in shown])
        context["rows"] = list(zip(shown, touched, strict=True))
        context["work"] = work_under(before)
        context["resting"] = resting_on(before)
        context["most"] = MAPPED_ON_THE_PAGE
        context["undecided"] = sum(one.decided.decision is None for one in shown)
    return render(request, "labeling/rubric_impact.html", context, status=status)


def _said(request: HttpRequest, shown: list[Shown]) -> dict[str, dict[str, Any]]:
    """What the form says about each change that it showed."""
    typed = request.POST
    said: dict[str, dict[str, Any]] = {}
    for one in shown:
        change = one.told.change
        if f"shown:{change.ident}" not in typed:
            continue
        pairs = {key: typed.get(f"map:{change.ident}:{key}", "") for key in change.keys}
        said[change.ident] = {
            "decision": typed.get(f"decision:{change.ident}", ""),
            "mapping": {key: to for key, to in pairs.items() if to},
            "meant": f"meant:{change.ident}" in typed,
        }
    return said


def _between(row: Rubric, old: int | None, new: int | None) -> Any:
    versions = {
        version.number: version
        for version in row.versions.filter(number__in=[old, new]).select_related("rubric")
    }
    if old not in versions or new not in versions:
        return None
    return told_between(versions[old], versions[new])


def _chosen(request: HttpRequest, numbers: list[int]) -> tuple[int | None, int | None]:
    """The two versions to compare: those that are asked for, else the newest two."""
    newest = [*numbers[:2], None, None]
    return _number(request, "old", newest[1]), _number(request, "new", newest[0])


def _number(request: HttpRequest, name: str, otherwise: int | None) -> int | None:
    said = request.GET.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 6 else otherwise
