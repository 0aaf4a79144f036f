"""Denied unless a view says which verb it needs; the verb is checked inside the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, permissions
from rest_framework.request import Request

from labeling.models import Membership, Token
from labeling.models.projects import MembershipQuerySet
from labeling.policy.roles import SHOWN_BY, Verb, carries
from labeling.views.find import require

if TYPE_CHECKING:  # DRF's views read the settings, which name this module
    from rest_framework.views import APIView


class Deny(permissions.BasePermission):
    """The default: a view that names no permission answers nobody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


class LoggedIn(permissions.IsAuthenticated):
    """For what belongs to the caller alone; views of a project ask `caller` for a verb as well."""


def caller(request: Request, project: str, verb: Verb) -> Membership:
    """The caller's membership in a project if it (and the token used) carries the verb.

    Raises Http404 for a project the caller is not in or a verb that is hidden from them, and
    PermissionDenied for one that they see but may not do.
    """
    member = _membership(request, project)
    if member is None:
        raise Http404
    require_verb(request, member, verb)
    return member


def member_of(request: Request, row: Any, verb: Verb) -> Membership:
    """The caller's membership in the project of a row found through `visible_to`."""
    return caller(request, row.project.slug, verb)


def _membership(request: Request, project: str) -> Membership | None:
    """The caller in this project; whoever comes with a token was read with it already."""
    if isinstance(request.auth, Token):
        return request.auth.member if request.auth.member.project.slug == project else None
    return memberships(request).filter(project__slug=project).first()


def memberships(request: Request) -> MembershipQuerySet:
    """The caller's active memberships; a token speaks for one of them only."""
    if not request.user.is_authenticated:
        raise exceptions.NotAuthenticated
    rows = Membership.objects.active().select_related("project", "team", "user")
    if isinstance(request.auth, Token):
        return rows.filter(pk=request.auth.member_id)
    return rows.filter(user=request.user)


def require_verb(request: Request, member: Membership, verb: Verb) -> None:
    """Role first, then the token's scope, by the same rule of hiding and refusing."""
    require(member, verb)
    if not isinstance(request.auth, Token) or carries(request.auth.scopes, verb):
        return
    shown_by = SHOWN_BY.get(verb)
    if shown_by is None or not carries(request.auth.scopes, shown_by):
        raise Http404
    raise PermissionDenied(_("This token's scopes do not allow this."))
