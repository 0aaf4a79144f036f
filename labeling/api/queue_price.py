"""What a queue would cost and what its overlap buys, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.permissions import LoggedIn, caller
from labeling.api.queues import resolved
from labeling.models import Queue
from labeling.policy.roles import Verb
from labeling.reports.price import HOURS, Effort, measured_effort, price_of
from labeling.serializers.queue_price import AskPrice, PriceSerializer


class QueuePrice(APIView):
    """What a queue of these settings would cost; it makes nothing."""

    permission_classes = [LoggedIn]

    @extend_schema(request=AskPrice, responses=PriceSerializer)
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.RUN_QUEUES)
        asked = AskPrice(data=request.data)
        asked.is_valid(raise_exception=True)
        settings: dict[str, Any] = resolved(member.project, dict(asked.validated_data))
        seconds, hours = settings.pop("seconds", None), settings.pop("hours", HOURS)
        teams = {team.pk for team in settings.pop("teams")}
        queue = Queue(project=member.project, **settings)
        effort = Effort(seconds, hours) if seconds else measured_effort(queue, hours)
        return Response(PriceSerializer(price_of(queue, teams, effort)).data)
