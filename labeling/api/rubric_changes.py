"""A rubric version for programs: what it could do better, what it changes, what is decided."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn
from labeling.api.rubrics import find_version
from labeling.models import RubricVersion
from labeling.policy.roles import Verb
from labeling.reports.resting import resting_on
from labeling.reports.rubric_changes import decided_of
from labeling.reports.rubric_impact import impacts
from labeling.reports.rubric_lint import findings_of
from labeling.serializers import rubrics as serializers
from labeling.services.rubric_changes import decide_changes

SINCE = OpenApiParameter(
    "since", int, description="The number of the version to compare with; the one before."
)


class RubricFindings(APIView):
    """What is likely to make people disagree about a version; advice, never a refusal."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.FindingsSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        found = findings_of(version, version.before())
        return Response(serializers.FindingsSerializer({"findings": found}).data)


class RubricChanges(APIView):
    """What has changed since another version, what that touches, and what is decided about it."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=[SINCE], responses=serializers.RubricChangesSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        said = allow_filters(request, ["since"]).get("since")
        if said is None:
            return _changes(version, version.before())
        if not (said.isdecimal() and len(said) < 6):
            raise exceptions.ValidationError({"since": ["A valid integer is required."]})
        versions = RubricVersion.objects.filter(rubric=version.rubric_id).select_related("rubric")
        return _changes(version, get_object_or_404(versions, number=int(said)))


class RubricDecisions(APIView):
    """Says what becomes of earlier answers once the draft is published; 409 for no draft."""

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.DecideChanges, responses=serializers.RubricChangesSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.EDIT_RUBRICS)
        asked = serializers.DecideChanges(data=request.data)
        asked.is_valid(raise_exception=True)
        version = decide_changes(version, asked.validated_data["decisions"], by=member)
        return _changes(version, version.before())


def _changes(version: RubricVersion, before: RubricVersion | None) -> Response:
    decided = decided_of(version, before) if before else []
    touched = impacts(before, [one.change for one in decided]) if before else []
    rows = [
        {"decided": one, "impact": impact} for one, impact in zip(decided, touched, strict=True)
    ]
    answer = {
        "since": before.number if before else None,
        "set_versions": resting_on(before) if before else [],
        "changes": rows,
    }
    return Response(serializers.RubricChangesSerializer(answer).data)
