"""Targets for programs: what signals should be, and where each stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.references import referenced
from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Signal, Target
from maintenance.reports.targets import standing_of, with_newest
from maintenance.serializers.governance import NewTarget, TargetSerializer
from maintenance.services.governance import drop_target, set_target


class Targets(APIView):
    """The targets that hold, each with where it stands by the newest reading."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=TargetSerializer(many=True))
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_PLAN)
        allow_filters(request)
        pages = CursorPages()
        current = Target.objects.current().filter(signal__project=member.project)
        rows: Any = standing_of(pages.paginate_queryset(with_newest(current), request))
        return pages.get_paginated_response(TargetSerializer(rows, many=True).data)

    @extend_schema(request=NewTarget, responses={201: TargetSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Set a target; the one that held for this signal and slice is dropped."""
        member = caller(request, project, Verb.CHANGE_PLAN)
        asked = NewTarget(data=request.data)
        asked.is_valid(raise_exception=True)
        target = set_target(*_terms(member, asked.validated_data), by=member)
        return Response(_shown(target), status=201)


class TargetDetail(APIView):
    """One target that holds."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=TargetSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        target, _member = _find(request, uid, Verb.SEE_PLAN)
        allow_filters(request)
        return Response(_shown(target))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        """Take the target back; that it held stays on record."""
        target, member = _find(request, uid, Verb.CHANGE_PLAN)
        drop_target(target, by=member)
        return Response(status=204)


def _terms(member: Membership, asked: dict[str, Any]) -> tuple[Any, ...]:
    """What `set_target` takes, with the rows that the request names."""
    project = member.project
    people = Membership.objects.active().filter(project=project)
    part, owner = asked.get("slice"), asked.get("owner")
    return (
        referenced(Signal.objects.filter(project=project), asked["signal"], "signal"),
        referenced(project.slices.all(), part, "slice") if part else None,
        asked["operator"],
        asked["value"],
        referenced(people, owner, "owner") if owner else None,
        asked.get("due"),
    )


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Target, Membership]:
    rows = Target.objects.visible_to(request.user).current()
    target = get_object_or_404(rows.select_related("signal__project", "slice", "owner"), uid=uid)
    member = member_of(request, target.signal, Verb.SEE_PLAN)
    require_verb(request, member, verb)
    return target, member


def _shown(target: Target) -> dict[str, Any]:
    rows = list(with_newest(Target.objects.filter(pk=target.pk)))
    return TargetSerializer(standing_of(rows)[0]).data
