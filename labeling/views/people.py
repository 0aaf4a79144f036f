"""Who is in a project: people, machines, teams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.forms.people import ROLE_WORDS, MemberForm, NameForm, TeamForm, TokenForm
from labeling.forms.queue_settings import QualifyPersonForm
from labeling.models import AuditEvent, Invitation, Membership, Team, Token
from labeling.policy.roles import Role, Verb
from labeling.reports.qualified import qualifiable, qualifications_of
from labeling.services import projects, tokens
from labeling.views.accounts import status_of
from labeling.views.find import get_member_or_404, require

PAGE = 50
EVENTS = 20


@require_safe
def people(request: HttpRequest, project: str) -> HttpResponse:
    """The members of a project that this person may know of, with roles, team and languages."""
    member = get_member_or_404(request.user, project, Verb.SEE_PEOPLE)
    context = {
        "page": Paginator(_listed(request, member), PAGE).get_page(request.GET.get("page")),
        "query": request.GET.get("q", ""),
        "shown_role": request.GET.get("role", ""),
        "former": request.GET.get("former") == "1",
        "roles": ROLE_WORDS,
        "machine_form": NameForm(auto_id="machine_%s"),
        "may_manage_teams": member.may(Verb.MANAGE_TEAMS),
        "tabs": people_tabs(member, "people"),
    }
    return render(request, "labeling/people.html", context)


@require_POST
def machine_new(request: HttpRequest, project: str) -> HttpResponse:
    """Take in a machine annotator; its token is made on its own page."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_TEAMS)
    form = NameForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors["name"].as_data())
    machine = projects.add_machine(member.project, form.cleaned_data["name"], by=member)
    messages.success(request, _("The machine is a member now: give it a token below."))
    return redirect(machine)


def person(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """One member: roles, team and languages to change, and what was done lately."""
    member = get_member_or_404(request.user, project, Verb.SEE_PEOPLE)
    shown = _find(member, uid)
    form = MemberForm(request.POST or None, member=shown, by=member)
    if request.method == "POST":
        require(member, Verb.MANAGE_MEMBERS)
        if form.is_valid():
            projects.change_member(shown, by=member, **form.chosen())
            messages.success(request, _("Saved; it holds from the next click on."))
            return redirect(shown)
    return _show_person(request, member, shown, form)


@require_POST
def person_deactivate(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End a membership; what the person did stays."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_MEMBERS)
    shown = _find(member, uid)
    projects.deactivate(shown, by=member)
    messages.success(request, _("%(name)s is no member any more.") % {"name": shown})
    return redirect("people", project)


@require_POST
def person_reactivate(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Take a former member back."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_MEMBERS)
    shown = _find(member, uid)
    projects.reactivate(shown, by=member)
    messages.success(request, _("%(name)s is a member again.") % {"name": shown})
    return redirect(shown)


@require_POST
def machine_token(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Make a token for a machine; its secret is on this answer and nowhere else."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_TEAMS)
    machine = get_object_or_404(Membership.objects.machines().seen_by(member), uid=uid)
    form = TokenForm(request.POST, member=machine, auto_id="token_%s")
    if not form.is_valid():
        return _show_person(request, member, machine, None, token_form=form, status=400)
    token, secret = tokens.issue_token(machine, by=member, **form.cleaned_data)
    back = machine.get_absolute_url()
    context = {"token": token, "secret": secret, "back": back}
    return render(request, "labeling/token_made.html", context)


@require_POST
def machine_token_revoke(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End a machine's token."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_TEAMS)
    of_machines = Token.objects.filter(member__in=Membership.objects.machines().seen_by(member))
    token = get_object_or_404(of_machines.select_related("member__project"), uid=uid)
    tokens.revoke_token(token, by=member)
    messages.success(request, _("The token has ended."))
    return redirect(token.member)


def teams(request: HttpRequest, project: str) -> HttpResponse:
    """The teams of a project and how many people are in each; an admin adds one."""
    member = get_member_or_404(request.user, project, Verb.SEE_PEOPLE)
    form = TeamForm(request.POST or None, instance=Team(project=member.project))
    if request.method == "POST":
        require(member, Verb.MANAGE_TEAMS)
        if form.is_valid():
            projects.add_team(member.project, by=member, **form.cleaned_data)
            messages.success(request, _("The team is there: people are put into it one by one."))
            return redirect("teams", project)
    active = Q(memberships__deactivated_at__isnull=True)
    context = {
        "form": form,
        "teams": Team.objects.seen_by(member).annotate(size=Count("memberships", filter=active)),
        "may_manage_teams": member.may(Verb.MANAGE_TEAMS),
        "tabs": people_tabs(member, "teams"),
    }
    return render(request, "labeling/teams.html", context, status=status_of(request))


@require_POST
def team_rename(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Call a team something else."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_TEAMS)
    team = get_object_or_404(Team.objects.seen_by(member), uid=uid)
    form = NameForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors["name"].as_data())
    projects.rename_team(team, form.cleaned_data["name"], by=member)
    return redirect("teams", project)


def people_tabs(member: Membership, current: str) -> list[dict[str, Any]]:
    """People, Invitations, Teams, with how many of each this member may know of."""
    slug = member.project.slug
    counts = [
        ("people", _("People"), Membership.objects.active().seen_by(member)),
        ("invitations", _("Invitations"), Invitation.objects.pending().seen_by(member)),
        ("teams", _("Teams"), Team.objects.seen_by(member)),
    ]
    return [
        {
            "label": label,
            "url": reverse(name, args=[slug]),
            "count": rows.count(),
            "current": name == current,
        }
        for name, label, rows in counts
    ]


def _listed(request: HttpRequest, member: Membership) -> QuerySet[Membership]:
    rows = Membership.objects.seen_by(member).select_related("user", "team", "project")
    former = request.GET.get("former") == "1"
    rows = rows.filter(deactivated_at__isnull=False) if former else rows.active()
    if query := request.GET.get("q", "").replace("\0", ""):
        rows = rows.filter(Q(user__name__icontains=query) | Q(user__email__icontains=query))
    if (role := request.GET.get("role", "")) in set(Role):
        rows = rows.filter(roles__icontains=f'"{role}"')
    return rows.order_by("-kind", "user__name", "pk")


def _find(member: Membership, uid: UUID) -> Membership:
    rows = Membership.objects.seen_by(member).select_related("user", "team", "project")
    return get_object_or_404(rows, uid=uid)


def _show_person(
    request: HttpRequest,
    member: Membership,
    shown: Membership,
    form: MemberForm | None,
    *,
    token_form: TokenForm | None = None,
    status: int | None = None,
) -> HttpResponse:
    is_machine = shown.kind == Membership.Kind.MACHINE
    events = AuditEvent.objects.filter(Q(member=shown) | Q(subject_uid=shown.uid))
    if member.is_vendor:  # who of the house did something stays with the house
        events = events.filter(member__in=Membership.objects.seen_by(member))
    context = {
        "shown": shown,
        "is_machine": is_machine,
        "form": form or MemberForm(member=shown, by=member),
        "may_change": projects.may_manage(member, shown),
        "tokens": shown.tokens.live().order_by("-created_at"),
        "may_issue": is_machine and member.may(Verb.MANAGE_TEAMS),
        "token_form": token_form or TokenForm(member=shown, auto_id="token_%s"),
        "qualifying": _qualifying(member, shown),
        "qualifications": qualifications_of(shown) if not member.is_vendor else [],
        "events": events.select_related("user").order_by("-at")[:EVENTS],
        "annotations": shown.annotations.count(),
    }
    return render(request, "labeling/person.html", context, status=status or status_of(request))


def _qualifying(member: Membership, shown: Membership) -> QualifyPersonForm | None:
    if member.may(Verb.RUN_QUEUES) and qualifiable(shown):
        return QualifyPersonForm(member=member)
    return None
