"""Cases: the list, and the page of one, where the whole loop is seen and worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.errors import Conflict
from labeling.models import Membership
from labeling.policy.roles import Verb
from labeling.views.find import get_member_or_404
from maintenance.forms.cases import (
    ChangeForm,
    CloseForm,
    DecideForm,
    IntakeForm,
    NoteForm,
    ReopenForm,
    TriageForm,
)
from maintenance.models import Alert, Case, CaseLink
from maintenance.reports.belongings import Belongings, belongings
from maintenance.reports.casework import shown_strip, strips
from maintenance.reports.citing import citable_in
from maintenance.reports.linkable import KINDS, linkable, offers
from maintenance.reports.standings import standings_of
from maintenance.reports.subjects import shown_rows
from maintenance.reports.timeline import events_of, moments
from maintenance.services import cases as services
from maintenance.services.retraining import decide_retraining

PAGE = 25
EVENTS = 30


@require_safe
def cases(request: HttpRequest, project: str) -> HttpResponse:
    """Alerts that nobody has a case for, then the cases: open ones by due date, closed ones."""
    member = get_member_or_404(request.user, project, Verb.SEE_CASES)
    closed = request.GET.get("tab") == "closed"
    rows = Case.objects.filter(project=member.project, closed_at__isnull=not closed)
    order = [F("closed_at").desc()] if closed else [F("due").asc(nulls_last=True), "-number"]
    related = ("project", "owner__user", "closed_by__user")
    page = Paginator(rows.select_related(*related).order_by(*order), PAGE).get_page(
        request.GET.get("page")
    )
    found = strips(member.project, page.object_list, member)
    today = timezone.localdate()
    context = {
        "page": page,
        "rows": [(row, found[row.pk], bool(row.due and row.due < today)) for row in page],
        "closed": closed,
        "tabs": _tabs(member, closed=closed),
        "alerts": [] if closed else _alerts_alone(member),
        "may_work": member.may(Verb.WORK_CASES),
    }
    return render(request, "maintenance/cases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: HttpRequest, project: str) -> HttpResponse:
    """Open a case: a request, or an incident."""
    member = get_member_or_404(request.user, project, Verb.WORK_CASES)
    form = IntakeForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        return redirect(services.open_case(member.project, by=member, **form.terms()))
    status = 400 if form.is_bound else 200
    return render(request, "maintenance/case_new.html", {"form": form}, status=status)


@require_safe
def case(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One case: where it stands, what it rests on, what was decided, what happened."""
    member = get_member_or_404(request.user, project, Verb.SEE_CASES)
    return _page(request, member, _find(member, uid))


@require_POST
def case_change(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Change title, description, owner or due date."""
    member, row = _worked(request, project, uid)
    form = ChangeForm(request.POST, case=row, member=member)
    return _act(
        request,
        member,
        row,
        ("change_form", form),
        lambda given: services.change_case(row, by=member, **given),
    )


@require_POST
def case_triage(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Say what is behind the case."""
    member, row = _worked(request, project, uid)
    form = TriageForm(request.POST, case=row)
    return _act(
        request,
        member,
        row,
        ("triage_form", form),
        lambda given: services.triage(row, given["cause"], given["why"], by=member),
    )


@require_POST
def case_note(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Write something on the case."""
    member, row = _worked(request, project, uid)
    return _act(
        request,
        member,
        row,
        ("note_form", NoteForm(request.POST)),
        lambda given: services.add_note(row, given["text"], by=member),
    )


@require_POST
def case_link(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Let a row belong to the case."""
    member, row = _worked(request, project, uid)
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        raise ValidationError({"kind": _("Say what is to be linked.")})
    try:
        linked = UUID(request.POST.get("uid", ""))
    except ValueError as error:
        raise ValidationError({"uid": _("There is no such row here.")}) from error
    found = linkable(member, kind).filter(uid=linked).first()
    if found is None:
        raise ValidationError({"uid": _("There is no such row here.")})
    services.link(row, found, by=member)
    messages.success(request, _("Linked."))
    return redirect(f"{row.get_absolute_url()}#rows")


@require_POST
def case_unlink(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take a link of a case away."""
    member = get_member_or_404(request.user, project, Verb.WORK_CASES)
    rows = CaseLink.objects.filter(case__project=member.project)
    made = get_object_or_404(rows.select_related("case__project"), uid=uid)
    services.unlink(made, by=member)
    messages.success(request, _("Taken out of the case."))
    return redirect(f"{made.case.get_absolute_url()}#rows")


@require_POST
def case_decide(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Decide on the case, on what belongs to it."""
    member = get_member_or_404(request.user, project, Verb.DECIDE_RETRAINING)
    row = _find(member, uid)
    cited = citable_in(belongings(row), member)
    form = DecideForm(request.POST, cited=[(one.key, one.label) for one in cited])
    rows = {one.key: one.row for one in cited}
    return _act(
        request,
        member,
        row,
        ("decide_form", form),
        lambda given: decide_retraining(
            row,
            given["answer"],
            given["ground"],
            given["reasons"],
            evidence=[rows[key] for key in given["evidence"]],
            by=member,
        ),
    )


@require_POST
def case_close(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Close the case with what came of it."""
    member, row = _worked(request, project, uid)
    return _act(
        request,
        member,
        row,
        ("close_form", CloseForm(request.POST)),
        lambda given: services.close_case(row, given["effect"], by=member),
    )


@require_POST
def case_reopen(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take a closed case up again."""
    member, row = _worked(request, project, uid)
    return _act(
        request,
        member,
        row,
        ("reopen_form", ReopenForm(request.POST)),
        lambda given: services.reopen_case(row, given["why"], by=member),
    )


@require_POST
def alert_case(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Open a case for an alert that has none."""
    member = get_member_or_404(request.user, project, Verb.WORK_CASES)
    rows = Alert.objects.filter(monitor__signal__project=member.project)
    related = ("monitor__signal__project", "monitor__slice", "monitor__owner__team")
    alert = get_object_or_404(rows.select_related(*related), uid=uid)
    return redirect(services.case_for_alert(alert, by=member))


def _act(
    request: HttpRequest,
    member: Membership,
    row: Case,
    shown: tuple[str, forms.Form],
    act: Callable[[dict[str, Any]], Any],
) -> HttpResponse:
    """Do what a form of the case page asks for, or show the page with what was wrong."""
    name, form = shown
    status = 400
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except Conflict as conflict:
            form.add_error(None, conflict.message)
            status = 409
        else:
            messages.success(request, _("Saved."))
            return redirect(row)
    return _page(request, member, _find(member, row.uid), {name: form}, status)


def _page(
    request: HttpRequest,
    member: Membership,
    row: Case,
    bound: dict[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = standings_of(member.project, [row])[row.pk]
    own = standing.own
    page = Paginator(events_of(own), EVENTS).get_page(request.GET.get("page"))
    works = member.may(Verb.WORK_CASES)
    context = {
        "case": row,
        "strip": shown_strip(standing, member),
        "own": own,
        "overdue": row.closed_at is None and bool(row.due and row.due < timezone.localdate()),
        "rows": shown_rows(own, member),
        "offers": offers(own, member) if works and row.closed_at is None else [],
        "page": page,
        "moments": moments(own, page.object_list, member),
        "may_work": works,
        "may_decide": member.may(Verb.DECIDE_RETRAINING),
        "may_see_signals": member.may(Verb.SEE_SIGNALS),
        **(_closed_forms() if row.closed_at else _open_forms(member, own)),
        **(bound or {}),
    }
    return render(request, "maintenance/case.html", context, status=status)


def _open_forms(member: Membership, own: Belongings) -> dict[str, forms.Form]:
    cited = citable_in(own, member) if member.may(Verb.DECIDE_RETRAINING) else []
    return {
        "change_form": ChangeForm(case=own.case, member=member),
        "triage_form": TriageForm(case=own.case),
        "decide_form": DecideForm(cited=[(one.key, one.label) for one in cited]),
        "note_form": NoteForm(),
        "close_form": CloseForm(),
    }


def _closed_forms() -> dict[str, forms.Form]:
    return {"reopen_form": ReopenForm()}


def _alerts_alone(member: Membership) -> Any:
    """Open alerts without a case, or whose case was closed over them; the gravest are few."""
    alone = Q(case=None) | Q(case__closed_at__isnull=False)
    rows = Alert.objects.open().filter(alone, monitor__signal__project=member.project)
    return rows.select_related("monitor__signal__project", "monitor__slice", "case__project")[:PAGE]


def _tabs(member: Membership, *, closed: bool) -> list[dict[str, Any]]:
    url = reverse("cases", args=[member.project.slug])
    rows = Case.objects.filter(project=member.project)
    return [
        {"url": url, "label": _("Open"), "current": not closed, "count": rows.open().count()},
        {"url": f"{url}?tab=closed", "label": _("Closed"), "current": closed},
    ]


def _worked(request: HttpRequest, project: str, uid: UUID) -> tuple[Membership, Case]:
    member = get_member_or_404(request.user, project, Verb.WORK_CASES)
    return member, _find(member, uid)


def _find(member: Membership, uid: UUID) -> Case:
    rows = Case.objects.filter(project=member.project)
    related = ("project", "owner__user", "owner__team", "opened_by__user", "closed_by__user")
    found = rows.select_related(*related).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found
