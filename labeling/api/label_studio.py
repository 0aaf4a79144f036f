"""Rubrics out of and into the labeling configurations of Label Studio, for programs."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller
from labeling.api.rubrics import find_version
from labeling.formats.label_studio import from_config
from labeling.formats.label_studio_writing import to_config
from labeling.formats.rubric_files import RubricFileError, document_of, with_notes
from labeling.policy.roles import Verb
from labeling.reports.label_studio import missing_in_config
from labeling.serializers import rubrics as serializers
from labeling.services.rubrics import create_rubric


class RubricFromConfig(APIView):
    """Begins a rubric from a configuration of Label Studio, as a draft; 400 names tag and line."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="rubrics_from_label_studio",
        request=serializers.BringConfig,
        responses={201: serializers.VersionSerializer},
    )
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.EDIT_RUBRICS)
        asked = serializers.BringConfig(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        try:
            document = from_config(said["config"], said["name"])
        except RubricFileError as error:
            raise ValidationError({"config": [str(error)]}) from error
        version = create_rubric(member.project, document, by=member)
        return Response(serializers.VersionSerializer(version).data, status=201)


class RubricConfig(APIView):
    """A version as a configuration of Label Studio, and what of it has no place there."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="rubric_versions_label_studio", responses=serializers.ConfigSerializer
    )
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        document = with_notes(document_of(version), version)
        answer = {"config": to_config(document), "missing": missing_in_config(document)}
        return Response(serializers.ConfigSerializer(answer).data)
