"""What a version asks for again, for programs."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn
from labeling.api.rubrics import find_version
from labeling.models import Membership, Queue
from labeling.policy.roles import Verb
from labeling.reports.trials import relabelings
from labeling.serializers import relabeling as serializers
from labeling.serializers.queues import QueueSerializer
from labeling.services.relabeling import judge_again, keep_answers


class RubricRelabelings(APIView):
    """How many tasks of which queues a version asks for again, and what samples of them showed."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.RelabelingsSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        answer = {"queues": relabelings(version)}
        return Response(serializers.RelabelingsSerializer(answer).data)

    @extend_schema(request=serializers.JudgeAgain, responses={201: QueueSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Makes a queue of them, or of a sample of them."""
        version, member = find_version(request, uid, Verb.RUN_QUEUES)
        asked = serializers.JudgeAgain(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        queue = _queue(member, said.pop("queue"))
        again = judge_again(queue, version, **said, by=member)
        return Response(QueueSerializer(again).data, status=201)


class RubricKeptAnswers(APIView):
    """Lets the earlier answers of a queue stand instead of asking for them again, for good.

    409 where nothing of the version stands for some of them, and where nothing is asked again.
    """

    permission_classes = [LoggedIn]

    @extend_schema(
        request=serializers.KeepAnswers, responses={201: serializers.RelabelingsSerializer}
    )
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.RUN_QUEUES)
        asked = serializers.KeepAnswers(data=request.data)
        asked.is_valid(raise_exception=True)
        queue = _queue(member, asked.validated_data["queue"])
        keep_answers(queue, version, asked.validated_data["reason"], by=member)
        answer = {"queues": relabelings(version)}
        return Response(serializers.RelabelingsSerializer(answer).data, status=201)


def _queue(member: Membership, uid: UUID) -> Queue:
    queues = Queue.objects.filter(project=member.project)
    return get_object_or_404(queues.select_related("project", "rubric_version"), uid=uid)
