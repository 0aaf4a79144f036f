from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Membership, Slice
from labeling.policy.roles import Verb
from labeling.serializers.items import SliceSerializer
from labeling.services import slices
from labeling.services.slices import SliceTerms


class Slices(APIView):
    """The project's slices."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SliceSerializer(many=True))
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_ITEMS)
        allow_filters(request)
        pages = CursorPages()
        rows = pages.paginate_queryset(_slices_of(request).filter(project=member.project), request)
        return pages.get_paginated_response(SliceSerializer(rows, many=True).data)

    @extend_schema(request=SliceSerializer, responses={201: SliceSerializer})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.DEFINE_SLICES)
        row = slices.define_slice(member.project, _terms(request, member), by=member)
        return Response(SliceSerializer(row).data, status=201)


class SliceDetail(APIView):
    """One slice."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SliceSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        row, _member = _find(request, uid, Verb.SEE_ITEMS)
        return Response(SliceSerializer(row).data)

    @extend_schema(request=SliceSerializer, responses=SliceSerializer)
    def put(self, request: Request, uid: UUID) -> Response:
        row, member = _find(request, uid, Verb.DEFINE_SLICES)
        return Response(
            SliceSerializer(slices.change_slice(row, _terms(request, member), by=member)).data
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        row, member = _find(request, uid, Verb.DEFINE_SLICES)
        slices.drop_slice(row, by=member)
        return Response(status=204)


def _terms(request: Request, member: Membership) -> SliceTerms:
    asked = SliceSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = dict(asked.validated_data)
    owner = given.pop("owner", None)
    return SliceTerms(**given, owner=_owner(member, owner and owner["uid"]))


def _owner(member: Membership, uid: UUID | None) -> Membership | None:
    if uid is None:
        return None
    owner = Membership.objects.seen_by(member).active().filter(uid=uid).first()
    if owner is None:
        missing = ValidationError(_("There is no such member here."), code="invalid_reference")
        raise ValidationError({"owner": missing})
    return owner


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Slice, Membership]:
    row = get_object_or_404(_slices_of(request), uid=uid)
    return row, member_of(request, row, verb)


def _slices_of(request: Request) -> QuerySet[Slice]:
    return Slice.objects.visible_to(request.user).select_related("project", "owner")
