"""A queue's agreement and disputes for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import OldestFirst
from labeling.api.permissions import LoggedIn, member_of, require_verb
from labeling.models import Membership, Queue, Task
from labeling.policy.roles import Verb
from labeling.reports.advice import headline, said
from labeling.reports.agreement import AgreementReport, seen_agreement
from labeling.reports.disputes import Dispute, as_disputes, disputes_in, split_of
from labeling.reports.snapshots import body_of
from labeling.serializers.agreement import AgreementAnswer, DisputeAnswer
from labeling.serializers.jobs import JobSerializer
from labeling.services.agreement import ask_for_agreement


class QueueAgreement(APIView):
    """Agreement per criterion with intervals, and what to do about it."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=AgreementAnswer)
    def get(self, request: Request, uid: UUID) -> Response:
        queue, member = find_queue(request, uid)
        allow_filters(request)
        seen = seen_agreement(queue)
        answer = _in_words(seen.report, member) if seen.report else _nothing()
        return Response({"computed_at": seen.computed_at, "live": seen.live, **answer})

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Have it computed anew by a job, for queues that are too large to compute at once."""
        queue, member = find_queue(request, uid)
        require_verb(request, member, Verb.COMPUTE_AGREEMENT)
        return Response(JobSerializer(ask_for_agreement(queue, by=member)).data, status=202)


class QueueDisputes(generics.ListAPIView[Task]):
    """The queue's disputed tasks, the oldest first; for adjudicators without the votes."""

    permission_classes = [LoggedIn]
    pagination_class = OldestFirst
    serializer_class = DisputeAnswer
    queryset = Task.objects.none()

    @extend_schema(
        parameters=[
            OpenApiParameter("criterion", OpenApiTypes.STR, description="Contested criterion."),
            OpenApiParameter("language", OpenApiTypes.STR, description="Language lane."),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        queue, member = find_queue(request, kwargs["uid"])
        asked = allow_filters(request, {"criterion", "language"})
        criterion, lane = asked.get("criterion", ""), asked.get("language", "")
        page = self.paginate_queryset(disputes_in(queue, criterion=criterion, lane=lane)) or []
        tells = not member.may(Verb.ADJUDICATE)
        rows = [_dispute(row, tells=tells) for row in as_disputes(queue, page)]
        return self.get_paginated_response(DisputeAnswer(rows, many=True).data)


def find_queue(request: Request, uid: UUID) -> tuple[Queue, Membership]:
    """A queue of the caller's projects, for those who see its agreement."""
    visible = Queue.objects.visible_to(request.user).select_related("project", "rubric_version")
    queue = get_object_or_404(visible, uid=uid)
    return queue, member_of(request, queue, Verb.SEE_AGREEMENT)


def _in_words(report: AgreementReport, member: Membership) -> dict[str, Any]:
    body: dict[str, Any] = body_of(report)
    if not member.may(Verb.SEE_PEOPLE):
        body["people"] = [str(number) for number, _uid in enumerate(report.people, start=1)]
    for row, advice in zip(body["criteria"], said(report), strict=True):
        row |= {"action": advice.action, "sentence": advice.sentence}
    return {"sentence": headline(report), **body}


def _nothing() -> dict[str, Any]:
    return {"sentence": "", "tasks": 0, "revealed": 0, "people": [], "criteria": []}


def _dispute(dispute: Dispute, *, tells: bool) -> dict[str, Any]:
    task = dispute.task
    return {
        "task": task.uid,
        "item": task.item.uid,
        "external_id": task.item.external_id,
        "language": task.lane,
        "since": dispute.since,
        "claimed": bool(task.claimed_until and task.claimed_until > timezone.now()),
        "contested": [
            {
                "criterion": one.criterion.key,
                "votes": [{"value": value, "count": n} for value, n in split_of(one)]
                if tells
                else None,
            }
            for one in dispute.contested
        ],
    }
