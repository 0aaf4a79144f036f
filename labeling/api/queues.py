"""Queues for programs: make one, see how far it is, pause, reopen and close it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import OldestFirst
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import (
    Membership,
    Project,
    Queue,
    RubricVersion,
    Sample,
    Skip,
    Task,
    Team,
)
from labeling.models.queues import QueueQuerySet
from labeling.models.skips import SkipQuerySet
from labeling.policy.roles import Verb
from labeling.reports.board import board
from labeling.reports.queues import TeamProgress, by_lane, judged_by_team, whole
from labeling.serializers.queues import (
    ChangeQueue,
    CreateQueue,
    LaneSerializer,
    ProgressSerializer,
    QueueSerializer,
    QueueWithProgress,
    SettledSkips,
    SettleSkips,
    SkipSerializer,
    TeamQueue,
)
from labeling.services import queues as services
from labeling.services.draining import drain_queue, resume_queue
from labeling.services.queue_settings import change_queue

#: What a queue in an answer names.
FOR_SERIALIZER = ("rubric_version", "sample", "succeeds", "relabels")


class Queues(generics.ListAPIView[Queue]):
    """The project's queues, newest first; a vendor's people see those of their team apart."""

    permission_classes = [LoggedIn]
    serializer_class = QueueSerializer

    def get_queryset(self) -> QueueQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_AGREEMENT)
        allow_filters(self.request)
        rows = Queue.objects.filter(project=member.project)
        return rows.select_related(*FOR_SERIALIZER).prefetch_related("teams")

    @extend_schema(request=CreateQueue, responses={202: QueueSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Make a queue from a sample; a job makes its tasks and opens it."""
        member = caller(request, project, Verb.RUN_QUEUES)
        asked = CreateQueue(data=request.data)
        asked.is_valid(raise_exception=True)
        settings = resolved(member.project, dict(asked.validated_data))
        queue = services.create_queue(member.project, by=member, **settings)
        return Response(QueueSerializer(queue).data, status=202)


class QueuesOfTeam(generics.ListAPIView[Queue]):
    """The queues that the caller's team works on, with how much the team has judged."""

    permission_classes = [LoggedIn]
    serializer_class = TeamQueue

    def get_queryset(self) -> QueueQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_QUEUES)
        allow_filters(self.request)
        return Queue.objects.seen_by(member)

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Pages are of queues; what their team has judged is counted for those on the page."""
        page = super().paginate_queryset(queryset) or []
        member = caller(self.request, self.kwargs["project"], Verb.SEE_QUEUES)
        judged = judged_by_team(page, member.team)
        return [TeamProgress(queue, judged.get(queue.pk, 0)) for queue in page]


class Board(generics.ListAPIView[Queue]):
    """What is left in each language of the queues that are open or paused, with who may do it."""

    permission_classes = [LoggedIn]
    serializer_class = LaneSerializer

    def get_queryset(self) -> QueueQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_AGREEMENT)
        allow_filters(self.request)
        rows = Queue.objects.filter(project=member.project)
        rows = rows.filter(state__in=(Queue.State.OPEN, Queue.State.PAUSED))
        return rows.select_related("project").prefetch_related("teams")

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Pages are of queues; each brings all its languages."""
        page = super().paginate_queryset(queryset) or []
        return list(board(page[0].project, page)) if page else []


class QueueDetail(APIView):
    """One queue and how far it is, as a whole and in each lane."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=QueueWithProgress)
    def get(self, request: Request, uid: UUID) -> Response:
        queue, _member = find_queue(request, uid, Verb.SEE_AGREEMENT)
        allow_filters(request)
        lanes = by_lane(queue)
        progress = {
            "progress": ProgressSerializer(whole(queue, lanes)).data,
            "lanes": ProgressSerializer(lanes, many=True).data,
        }
        return Response({**QueueSerializer(queue).data, **progress})

    @extend_schema(request=ChangeQueue, responses=QueueSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change settings from now on; places are added and taken away, in large queues by a job.

        A place that somebody has taken stays theirs, and what was judged stands.
        """
        queue, member = find_queue(request, uid, Verb.RUN_QUEUES)
        asked = ChangeQueue(data=request.data)
        asked.is_valid(raise_exception=True)
        changes = dict(asked.validated_data)
        if "teams" in changes:
            teams = Team.objects.filter(project=member.project)
            changes["teams"] = [_referred("teams", teams, one) for one in changes["teams"]]
        return Response(QueueSerializer(change_queue(queue, by=member, **changes)).data)


class QueueSkips(generics.ListAPIView[Skip]):
    """Skips that somebody has to look into: the rubric is unclear, or the item is broken."""

    permission_classes = [LoggedIn]
    serializer_class = SkipSerializer
    pagination_class = OldestFirst

    def get_queryset(self) -> SkipQuerySet:
        queue, _member = find_queue(self.request, self.kwargs["uid"], Verb.SEE_AGREEMENT)
        allow_filters(self.request)
        rows = Skip.objects.unsettled().filter(task__queue=queue)
        return rows.select_related("task__item")

    @extend_schema(request=SettleSkips, responses=SettledSkips)
    def post(self, request: Request, uid: UUID) -> Response:
        """Mark a task's skips of one reason as dealt with; 409 if none waits."""
        queue, member = find_queue(request, uid, Verb.RUN_QUEUES)
        asked = SettleSkips(data=request.data)
        asked.is_valid(raise_exception=True)
        task = _referred("task", queue.tasks.all(), asked.validated_data["task"])
        assert isinstance(task, Task)
        count = services.settle_skips(task, asked.validated_data["reason"], by=member)
        return Response({"settled": count})


class QueuePause(APIView):
    """Hands out nothing more for now; 409 unless the queue is open."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=QueueSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        return _moved(request, uid, services.pause_queue)


class QueueReopen(APIView):
    """Goes on handing out work; 409 unless the queue is paused or closed."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=QueueSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        return _moved(request, uid, services.reopen_queue)


class QueueClose(APIView):
    """Ends the queue; what is unanswered stays so. 409 unless it is open or paused."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=QueueSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        return _moved(request, uid, services.close_queue)


class QueueDrain(APIView):
    """Hands out only what somebody has begun, then closes by itself; 409 unless open or paused."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=QueueSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        return _moved(request, uid, drain_queue)


class QueueResume(APIView):
    """Puts back what draining set aside and hands out everything; 409 unless it was drained."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=QueueSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        return _moved(request, uid, resume_queue)


def find_queue(request: Request, uid: UUID, verb: Verb) -> tuple[Queue, Membership]:
    visible = Queue.objects.visible_to(request.user)
    queue = get_object_or_404(
        visible.select_related("project", "rubric_version__rubric", *FOR_SERIALIZER), uid=uid
    )
    member = member_of(request, queue, Verb.SEE_AGREEMENT)
    require_verb(request, member, verb)
    return queue, member


def _moved(request: Request, uid: UUID, move: Callable[..., None]) -> Response:
    queue, member = find_queue(request, uid, Verb.RUN_QUEUES)
    move(queue, by=member)
    queue.refresh_from_db(fields=["state", "closed_at", "drained_at"])
    return Response(QueueSerializer(queue).data)


def resolved(project: Project, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with rows in place of uids; one of another project is as good as none."""
    versions = RubricVersion.objects.filter(rubric__project=project).select_related("rubric")
    samples = Sample.objects.filter(project=project)
    teams = Team.objects.filter(project=project)
    return settings | {
        "rubric_version": _referred("rubric_version", versions, settings["rubric_version"]),
        "sample": _referred("sample", samples, settings["sample"]),
        "teams": [_referred("teams", teams, uid) for uid in settings["teams"]],
    }


def _referred(name: str, rows: QuerySet[Any], uid: UUID) -> Model:
    row: Model | None = rows.filter(uid=uid).first()
    if row is None:
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({name: missing})
    return row
