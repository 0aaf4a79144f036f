"""A member's own API tokens in one project."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.forms.people import TokenForm
from labeling.policy.roles import Verb, scopes_for
from labeling.services import tokens as services
from labeling.views.accounts import status_of
from labeling.views.find import get_member_or_404

SHOWN = 100


def tokens(request: HttpRequest, project: str) -> HttpResponse:
    """One's tokens with scopes, end and last use; a new one's secret is shown this once."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_OWN_TOKENS)
    form = TokenForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        token, secret = services.issue_token(member, by=member, **form.cleaned_data)
        context = {"token": token, "secret": secret, "back": request.path}
        return render(request, "labeling/token_made.html", context)
    context = {
        "form": form,
        "offered": scopes_for(member.roles, vendor=member.is_vendor),
        "tokens": member.tokens.order_by("-created_at")[:SHOWN],
    }
    return render(request, "labeling/tokens.html", context, status=status_of(request))


@require_POST
def token_revoke(request: HttpRequest, project: str, uid: UUID) -> HttpResponse:
    """End one of one's own tokens at once."""
    member = get_member_or_404(request.user, project, Verb.MANAGE_OWN_TOKENS)
    token = get_object_or_404(member.tokens.select_related("member__project"), uid=uid)
    services.revoke_token(token, by=member)
    messages.success(request, _("The token has ended."))
    return redirect("tokens", project)
