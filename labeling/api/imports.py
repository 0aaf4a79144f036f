from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Import, Membership, RefusedRow
from labeling.policy.roles import Verb
from labeling.serializers.items import (
    ImportRowSerializer,
    ImportSerializer,
    RefusedRowSerializer,
)
from labeling.services import imports


class Imports(generics.ListAPIView[Import]):
    """The project's imports, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = ImportRowSerializer

    def get_queryset(self) -> QuerySet[Import]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_IMPORTS)
        allow_filters(self.request)
        return _imports_of(self.request).filter(project=member.project)


class ImportDetail(APIView):
    """One import: its state, its counts, its first refused rows."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        batch, _member = _find(request, uid, Verb.SEE_IMPORTS)
        return Response(ImportSerializer(batch).data)


class ByLine(CursorPages):
    ordering = "line"


class ImportRefusedRows(generics.ListAPIView[RefusedRow]):
    """Every refused row of an import, by line."""

    permission_classes = [LoggedIn]
    serializer_class = RefusedRowSerializer
    pagination_class = ByLine

    def get_queryset(self) -> QuerySet[RefusedRow]:
        batch, _member = _find(self.request, self.kwargs["uid"], Verb.SEE_IMPORTS)
        allow_filters(self.request)
        return batch.refused_rows.all()


class ImportWithdrawals(APIView):
    """Takes the items of an import back; 409 once one of them has been sampled."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses={202: ImportSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        batch, member = _find(request, uid, Verb.WITHDRAW_IMPORT)
        imports.withdraw_import(batch, by=member)
        return Response(ImportSerializer(batch).data, status=202)


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Import, Membership]:
    batch = get_object_or_404(_imports_of(request), uid=uid)
    return batch, member_of(request, batch, verb)


def _imports_of(request: Any) -> QuerySet[Import]:
    return Import.objects.visible_to(request.user).select_related("project", "job")
