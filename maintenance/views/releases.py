"""Releases: the list with a plan form, and the page of one, where it goes on or comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.errors import Conflict
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.releases import OverrideForm, PlanForm, WhyForm
from maintenance.models import Release
from maintenance.models.releases import ReleaseQuerySet
from maintenance.policy.releasing import may_override
from maintenance.reports.releases import (
    Standing,
    headline,
    history,
    name_of,
    standing,
    track,
)
from maintenance.services import releases as services

PAGE = 25
#: What of a plan an address may name.
CHOSEN = ("candidate", "gate", "case")


@require_safe
def releases(request: HttpRequest, project: str) -> HttpResponse:
    """The releases of a project, newest first, and the form that plans the next."""
    member = get_member_or_404(request.user, project, Verb.SEE_RELEASES)
    return _list(request, member, _chosen(request, member))


@require_http_methods(["GET", "HEAD", "POST"])
def release_new(request: HttpRequest, project: str) -> HttpResponse:
    """Plan a release, perhaps of the candidate and for the case that the address names."""
    member = get_member_or_404(request.user, project, Verb.RUN_RELEASES)
    if request.method != "POST":
        return _list(request, member, _chosen(request, member))
    form = PlanForm(request.POST, project=member.project)
    status = 400
    if form.is_valid():
        try:
            return redirect(services.plan_release(member.project, **form.plan(), by=member))
        except ValidationError as error:
            form.add_error(None, error.messages)
        except Conflict as conflict:
            form.add_error(None, conflict.message)
            status = 409
    return _list(request, member, form, status)


@require_safe
def release(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One release: where it stands, what lets it go on or not, and the way back."""
    member = get_member_or_404(request.user, project, Verb.SEE_RELEASES)
    return _page(request, member, _find(member, uid))


@require_POST
def release_enter(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Enter the stage that the page offered, or say why not."""
    member, row = _run(request, project, uid)
    uid_of_stage = _uid(request.POST.get("stage", ""))
    stage = row.stages.filter(uid=uid_of_stage).first() if uid_of_stage else None
    if stage is None:
        raise ValidationError(_("There is no such stage in this release."))
    services.enter_stage(row, stage=stage, by=member)
    messages.success(request, _("The stage is entered."))
    return redirect(row)


@require_POST
def release_hold(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Hold a release where it is."""
    member, row = _run(request, project, uid)
    form = why_form("hold", request.POST)
    return _act(request, member, row, form, lambda given: services.hold(row, **given, by=member))


@require_POST
def release_resume(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Let a held release go on."""
    member, row = _run(request, project, uid)
    services.resume(row, by=member)
    messages.success(request, _("The release goes on."))
    return redirect(row)


@require_POST
def release_override(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Vouch for the next stage."""
    member = get_member_or_404(request.user, project, Verb.OVERRIDE_GATES)
    row, now = _find(member, uid), timezone.now()
    form = override_form(request.POST)
    return _act(
        request,
        member,
        row,
        form,
        lambda given: services.grant_override(
            row, given["reason"], form["form"].expires_at(now), by=member, at=now
        ),
    )


@require_POST
def release_roll_back(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Bring the baseline back."""
    member, row = _run(request, project, uid)
    form = why_form("roll_back", request.POST)
    return _act(
        request, member, row, form, lambda given: services.roll_back(row, **given, by=member)
    )


@require_POST
def release_give_up(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End a release that has answered nobody."""
    member, row = _run(request, project, uid)
    form = why_form("give_up", request.POST)
    return _act(request, member, row, form, lambda given: services.give_up(row, **given, by=member))


@require_POST
def release_finish(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End the watch."""
    member, row = _run(request, project, uid)
    services.finish(row, by=member)
    messages.success(request, _("The release is done."))
    return redirect(row)


def why_form(name: str, given: Any = None) -> dict[str, Any]:
    """A form of the release page by its name, with ids of its own: the page has several."""
    return {"name": f"{name}_form", "form": WhyForm(given, auto_id=f"{name}-%s")}


def override_form(given: Any = None) -> dict[str, Any]:
    """The form that vouches, by its name."""
    return {"name": "override_form", "form": OverrideForm(given, auto_id="override-%s")}


def _act(
    request: HttpRequest,
    member: Membership,
    row: Release,
    shown: dict[str, Any],
    act: Callable[[dict[str, Any]], Any],
) -> HttpResponse:
    """Do what a form of the page asks for, or show the page with what was wrong."""
    form: forms.Form = shown["form"]
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Done and on the record."))
            return redirect(row)
    return _page(request, member, _find(member, row.uid), {shown["name"]: form}, 400)


def _page(
    request: HttpRequest,
    member: Membership,
    row: Release,
    bound: dict[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = standing(row)
    named = [why_form("hold"), why_form("roll_back"), why_form("give_up"), override_form()]
    context = {
        "release": row,
        "found": found,
        "headline": headline(found),
        "track": track(found),
        "reasons": _reasons(found),
        "next_name": name_of(found.next) if found.next else "",
        "asks": row.ended_at is None and found.verdict is None and found.next is not None,
        "events": history(found),
        "may_run": member.may(Verb.RUN_RELEASES),
        "open_to_me": found.open_to(member),
        "may_override": member.may(Verb.OVERRIDE_GATES),
        "may_vouch": _may_vouch(member, row),
        "may_ask": member.may(Verb.ASK_VERDICTS),
        "may_see_gates": member.may(Verb.SEE_GATES),
        "may_see_versions": member.may(Verb.SEE_VERSIONS),
        "may_see_cases": member.may(Verb.SEE_CASES),
        **{one["name"]: one["form"] for one in named},
        **(bound or {}),
    }
    return render(request, "maintenance/release.html", context, status=status)


def _reasons(found: Standing) -> list[str]:
    """What keeps a release where it is; nothing keeps one that has ended."""
    if found.release.ended_at is not None:
        return []
    return found.reasons if found.next else found.still_watching


def _may_vouch(member: Membership, row: Release) -> bool:
    planner, registrar = row.planned_by, row.candidate.registered_by
    return may_override(
        member.user_id,
        planned_by=planner.user_id if planner else None,
        registered_by=registrar.user_id if registrar else None,
    )


def _chosen(request: HttpRequest, member: Membership) -> PlanForm:
    """The form with what the address names chosen already."""
    chosen = {name: request.GET[name] for name in CHOSEN if name in request.GET}
    return PlanForm(project=member.project, initial=chosen)


def _list(
    request: HttpRequest, member: Membership, form: PlanForm, status: int = 200
) -> HttpResponse:
    rows = _releases(member).order_by("-planned_at")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "under_way": _releases(member).under_way().first(),
        "form": form,
        "may_run": member.may(Verb.RUN_RELEASES),
        "ready": {name: bool(form.fields[name].choices) for name in ("candidate", "gate")},  # type: ignore[attr-defined]
    }
    return render(request, "maintenance/releases.html", context, status=status)


def _releases(member: Membership) -> ReleaseQuerySet:
    rows: Any = Release.objects.filter(project=member.project)
    found: ReleaseQuerySet = rows.select_related(
        "project",
        "candidate__project",
        "candidate__registered_by",
        "baseline__project",
        "gate__project",
        "case__project",
        "planned_by__user",
    )
    return found


def _run(request: HttpRequest, project: str, uid: UUID) -> tuple[Membership, Release]:
    member = get_member_or_404(request.user, project, Verb.RUN_RELEASES)
    return member, _find(member, uid)


def _find(member: Membership, uid: UUID) -> Release:
    found = _releases(member).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


def _uid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
