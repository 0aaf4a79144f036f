"""What annotators of a queue see, and what may give something away, for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn
from labeling.api.queues import find_queue
from labeling.policy.roles import Verb
from labeling.reports.blinding import blinding_of, given_away
from labeling.serializers.blinding import BlindingAnswer


class QueueBlinding(APIView):
    """The blinding of a queue, and names of models found in what its annotators are shown."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="queues_blinding", responses=BlindingAnswer)
    def get(self, request: Request, uid: UUID) -> Response:
        queue, _member = find_queue(request, uid, Verb.SEE_AGREEMENT)
        allow_filters(request)
        said = {"policy": blinding_of(queue), "given_away": given_away(queue)}
        return Response(BlindingAnswer(said).data)
