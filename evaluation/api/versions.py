"""Versions for programs: register, move, send predictions, see what is missing and what changed."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from evaluation.api.references import referenced
from evaluation.models import ModelVersion, PredictionUpload, SetVersion
from evaluation.models.versions import ModelVersionQuerySet
from evaluation.reports.predictions import completeness
from evaluation.reports.versions import Change, Comparison, compared
from evaluation.serializers.versions import (
    CompletenessSerializer,
    DifferencesSerializer,
    ModelVersionSerializer,
    MoveVersion,
    PredictionSerializer,
    RegisterVersion,
    UploadSerializer,
)
from evaluation.services import versions as services
from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.api.streams import JSONLines, JSONRows
from labeling.models import Membership
from labeling.policy.roles import Verb

SET_VERSION = OpenApiParameter("set_version", UUID, required=True, description="Which examples.")
CHANGES = [
    SET_VERSION,
    OpenApiParameter("against", UUID, required=True, description="The other version."),
    OpenApiParameter("change", str, enum=[str(change) for change in Change]),
    OpenApiParameter("part", str, description="Only examples in this part, by its name."),
    OpenApiParameter("cursor", str, description="The page, as given by `next`."),
    OpenApiParameter("page_size", int, description="1 to 500"),
]


class Versions(generics.ListAPIView[ModelVersion]):
    """The project's versions, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = ModelVersionSerializer

    def get_queryset(self) -> ModelVersionQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_VERSIONS)
        allow_filters(self.request)
        return ModelVersion.objects.filter(project=member.project).select_related("parent")

    @extend_schema(request=RegisterVersion, responses={201: ModelVersionSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Register a version; 409 when there is one of this name."""
        member = caller(request, project, Verb.REGISTER_VERSIONS)
        asked = RegisterVersion(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = dict(asked.validated_data)
        if "parent" in fields:
            own = ModelVersion.objects.filter(project=member.project)
            fields["parent"] = referenced(own, fields["parent"], "parent")
        version = services.register_version(member.project, by=member, **fields)
        return Response(ModelVersionSerializer(version).data, status=201)


class VersionDetail(APIView):
    """One version."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ModelVersionSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        return Response(ModelVersionSerializer(_find(request, uid, Verb.SEE_VERSIONS)[0]).data)


class VersionStates(APIView):
    """Makes a version live, candidate or retired; the one that was live before is retired."""

    permission_classes = [LoggedIn]

    @extend_schema(request=MoveVersion, responses={200: ModelVersionSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = _find(request, uid, Verb.REGISTER_VERSIONS)
        asked = MoveVersion(data=request.data)
        asked.is_valid(raise_exception=True)
        version = services.move_version(version, asked.validated_data["state"], by=member)
        return Response(ModelVersionSerializer(version).data)


class VersionPredictions(APIView):
    """Takes predictions in; rows that are refused are named, the others are taken."""

    permission_classes = [LoggedIn]
    parser_classes = [JSONRows, JSONLines]

    @extend_schema(
        request={
            "application/json": PredictionSerializer(many=True),
            "application/x-ndjson": OpenApiTypes.STR,
        },
        responses={200: UploadSerializer, 202: UploadSerializer},
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Up to 500 rows are taken at once (200), more by a job (202)."""
        version, member = _find(request, uid, Verb.REGISTER_VERSIONS)
        body = request.data
        if not hasattr(body, "read"):
            raise exceptions.ParseError(_("The body is empty."))
        upload = services.push_predictions(version, body, _name(request), by=member)
        if upload.state == PredictionUpload.State.FAILED:
            raise exceptions.ValidationError(_reasons(upload))
        running = upload.state == PredictionUpload.State.RUNNING
        return Response(UploadSerializer(upload).data, status=202 if running else 200)


class VersionUploads(generics.ListAPIView[PredictionUpload]):
    """What was sent for a version, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = UploadSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[PredictionUpload]:
        version, _member = _find(self.request, self.kwargs["uid"], Verb.SEE_VERSIONS)
        allow_filters(self.request)
        return version.uploads.select_related("version", "job")


class UploadDetail(APIView):
    """One upload of predictions: its state, its counts, its first refused rows."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=UploadSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        visible = ModelVersion.objects.visible_to(request.user)
        uploads = PredictionUpload.objects.filter(version__in=visible)
        upload = get_object_or_404(uploads.select_related("version__project", "job"), uid=uid)
        member_of(request, upload.version, Verb.SEE_VERSIONS)
        return Response(UploadSerializer(upload).data)


class VersionCompleteness(APIView):
    """How many examples of a set have a prediction of this version."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=[SET_VERSION], responses=CompletenessSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = _find(request, uid, Verb.SEE_VERSIONS)
        given = allow_filters(request, {"set_version"})
        found = completeness(version, _set_version(version, given))
        return Response(CompletenessSerializer(found).data)


class VersionDifferences(APIView):
    """What a version has fixed, broken or left wrong against another, item by item."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=CHANGES, responses=DifferencesSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = _find(request, uid, Verb.SEE_VERSIONS)
        given = allow_filters(request, {"set_version", "against", "change", "part"})
        other = referenced(
            ModelVersion.objects.filter(project=version.project_id),
            given.get("against", ""),
            "against",
        )
        change = _change(given.get("change", Change.BROKEN))
        set_version = _set_version(version, given)
        try:
            found = compared(version, other, set_version, given.get("part", ""))
        except KeyError as error:
            raise exceptions.ValidationError({"part": [_("There is no such part.")]}) from error
        return Response(_page(request, found, change))


def _find(request: Any, uid: UUID, verb: Verb) -> tuple[ModelVersion, Membership]:
    visible = ModelVersion.objects.visible_to(request.user).select_related("project", "parent")
    version = get_object_or_404(visible, uid=uid)
    return version, member_of(request, version, verb)


def _set_version(version: ModelVersion, given: dict[str, str]) -> SetVersion:
    rows = SetVersion.objects.frozen().filter(evaluation_set__project=version.project_id)
    found = rows.select_related("evaluation_set")
    return referenced(found, given.get("set_version", ""), "set_version")


def _change(given: str) -> Change:
    try:
        return Change(given)
    except ValueError as error:
        known = ", ".join(Change)
        raise ValidationError({"change": _("One of: %(known)s.") % {"known": known}}) from error


def _page(request: Request, found: Comparison, change: Change) -> Any:
    """One page of the changed examples; the cursor is the place to go on from."""
    size = CursorPages().get_page_size(request)
    cursor = request.query_params.get("cursor", "0")
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise exceptions.ValidationError({"cursor": ["This cursor is not valid."]})
    places = [place for place in found.places(change) if place >= int(cursor)]
    url = request.build_absolute_uri()
    more = replace_query_param(url, "cursor", str(places[size])) if len(places) > size else None
    counts = {str(one): found.count(one) for one in Change}
    page = {**counts, "next": more, "results": found.rows(places[:size])}
    return DifferencesSerializer(page).data


def _name(request: Request) -> str:
    lines = re.match(r"application/x-ndjson\b", request.content_type or "")
    return "predictions.jsonl" if lines else "predictions.json"


def _reasons(upload: PredictionUpload) -> dict[str, list[str]]:
    rows = UploadSerializer(upload).data["refused_rows"]
    return {f"line {row['line']}": [row["reason"]] for row in rows} or {"body": [upload.error]}
