"""Who is in a project, who is invited, and who is calling."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of, memberships
from labeling.formats.people_files import PersonRow
from labeling.forms.keys import KeysForm
from labeling.models import Invitation, Membership, Project, Team, Token
from labeling.models.projects import InvitationQuerySet, MembershipQuerySet, TeamQuerySet
from labeling.policy.keys import Action, advances, keys_of
from labeling.policy.roles import Verb, carries
from labeling.serializers import people as serializers
from labeling.services import invitations, projects
from labeling.services.accounts import change_keys


class MeView(APIView):
    """Who is calling and what they may do in which project; a token speaks for one project."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="me_retrieve", responses=serializers.Me)
    def get(self, request: Request) -> Response:
        allow_filters(request)
        return self._answer(request)

    @extend_schema(operation_id="me_change", request=serializers.ChangeMe, responses=serializers.Me)
    def patch(self, request: Request) -> Response:
        assert request.user.is_authenticated
        stored, asked = request.user.judging_keys, _checked(serializers.ChangeMe, request)
        given = asked.get("judging_keys", {})
        sent = {**keys_of(stored), "advance": asked.get("advance", advances(stored)), **given}
        form = KeysForm(sent, stored=stored)
        if unknown := set(given) - set(Action):
            raise ValidationError({name: _("There is no such action.") for name in unknown})
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        change_keys(request.user, form.chosen())
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        assert request.user.is_authenticated
        user, stored = request.user, request.user.judging_keys
        known = {name: getattr(user, name) for name in ("uid", "name", "email", "time_zone")}
        answer = {
            **known,
            "language": user.language,
            "judging_keys": keys_of(stored),
            "advance": advances(stored),
            "projects": [_mine(request, member) for member in memberships(request)],
        }
        return Response(serializers.Me(answer).data)


@extend_schema(
    parameters=[
        OpenApiParameter("former", bool, description="true: those who are members no more.")
    ]
)
class People(generics.ListAPIView[Membership]):
    """The members of a project that the caller may know of, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.PersonSerializer

    def get_queryset(self) -> MembershipQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_PEOPLE)
        former = allow_filters(self.request, {"former"}).get("former", "false")
        if former not in {"true", "false"}:
            raise exceptions.ValidationError({"former": ["true or false."]})
        rows = Membership.objects.seen_by(member).select_related("user", "team")
        return rows.filter(deactivated_at__isnull=False) if former == "true" else rows.active()


class Person(APIView):
    """One member; roles, team and languages change in the browser's session, not by token."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.PersonSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        _member, person = _find(request, uid, Verb.SEE_PEOPLE)
        return Response(serializers.PersonSerializer(person).data)

    @extend_schema(request=serializers.ChangePerson, responses=serializers.PersonSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        member, person = _find(request, uid, Verb.MANAGE_MEMBERS)
        asked = _checked(serializers.ChangePerson, request)
        changed = projects.change_member(
            person,
            roles=asked.get("roles", person.roles),
            team=_team(member, asked["team"]) if "team" in asked else person.team,
            languages=asked.get("languages", person.languages),
            by=member,
        )
        return Response(serializers.PersonSerializer(changed).data)


class Teams(generics.ListAPIView[Team]):
    """The teams of a project that the caller may know of."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.TeamOfMember

    def get_queryset(self) -> TeamQuerySet:
        allow_filters(self.request)
        return Team.objects.seen_by(caller(self.request, self.kwargs["project"], Verb.SEE_PEOPLE))


class Invitations(generics.ListAPIView[Invitation]):
    """Invitations that nobody has accepted yet, newest first; POST invites many at once."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.InvitationSerializer

    def get_queryset(self) -> InvitationQuerySet:
        allow_filters(self.request)
        member = caller(self.request, self.kwargs["project"], Verb.INVITE)
        return Invitation.objects.pending().seen_by(member).select_related("team")

    @extend_schema(request=serializers.Invite, responses={201: serializers.Invited})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.INVITE)
        asked = _checked(serializers.Invite, request)
        rows = [_row(member, line, one) for line, one in enumerate(asked["people"], start=1)]
        outcome = invitations.invite(
            member.project, rows, valid_only=asked["valid_only"], by=member
        )
        if outcome.refusals and not outcome.invitations:
            raise exceptions.ValidationError({"people": [str(row) for row in outcome.refusals]})
        answer = {"invitations": outcome.invitations, "refused": outcome.refusals}
        return Response(serializers.Invited(answer).data, status=201)


class InvitationDetail(APIView):
    """Revokes an invitation; 409 when it has been used or revoked already."""

    permission_classes = [LoggedIn]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        visible = Invitation.objects.visible_to(request.user).select_related("project", "team")
        member = member_of(request, get_object_or_404(visible, uid=uid), Verb.INVITE)
        invitation = get_object_or_404(visible.seen_by(member), uid=uid)
        invitations.revoke(invitation, by=member)
        return Response(status=204)


def _mine(request: Request, member: Membership) -> dict[str, Any]:
    scopes = request.auth.scopes if isinstance(request.auth, Token) else None
    verbs = [verb for verb in Verb if member.may(verb)]
    return {
        "slug": member.project.slug,
        "name": member.project.name,
        "member": member.uid,
        "kind": member.kind,
        "roles": member.roles,
        "team": member.team,
        "verbs": [verb for verb in verbs if scopes is None or carries(scopes, verb)],
    }


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Membership, Membership]:
    """The caller and the member asked for; people outside the caller's sight do not exist."""
    near = Membership.objects.filter(project__in=Project.objects.visible_to(request.user))
    member = member_of(request, get_object_or_404(near.select_related("project"), uid=uid), verb)
    rows = Membership.objects.seen_by(member).select_related("user", "team", "project")
    return member, get_object_or_404(rows, uid=uid)


def _checked(serializer: type[Any], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    checked: dict[str, Any] = asked.validated_data
    return checked


def _team(member: Membership, uid: UUID | None) -> Team | None:
    if uid is None:
        return None
    team = Team.objects.seen_by(member).filter(uid=uid).first()
    if team is None:
        missing = ValidationError(_("There is no such team here."), "invalid_reference")
        raise ValidationError({"team": missing})
    return team


def _row(member: Membership, line: int, asked: dict[str, Any]) -> PersonRow:
    team = _team(member, asked.get("team"))
    return PersonRow(
        line=line,
        email=asked["email"],
        roles=tuple(asked["roles"]),
        team=team.name if team else "",
        languages=asked.get("languages", {}),
    )
