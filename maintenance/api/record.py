"""The record for programs: search it, take it out, and ask whether it is whole."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller
from labeling.models import Project
from labeling.policy.roles import Verb
from labeling.serializers.jobs import JobSerializer
from maintenance.formats.record import CONTENT_TYPES
from maintenance.forms.record import RecordForm
from maintenance.reports.record import Search, chain_of, events, line_of
from maintenance.serializers.record import AuditEventLine, ChainSerializer
from maintenance.services.record import request_check
from maintenance.views.record import as_file

FILTERS = [
    OpenApiParameter("text", str, description="Part of a verb or of a name, or a kind."),
    OpenApiParameter("who", OpenApiTypes.UUID, description="uid of a member."),
    OpenApiParameter("verb", str),
    OpenApiParameter("kind", str, description="Kind of what it happened to."),
    OpenApiParameter("subject", OpenApiTypes.UUID, description="uid of what it happened to."),
    OpenApiParameter("since", OpenApiTypes.DATE),
    OpenApiParameter("until", OpenApiTypes.DATE),
]
NAMES = {parameter.name for parameter in FILTERS}
FILE_FORMAT = OpenApiParameter("file_format", str, enum=list(CONTENT_TYPES), default="jsonl")


class Record(APIView):
    """The events of a project that match, newest first."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=FILTERS, responses=AuditEventLine(many=True))
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_RECORD)
        search = _search(member.project, allow_filters(request, NAMES))
        found = events(member.project, search).select_related("user", "project", "member")
        pages = CursorPages()
        rows = pages.paginate_queryset(found, request)
        return pages.get_paginated_response([line_of(row) for row in rows])


class RecordExport(APIView):
    """All of these events as one file, streamed; its header carries the head of the chain."""

    permission_classes = [LoggedIn]

    @extend_schema(
        parameters=[*FILTERS, FILE_FORMAT],
        responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, project: str) -> StreamingHttpResponse:
        member = caller(request, project, Verb.SEE_RECORD)
        given = allow_filters(request, {*NAMES, "file_format"})
        file_format = given.pop("file_format", "jsonl")
        if file_format not in CONTENT_TYPES:
            raise ValidationError({"file_format": _("Say jsonl or csv.")})
        return as_file(member.project, _search(member.project, given), file_format)


class RecordChain(APIView):
    """How far the record is sealed, its head, and what the last check has found."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ChainSerializer)
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_RECORD)
        allow_filters(request)
        return Response(ChainSerializer(chain_of(member.project)).data)

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Have the chain recomputed by a job."""
        member = caller(request, project, Verb.SEE_RECORD)
        job = request_check(member.project, by=member)
        return Response(JobSerializer(job).data, status=202)


def _search(project: Project, given: dict[str, str]) -> Search:
    """What the filters ask for; what makes no sense is refused by its name."""
    form = RecordForm(given, project=project)
    if not form.is_valid():
        said = {name: [str(one) for one in found] for name, found in form.errors.items()}
        raise exceptions.ValidationError(said)
    return form.search()
