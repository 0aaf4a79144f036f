"""What programs ask about a rubric version: what it could do better."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn
from labeling.api.rubrics import find_version
from labeling.policy.roles import Verb
from labeling.reports.rubric_lint import findings_of
from labeling.serializers import rubrics as serializers


class RubricFindings(APIView):
    """What is likely to make people disagree about a version; advice, never a refusal."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.FindingsSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        found = findings_of(version, version.before())
        return Response(serializers.FindingsSerializer({"findings": found}).data)
