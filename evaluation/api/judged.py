"""Evaluations by people for programs: ask for one, see how far it is, count, read the rows."""

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
from evaluation.models import JudgedEvaluation, ModelVersion, SetVersion
from evaluation.policy.judged import HIDDEN
from evaluation.reports.judged_rows import judged_tasks, rows_of
from evaluation.serializers.judged import (
    SETTINGS,
    AskJudged,
    JudgedInList,
    JudgedRowSerializer,
    JudgedSerializer,
)
from evaluation.services.judged import Asked, count_now, have_judged
from labeling.api.filters import allow_filters
from labeling.api.pagination import OldestFirst
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.forms.blinding import hiding
from labeling.models import Membership, Project, RubricVersion, Task, Team
from labeling.policy.roles import Verb

OF_VERSION = OpenApiParameter("version", UUID, description="Only of this version.")
NAMED = ("model_version__project", "against", "set_version", "rubric_version", "queue", "job")


class JudgedEvaluations(generics.ListAPIView[JudgedEvaluation]):
    """The project's evaluations by people without their results, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = JudgedInList

    def get_queryset(self) -> QuerySet[JudgedEvaluation]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_VERSIONS)
        given = allow_filters(self.request, {"version"})
        rows = _visible(self.request).filter(model_version__project=member.project)
        if "version" in given:
            versions = ModelVersion.objects.filter(project=member.project)
            rows = rows.filter(model_version=referenced(versions, given["version"], "version"))
        return rows.defer("result")

    @extend_schema(parameters=[OF_VERSION])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=AskJudged, responses={202: JudgedSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Have outputs judged; a job makes the queue, `state` says when people can begin."""
        member = caller(request, project, Verb.RUN_QUEUES)
        asked = AskJudged(data=request.data)
        asked.is_valid(raise_exception=True)
        evaluation = have_judged(_asked(member.project, asked.validated_data), by=member)
        return Response(JudgedSerializer(evaluation).data, status=202)


class JudgedEvaluationDetail(APIView):
    """One evaluation by people: how far it is, and what was counted last."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=JudgedSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        evaluation, _member = _find(request, uid, Verb.SEE_VERSIONS)
        return Response(JudgedSerializer(evaluation).data)


class JudgedCounts(APIView):
    """Count what has been said so far; final only when nothing more is awaited."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=JudgedSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        evaluation, member = _find(request, uid, Verb.ASK_VERDICTS)
        return Response(JudgedSerializer(count_now(evaluation, by=member)).data)


class JudgedItems(generics.ListAPIView[Task]):
    """The items with the outputs by version, and what was said of the evaluated one."""

    permission_classes = [LoggedIn]
    pagination_class = OldestFirst
    serializer_class = JudgedRowSerializer

    def get_queryset(self) -> QuerySet[Task]:
        self.evaluation, _member = _find(self.request, self.kwargs["uid"], Verb.SEE_VERSIONS)
        allow_filters(self.request)
        return judged_tasks(self.evaluation)

    def paginate_queryset(self, queryset: Any) -> Any:
        return rows_of(self.evaluation, super().paginate_queryset(queryset) or [])


def _visible(request: Any) -> QuerySet[JudgedEvaluation]:
    return JudgedEvaluation.objects.visible_to(request.user).select_related(*NAMED)


def _find(request: Any, uid: UUID, verb: Verb) -> tuple[JudgedEvaluation, Membership]:
    evaluation = get_object_or_404(_visible(request), uid=uid)
    return evaluation, member_of(request, evaluation.model_version, verb)


def _asked(project: Project, given: dict[str, Any]) -> Asked:
    """The request with rows in place of uids; one of another project is as good as none."""
    versions = ModelVersion.objects.filter(project=project).select_related("project")
    sets = SetVersion.objects.filter(evaluation_set__project=project)
    rubrics = RubricVersion.objects.filter(rubric__project=project)
    teams = Team.objects.filter(project=project)
    against = given.get("against")
    shuffled = {name: given[name] for name in ("shuffle_sides", "shuffle_options")}
    blinding = {"show": dict(HIDDEN), **shuffled, **hiding(given["hide_fields"])}
    return Asked(
        referenced(versions, given["version"], "version"),
        referenced(sets.select_related("evaluation_set"), given["set_version"], "set_version"),
        referenced(rubrics.select_related("rubric"), given["rubric_version"], "rubric_version"),
        against=referenced(versions, against, "against") if against else None,
        size=given.get("size"),
        seed=given.get("seed"),
        name=given.get("name", ""),
        settings={name: given[name] for name in SETTINGS if name in given} | {"blinding": blinding},
        teams=[referenced(teams, uid, "teams") for uid in given["teams"]],
    )
