"""One's own tokens, in the browser's session only: a token cannot make, list or end tokens."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller
from labeling.models import Token
from labeling.models.projects import TokenQuerySet
from labeling.policy.roles import Verb
from labeling.serializers import tokens as serializers
from labeling.services import tokens as services


class InPerson(LoggedIn):
    """For what only the person does, in the browser."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, Token):
            raise PermissionDenied(_("Tokens are managed in the browser, not by a token."))
        return super().has_permission(request, view)


class Tokens(generics.ListAPIView[Token]):
    """One's own tokens in a project, newest first; POST makes one and shows its secret once."""

    permission_classes = [InPerson]
    serializer_class = serializers.TokenSerializer

    def get_queryset(self) -> TokenQuerySet:
        allow_filters(self.request)
        member = caller(self.request, self.kwargs["project"], Verb.MANAGE_OWN_TOKENS)
        return Token.objects.filter(member=member)

    @extend_schema(request=serializers.NewToken, responses={201: serializers.TokenMade})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.MANAGE_OWN_TOKENS)
        asked = serializers.NewToken(data=request.data)
        asked.is_valid(raise_exception=True)
        token, secret = services.issue_token(member, by=member, **asked.validated_data)
        answer = {"token": token, "secret": secret}
        return Response(serializers.TokenMade(answer).data, status=201)


class TokenDetail(APIView):
    """Ends one of one's own tokens at once."""

    permission_classes = [InPerson]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        assert request.user.is_authenticated
        own = Token.objects.filter(member__user=request.user).select_related("member__project")
        token = get_object_or_404(own, uid=uid)
        member = caller(request, token.member.project.slug, Verb.MANAGE_OWN_TOKENS)
        services.revoke_token(token, by=member)
        return Response(status=204)
