"""Inviting people, and accepting an invitation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from labeling.forms.accounts import NewAccountForm
from labeling.forms.people import InviteForm
from labeling.models import Invitation, Membership, User
from labeling.policy.roles import Verb
from labeling.services import invitations as services
from labeling.views.accounts import log_in, status_of
from labeling.views.find import get_member_or_404
from labeling.views.people import people_tabs

PAGE = 50


def invitations(request: HttpRequest, project: str) -> HttpResponse:
    """Who is invited, and the form that invites more; wrong lines are named one by one."""
    member = get_member_or_404(request.user, project, Verb.INVITE)
    form = InviteForm(request.POST or None, request.FILES or None, member=member)
    outcome = services.Outcome()
    if request.method == "POST" and form.is_valid():
        rows, valid_only = form.cleaned_data["rows"], form.cleaned_data["valid_only"]
        outcome = services.invite(member.project, rows, valid_only=valid_only, by=member)
        if not outcome.refusals:
            messages.success(request, _sent(len(outcome.invitations)))
            return redirect("invitations", project)
        form = _what_is_left(request, form, member, outcome)
    context = {
        "form": form,
        "outcome": outcome,
        "page": Paginator(_pending(member), PAGE).get_page(request.GET.get("page")),
        "tabs": people_tabs(member, "invitations"),
    }
    return render(request, "labeling/invitations.html", context, status=status_of(request))


@require_POST
def invitation_resend(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Send the letter again, with a new link."""
    member, invitation = _find(request, project, uid)
    services.resend(invitation, by=member)
    messages.success(request, _("A new letter is on its way; the earlier link has ended."))
    return redirect("invitations", project)


@require_POST
def invitation_revoke(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End an invitation before it is accepted."""
    member, invitation = _find(request, project, uid)
    services.revoke(invitation, by=member)
    messages.success(request, _("The invitation is revoked; its link has ended."))
    return redirect("invitations", project)


@require_POST
def invitation_link(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """Show a new link once, to hand over where no mail goes."""
    member, invitation = _find(request, project, uid)
    context = {"invitation": invitation, "url": services.make_link(invitation, by=member)}
    return render(request, "labeling/invitation_link.html", context)


@login_not_required
@sensitive_post_parameters("password")
def invite(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation: with the account one has, or with a new one; GET changes nothing."""
    invitation = services.find_open(secret)
    if request.user.is_authenticated:
        return _join(request, request.user, secret, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        context = {"invitation": invitation, "known": True}
        return render(request, "labeling/invite.html", context, status=status_of(request))
    form = NewAccountForm(request.POST or None, address=invitation.email)
    if request.method == "POST" and form.is_valid():
        log_in(request, services.accept_as_new(secret, **form.cleaned_data))
        return redirect(invitation.project)
    context = {"invitation": invitation, "form": form}
    return render(request, "labeling/invite.html", context, status=status_of(request))


def _join(request: HttpRequest, user: User, secret: str, invitation: Invitation) -> HttpResponse:
    if request.method == "POST":
        services.accept(secret, user)
        messages.success(request, _("Welcome."))
        return redirect(invitation.project)
    fits = user.email.lower() == invitation.email.lower()
    context = {"invitation": invitation, "fits": fits}
    return render(request, "labeling/invite.html", context)


def _find(request: HttpRequest, project: str, uid: UUID) -> tuple[Membership, Invitation]:
    member = get_member_or_404(request.user, project, Verb.INVITE)
    return member, get_object_or_404(Invitation.objects.seen_by(member), uid=uid)


def _pending(member: Membership) -> QuerySet[Invitation]:
    rows = Invitation.objects.pending().seen_by(member)
    return rows.select_related("team", "invited_by__user").order_by("-created_at", "-pk")


def _what_is_left(
    request: HttpRequest, form: InviteForm, member: Membership, outcome: services.Outcome
) -> InviteForm:
    """The form again with what was typed, or with the refused lines once the others are sent."""
    text = form.cleaned_data["text"]
    if outcome.invitations:
        lines = text.splitlines()
        text = "\n".join(lines[refusal.line - 1] for refusal in outcome.refusals)
    typed = request.POST.copy()
    typed["people"] = text
    return InviteForm(typed, member=member)


def _sent(count: int) -> str:
    text = ngettext("%(n)s invitation is on its way.", "%(n)s invitations are on their way.", count)
    return text % {"n": count}
