"""A queue's move to a later version of its rubric, for programs."""

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
from labeling.api.queues import find_queue
from labeling.models import Queue, RubricVersion
from labeling.policy.roles import Verb
from labeling.reports.moving import later_versions, move_plan
from labeling.serializers.moving import MovePlanSerializer, MoveQueue
from labeling.serializers.queues import QueueSerializer
from labeling.services.moving import PlanChanged, move_queue

VERSION = OpenApiParameter("version", int, description="Its number; the newest unless it is said.")


class QueueSuccessor(APIView):
    """What moving a queue to a later rubric version would do; POST makes the queue that goes on."""

    permission_classes = [LoggedIn]

    @extend_schema(parameters=[VERSION], responses=MovePlanSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        queue, _member = find_queue(request, uid, Verb.RUN_QUEUES)
        said = allow_filters(request, ["version"]).get("version", "")
        if said and not (said.isdecimal() and len(said) < 6):
            raise exceptions.ValidationError({"version": ["A valid integer is required."]})
        version = _later(queue, int(said) if said else None)
        return Response(MovePlanSerializer(move_plan(queue, version)).data)

    @extend_schema(request=MoveQueue, responses={201: QueueSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """409 `plan_changed`, with the `plan` as it is now, if it is not the one named."""
        queue, member = find_queue(request, uid, Verb.RUN_QUEUES)
        asked = MoveQueue(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        version = _later(queue, said["version"])
        plan = {"expected": said["expected"], "restart": said["restart"]}
        try:
            successor = move_queue(queue, version, **plan, by=member)
        except PlanChanged as changed:
            return _changed(request, changed)
        return Response(QueueSerializer(successor).data, status=201)


def _later(queue: Queue, number: int | None) -> RubricVersion:
    versions = later_versions(queue)
    if number is not None:
        return get_object_or_404(versions, number=number)
    return get_object_or_404(versions.filter(pk__in=versions[:1].values("pk")))


def _changed(request: Request, changed: PlanChanged) -> Response:
    body = {
        "code": changed.code,
        "message": changed.message,
        "plan": MovePlanSerializer(changed.plan).data,
        "request_id": getattr(request, "request_id", ""),
    }
    return Response(body, status=409)
