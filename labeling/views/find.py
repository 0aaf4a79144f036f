"""How views find what they show: always inside what the person may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from labeling.models import Membership, User
from labeling.policy.roles import SHOWN_BY, Verb


def get_member_or_404(
    user: User | AnonymousUser, project: str, verb: Verb | None = None
) -> Membership:
    """The person's membership in a project, if it carries the verb; 404 hides, 403 refuses."""
    member = (
        Membership.objects.active()
        .select_related("project", "team", "user")
        .filter(project__slug=project, user=user if user.is_authenticated else None)
        .first()
    )
    if member is None:
        raise Http404
    if verb is not None:
        require(member, verb)
    return member


def require(member: Membership, verb: Verb) -> None:
    """Refuse what a member may not do; what they may not even see does not exist."""
    if member.may(verb):
        return
    shown_by = SHOWN_BY.get(verb)
    if shown_by and member.may(shown_by):
        raise PermissionDenied(_("Your role in this project does not allow this."))
    raise Http404
