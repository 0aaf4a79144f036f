"""Adjudicating for programs: claim, reveal, adjudicate, put back, undo, reopen; what came out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.agreement import find_queue
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller
from labeling.errors import Conflict
from labeling.models import Adjudication, Membership, Queue, Reveal, Task
from labeling.policy.roles import Verb
from labeling.reports.disputes import case_for, voices
from labeling.reports.judging import shown_form, shown_item
from labeling.serializers import adjudications as serializers
from labeling.serializers.base import StrictSerializer
from labeling.services import adjudications as services


class DisputeClaims(APIView):
    """The next dispute, or the one that the caller holds already."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="dispute_claims_create",
        request=serializers.DisputeClaimRequest,
        responses=serializers.DisputeClaimAnswer,
    )
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.ADJUDICATE)
        asked = _checked(serializers.DisputeClaimRequest, request)
        queue = _queue(member, asked.validated_data.get("queue"))
        return _claim(services.claim_dispute(member, queue), member)


class DisputeReveal(APIView):
    """Keep the caller's blind decision and show what the annotators answered."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="dispute_claims_reveal",
        request=serializers.RevealRequest,
        responses=serializers.DisputeClaimAnswer,
    )
    def post(self, request: Request, token: UUID) -> Response:
        member = holder(request, token)
        asked = _checked(serializers.RevealRequest, request)
        services.reveal(member, token, asked.validated_data["answers"], at=timezone.now())
        return _claim(services.claimed(member), member)


class DisputeAdjudicate(APIView):
    """Settle a claimed dispute; sending the same again is answered the same."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="dispute_claims_adjudicate",
        request=serializers.AdjudicateRequest,
        responses=serializers.AdjudicationAnswer,
    )
    def post(self, request: Request, token: UUID) -> Response:
        member = holder(request, token)
        asked = serializers.AdjudicateRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        row = services.adjudicate(member, token, asked.decisions(), at=timezone.now())
        return Response(serializers.AdjudicationAnswer(row).data)


class DisputeRelease(APIView):
    """Put a dispute back undecided."""

    permission_classes = [LoggedIn]

    @extend_schema(operation_id="dispute_claims_release", request=None, responses={204: None})
    def post(self, request: Request, token: UUID) -> Response:
        services.release_claim(holder(request, token), token)
        return Response(status=204)


class AdjudicationUndo(APIView):
    """Take the own decision back within ten seconds; its dispute is claimed again."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="adjudications_undo",
        request=None,
        responses=serializers.DisputeClaimAnswer,
    )
    def post(self, request: Request, uid: UUID) -> Response:
        visible = Adjudication.objects.visible_to(request.user)
        row = get_object_or_404(visible.select_related("task__queue__project"), uid=uid)
        member = caller(request, row.task.queue.project.slug, Verb.ADJUDICATE)
        return _claim(services.undo(member, row, at=timezone.now()), member)


class TaskReopen(APIView):
    """Decide an adjudicated task anew; its decision stands until there is another."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="tasks_reopen", request=None, responses=serializers.DisputeClaimAnswer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        visible = Task.objects.visible_to(request.user).select_related("queue__project")
        task = get_object_or_404(visible, uid=uid)
        member = caller(request, task.queue.project.slug, Verb.ADJUDICATE)
        return _claim(services.reopen(member, task), member)


class QueueAdjudications(generics.ListAPIView[Adjudication]):
    """The queue's adjudications, by policy and by people, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.AdjudicationAnswer
    queryset = Adjudication.objects.none()

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "current", OpenApiTypes.BOOL, description="true: only those that stand."
            ),
            OpenApiParameter("source", OpenApiTypes.STR, enum=Adjudication.Source.values),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Adjudication]:
        queue, _member = find_queue(self.request, self.kwargs["uid"])
        asked = allow_filters(self.request, {"current", "source"})
        rows = Adjudication.objects.filter(task__queue=queue)
        if _is_true("current", asked.get("current", "false")):
            rows = rows.current().filter(task__queue=queue)
        if source := asked.get("source"):
            if source not in Adjudication.Source.values:
                raise ValidationError({"source": [_("Say policy or person.")]})
            rows = rows.filter(source=source)
        found = rows.select_related("task__item", "rubric_version", "supersedes")
        return found.prefetch_related("rulings__criterion")


def holder(request: Request, token: UUID) -> Membership:
    """The caller as the one a dispute was lent to; a foreign and an unknown token are one."""
    claims = Task.objects.filter(claim_token=token, claimed_by__user=request.user.pk)
    slug = claims.values_list("queue__project__slug", flat=True).first()
    if slug is None:
        decided = Adjudication.objects.filter(token=token, adjudicator__user=request.user.pk)
        slug = decided.values_list("task__queue__project__slug", flat=True).first()
    if slug is None:
        raise Conflict("lease_ended", _("This dispute was not given to you, or no longer is."))
    return caller(request, slug, Verb.ADJUDICATE)


def _checked(serializer: type[StrictSerializer], request: Request) -> StrictSerializer:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return asked


def _queue(member: Membership, uid: UUID | None) -> Queue | None:
    if uid is None:
        return None
    queue = Queue.objects.filter(project=member.project, uid=uid).first()
    if queue is None:
        missing = ValidationError(_("There is no such queue here."), "invalid_reference")
        raise ValidationError({"queue": missing})
    return queue


def _claim(task: Task | None, member: Membership) -> Response:
    """A dispute as its adjudicator may see it at this moment."""
    if task is None or task.claim_token is None:
        return Response({"state": "nothing"})
    form = shown_form(task.queue, task.claim_token, translation.get_language() or "")
    case = case_for(task, member)
    contested = [question.criterion.key for question in case.contested]
    seen = Reveal.objects.filter(task=task, adjudicator=member).exists()
    shown = {
        "state": "claimed",
        "token": task.claim_token,
        "task": task.uid,
        "queue": task.queue.uid,
        "claimed_until": task.claimed_until,
        "item": shown_item(task, member),
        "guidance_html": form.guidance_html,
        "criteria": [row for row in form.criteria if seen or row.key in contested],
        "contested": contested,
        "voices": voices(case, task.claim_token) if seen else None,
        "agreed": {one.criterion.key: one.finding.value for one in case.agreed} if seen else None,
    }
    return Response(serializers.DisputeClaimAnswer(shown).data)


def _is_true(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise ValidationError({name: [_("Say true or false.")]})
    return value == "true"
