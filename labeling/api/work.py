"""What a caller has judged, for themselves: list, progress, amend; and what they decline."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Annotation, Membership, Queue
from labeling.policy.roles import Verb
from labeling.reports.own_work import (
    WorkSearch,
    own_annotations,
    progress_of,
    shown_work,
    work_of,
)
from labeling.serializers import work as serializers
from labeling.serializers.judging import payload_in
from labeling.services import cards
from labeling.services.amending import amend

AMEND = serializers.AmendRequest()


@extend_schema(
    parameters=[
        OpenApiParameter("text", str, description="In the shown content or the own comment."),
        OpenApiParameter("rubric", UUID, description="By this rubric only."),
        OpenApiParameter("since", str, description="Judged since then, as an ISO 8601 time."),
        OpenApiParameter("unsure", bool, description="true: only what was marked unsure."),
    ],
    responses=serializers.OwnWorkAnswer(many=True),
)
class Work(generics.ListAPIView[Annotation]):
    """The caller's own judgments that stand, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.OwnWorkAnswer

    def list(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.ANNOTATE)
        rows = self.paginate_queryset(work_of(member, _search(request)))
        shown = shown_work(member, rows or [], translation.get_language() or "")
        return self.get_paginated_response(serializers.OwnWorkAnswer(shown, many=True).data)


class WorkProgress(APIView):
    """How much the caller has judged, and how fast."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="work_progress", responses=serializers.ProgressAnswer)
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.ANNOTATE)
        allow_filters(request)
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        progress = progress_of(member, midnight=midnight, at=timezone.now())
        return Response(serializers.ProgressAnswer(progress).data)


class Amend(APIView):
    """Put other answers in the place of an own judgment, while the project leaves time for it."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="annotations_amend",
        request=serializers.AmendRequest,
        responses=serializers.AmendAnswer,
    )
    def post(self, request: Request, uid: UUID) -> Response:
        own = Annotation.objects.visible_to(request.user).filter(annotator__user=request.user.pk)
        found = get_object_or_404(own.select_related("task__queue__project"), uid=uid)
        member = caller(request, found.task.queue.project.slug, Verb.ANNOTATE)
        annotation = get_object_or_404(own_annotations(member), uid=uid)
        asked = AMEND.run_validation(request.data)
        done = amend(member, annotation, asked["token"], payload_in(asked), at=timezone.now())
        return Response(serializers.AmendAnswer({"annotation": done}).data)


class QueueDecline(APIView):
    """Be offered nothing more of a queue with sensitive items; it counts against nobody."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="queues_decline", request=None, responses={204: None})
    def post(self, request: Request, uid: UUID) -> Response:
        member, queue = _queue(request, uid)
        cards.decline(member, queue, at=timezone.now())
        return Response(status=204)


class QueueRejoin(APIView):
    """Be offered a queue again that was declined."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="queues_rejoin", request=None, responses={204: None})
    def post(self, request: Request, uid: UUID) -> Response:
        member, queue = _queue(request, uid)
        cards.rejoin(member, queue, at=timezone.now())
        return Response(status=204)


def _queue(request: Request, uid: UUID) -> tuple[Membership, Queue]:
    """A queue that the caller's team works on, and the caller in its project."""
    visible = Queue.objects.visible_to(request.user).select_related("project")
    member = member_of(request, get_object_or_404(visible, uid=uid), Verb.ANNOTATE)
    return member, get_object_or_404(Queue.objects.for_team_of(member), uid=uid)


def _search(request: Request) -> WorkSearch:
    """The filters of the request; 400 for one that makes no sense."""
    given = allow_filters(request, {"text", "rubric", "since", "unsure"})
    asked = serializers.WorkFilters(data=given)
    asked.is_valid(raise_exception=True)
    return WorkSearch(**asked.validated_data)
