"""Evaluations for programs: ask for one, read what it found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.references import referenced
from evaluation.models import Evaluation, ModelVersion, SetVersion
from evaluation.serializers.evaluations import (
    AskEvaluation,
    EvaluationInList,
    EvaluationSerializer,
)
from evaluation.services.evaluations import evaluate
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Project
from labeling.policy.roles import Verb

OF_VERSION = OpenApiParameter("version", UUID, description="Only of this version.")


class Evaluations(generics.ListAPIView[Evaluation]):
    """The project's evaluations without their results, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = EvaluationInList

    def get_queryset(self) -> QuerySet[Evaluation]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_VERSIONS)
        given = allow_filters(self.request, {"version"})
        rows = _evaluations_of(self.request).filter(model_version__project=member.project)
        if "version" in given:
            version = referenced(_versions(member.project), given["version"], "version")
            rows = rows.filter(model_version=version)
        return rows.defer("result")

    @extend_schema(parameters=[OF_VERSION])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=AskEvaluation, responses={202: EvaluationSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Ask for an evaluation; a job makes it, `state` says when it has."""
        member = caller(request, project, Verb.ASK_VERDICTS)
        asked = AskEvaluation(data=request.data)
        asked.is_valid(raise_exception=True)
        sets = SetVersion.objects.filter(evaluation_set__project=member.project)
        evaluation = evaluate(
            referenced(_versions(member.project), asked.validated_data["version"], "version"),
            referenced(sets, asked.validated_data["set_version"], "set_version"),
            by=member,
        )
        return Response(EvaluationSerializer(evaluation).data, status=202)


class EvaluationDetail(APIView):
    """One evaluation with its result."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=EvaluationSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        evaluation = get_object_or_404(_evaluations_of(request), uid=uid)
        member_of(request, evaluation.model_version, Verb.SEE_VERSIONS)
        return Response(EvaluationSerializer(evaluation).data)


def _evaluations_of(request: Any) -> QuerySet[Evaluation]:
    rows = Evaluation.objects.visible_to(request.user)
    return rows.select_related("model_version__project", "set_version", "job")


def _versions(project: Project) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(project=project).select_related("project")
