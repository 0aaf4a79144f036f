"""Labels out: whole, as an export with its manifest, or page by page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import storage
from labeling.api.filters import allow_filters
from labeling.api.pagination import OldestFirst
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Export, Membership, Project, Queue
from labeling.models.exports import ExportQuerySet
from labeling.policy.roles import Verb
from labeling.reports import exports as report
from labeling.reports.exports import Wording
from labeling.serializers.exports import (
    AnnotationRow,
    ExportInList,
    ExportSerializer,
    LabelRow,
    NewExport,
)
from labeling.services.exports import request_export


class Exports(generics.ListAPIView[Export]):
    """The project's exports, newest first; POST asks for another, which a job writes."""

    permission_classes = [LoggedIn]
    serializer_class = ExportInList

    def get_queryset(self) -> ExportQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_EXPORTS)
        allow_filters(self.request)
        return _exports_of(self.request).filter(project=member.project)

    @extend_schema(request=NewExport, responses={202: ExportSerializer})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.EXPORT_LABELS)
        asked = NewExport(data=request.data)
        asked.is_valid(raise_exception=True)
        export = _ask(member, asked.validated_data)
        return Response(ExportSerializer(export).data, status=202)


class ExportDetail(APIView):
    """One export: its state, and once it is done its manifest."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        return Response(ExportSerializer(_find(request, uid)).data)


class ExportFile(APIView):
    """The archive: the data file and `manifest.json`; 404 until it is done and once it expired."""

    permission_classes = [LoggedIn]

    @extend_schema(responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)})
    def get(self, request: Request, uid: UUID) -> FileResponse:
        export = _find(request, uid)
        if export.file is None:
            raise Http404
        return storage.serve(export.file)


class _QueueRows(generics.GenericAPIView[Any]):
    """Rows of one queue, the oldest first."""

    permission_classes = [LoggedIn]
    pagination_class = OldestFirst

    def find(self, request: Request, uid: UUID) -> Queue:
        queue = get_object_or_404(
            Queue.objects.visible_to(request.user).select_related("project"), uid=uid
        )
        member_of(request, queue, Verb.SEE_EXPORTS)
        allow_filters(request)
        return queue

    def page(self, values: QuerySet[Any, Any]) -> Any:
        return self.paginate_queryset(values)


class QueueLabels(_QueueRows):
    """The adjudicated labels of a queue, in the order in which they were settled."""

    serializer_class = LabelRow

    @extend_schema(operation_id="queues_labels_list", responses=LabelRow(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        queue = self.find(request, uid)
        rows = Wording(queue.project, [queue]).label_rows(self.page(report.labels([queue])))
        return self.get_paginated_response(rows)


class QueueAnnotations(_QueueRows):
    """Every answer given in a queue, also superseded and surplus ones, with its status."""

    serializer_class = AnnotationRow

    @extend_schema(operation_id="queues_annotations_list", responses=AnnotationRow(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        queue = self.find(request, uid)
        values = self.page(report.answers([queue]))
        return self.get_paginated_response(Wording(queue.project, [queue]).annotation_rows(values))


def _exports_of(request: Request) -> ExportQuerySet:
    return Export.objects.visible_to(request.user).select_related("project", "job", "file")


def _find(request: Request, uid: UUID) -> Export:
    export = get_object_or_404(_exports_of(request), uid=uid)
    member_of(request, export, Verb.SEE_EXPORTS)
    return export


def _ask(member: Membership, asked: dict[str, Any]) -> Export:
    scope: dict[str, Any] = {}
    if asked["kind"] == Export.Kind.ITEMS:
        chosen = _slice_conditions(member.project, asked.get("slice"))
        conditions = [*chosen, *asked.get("conditions", [])]
        scope = {"text": asked.get("text", ""), "conditions": conditions}
    elif "queue" in asked:
        scope = {"queue": str(asked["queue"])}
    kind, file_format, profile = asked["kind"], asked["file_format"], asked["profile"]
    return request_export(member.project, kind, file_format, profile, scope, by=member)


def _slice_conditions(project: Project, uid: UUID | None) -> list[dict[str, Any]]:
    if uid is None:
        return []
    row = project.slices.filter(uid=uid).first()
    if row is None:
        missing = ValidationError(_("There is no such slice here."), code="invalid_reference")
        raise ValidationError({"slice": missing})
    return [condition.to_json() for condition in row.parsed()]
