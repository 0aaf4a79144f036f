"""Evaluation sets for programs: freeze, import, read examples, compare, export."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.references import referenced
from evaluation.models import EvaluationSet, SetVersion
from evaluation.models.sets import EvaluationSetQuerySet, SetVersionQuerySet
from evaluation.reports import sets as report
from evaluation.reports.set_rows import examples
from evaluation.serializers.sets import (
    DiffSerializer,
    ExampleRow,
    Freezing,
    NewSet,
    NewSetExport,
    SetSerializer,
    SetVersionInList,
    SetVersionSerializer,
)
from evaluation.services.set_exports import request_set_export
from evaluation.services.set_imports import answerable_criteria, take_file
from evaluation.services.sets import create_set, freeze
from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.api.streams import JSONLines, JSONRows
from labeling.models import Criterion, Membership, Project, Queue, RubricVersion
from labeling.policy.roles import Verb
from labeling.serializers.jobs import JobSerializer

KEEP_BODIES = timedelta(days=30)
LABEL = OpenApiParameter(
    "label", str, description="The column of the right answer; guessed from its name without it."
)
RUBRIC_VERSION = OpenApiParameter(
    "rubric_version", UUID, description="A published version with the criterion that they answer."
)
CRITERION = OpenApiParameter(
    "criterion", str, description="The key of that criterion; its taxonomy becomes the set's."
)
AGAINST = OpenApiParameter(
    "against", UUID, required=True, description="The version to compare with; the older one."
)


class Sets(generics.ListAPIView[EvaluationSet]):
    """The project's evaluation sets, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = SetSerializer

    def get_queryset(self) -> EvaluationSetQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_SETS)
        allow_filters(self.request)
        return EvaluationSet.objects.visible_to(self.request.user).filter(project=member.project)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(_shown_sets(page))

    @extend_schema(request=NewSet, responses={201: SetSerializer})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.FREEZE_SETS)
        asked = NewSet(data=request.data)
        asked.is_valid(raise_exception=True)
        created = create_set(member.project, **asked.validated_data, by=member)
        return Response(SetSerializer(created).data, status=201)


class SetDetail(APIView):
    """One evaluation set."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SetSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        row, _member = _find_set(request, uid, Verb.SEE_SETS)
        return Response(_shown_sets([row])[0])


class SetVersions(generics.ListAPIView[SetVersion]):
    """The versions of a set, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = SetVersionInList

    def get_queryset(self) -> SetVersionQuerySet:
        row, _member = _find_set(self.request, self.kwargs["uid"], Verb.SEE_SETS)
        allow_filters(self.request)
        return SetVersion.objects.filter(evaluation_set=row)

    @extend_schema(request=Freezing, responses={202: SetVersionSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Freeze the finished tasks of these queues; a job does it, `state` says when it has."""
        row, member = _find_set(request, uid, Verb.FREEZE_SETS)
        asked = Freezing(data=request.data)
        asked.is_valid(raise_exception=True)
        queues = _queues(member.project, asked.validated_data["queues"])
        version = freeze(row, queues, criterion=asked.validated_data["criterion"], by=member)
        return Response(SetVersionSerializer(version).data, status=202)


class SetLabeledRows(APIView):
    """Freezes a file of items with their right answers; quality unknown, and gates say so."""

    permission_classes = [LoggedIn]
    parser_classes = [JSONRows, JSONLines]

    @extend_schema(
        parameters=[LABEL, RUBRIC_VERSION, CRITERION],
        request={
            "application/json": OpenApiTypes.OBJECT,
            "application/x-ndjson": OpenApiTypes.STR,
        },
        responses={202: SetVersionSerializer},
    )
    def post(self, request: Request, uid: UUID) -> Response:
        row, member = _find_set(request, uid, Verb.FREEZE_SETS)
        given = allow_filters(request, {"label", "rubric_version", "criterion"})
        criterion = _answered(member.project, given)
        body: Any = request.data
        if not hasattr(body, "read"):
            raise exceptions.ParseError("The body is empty.")
        lines = (request.content_type or "").startswith("application/x-ndjson")
        name = "pushed.jsonl" if lines else "pushed.json"
        version = take_file(
            row,
            name,
            body,
            by=member,
            keep=KEEP_BODIES,
            label=given.get("label", ""),
            criterion=criterion,
        )
        return Response(SetVersionSerializer(version).data, status=202)


class SetVersionDetail(APIView):
    """One version: what it was made of, how good its labels are, its digest."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SetVersionSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        version, _member = _find_version(request, uid, Verb.SEE_SETS)
        return Response(SetVersionSerializer(version).data)


class ByPosition(CursorPages):
    """Examples in the order in which they were frozen."""

    ordering = "position"


class SetVersionExamples(generics.GenericAPIView[Any]):
    """The examples of a version with their right answers and weights."""

    permission_classes = [LoggedIn]
    serializer_class = ExampleRow
    pagination_class = ByPosition

    @extend_schema(operation_id="set_versions_examples_list", responses=ExampleRow(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = _find_version(request, uid, Verb.SEE_SETS)
        allow_filters(request)
        page: Any = self.paginate_queryset(examples(version))
        return self.get_paginated_response(ExampleRow(page, many=True).data)


class SetVersionDiff(APIView):
    """What was added, removed and answered otherwise since another version."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=[AGAINST], responses=DiffSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, member = _find_version(request, uid, Verb.SEE_SETS)
        given = allow_filters(request, {"against"}).get("against", "")
        frozen = SetVersion.objects.frozen().filter(evaluation_set__project=member.project)
        older = referenced(frozen, given, "against")
        return Response(DiffSerializer(report.diff(older, version)).data)


class SetVersionExports(APIView):
    """Writes a version to an archive; the answer is the job, which keeps the file."""

    permission_classes = [LoggedIn]

    @extend_schema(request=NewSetExport, responses={202: JobSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        version, _member = _find_version(request, uid, Verb.SEE_SETS)
        member = member_of(request, version.evaluation_set, Verb.EXPORT_LABELS)
        asked = NewSetExport(data=request.data)
        asked.is_valid(raise_exception=True)
        job = request_set_export(version, **asked.validated_data, by=member)
        return Response(JobSerializer(job).data, status=202)


def _find_set(request: Request, uid: UUID, verb: Verb) -> tuple[EvaluationSet, Membership]:
    visible = EvaluationSet.objects.visible_to(request.user).select_related("project")
    row = get_object_or_404(visible, uid=uid)
    return row, member_of(request, row, verb)


def _find_version(request: Request, uid: UUID, verb: Verb) -> tuple[SetVersion, Membership]:
    visible = SetVersion.objects.visible_to(request.user)
    related = visible.select_related("evaluation_set__project", "rubric_version", "job")
    version = get_object_or_404(related, uid=uid)
    return version, member_of(request, version.evaluation_set, verb)


def _shown_sets(rows: list[EvaluationSet]) -> Any:
    return SetSerializer(rows, many=True, context={"newest": report.newest_versions(rows)}).data


def _answered(project: Project, given: dict[str, str]) -> Criterion | None:
    """The criterion that pushed rows answer, where the query names one."""
    version, key = given.get("rubric_version", ""), given.get("criterion", "")
    if not version and not key:
        return None
    versions = RubricVersion.objects.filter(rubric__project=project)
    asked = referenced(versions, version, "rubric_version")
    found = answerable_criteria(project).filter(version=asked, key=key).first()
    if found is None:
        message = _("There is no such criterion about the input in a published rubric version.")
        raise exceptions.ValidationError({"criterion": [message]})
    return found


def _queues(project: Project, uids: list[UUID]) -> list[Queue]:
    """The queues of these uids, each once, the oldest first."""
    rows = Queue.objects.filter(project=project)
    found = {queue.pk: queue for queue in (referenced(rows, uid, "queues") for uid in uids)}
    return [found[pk] for pk in sorted(found)]
