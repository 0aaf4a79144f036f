"""Monitors for programs: put one on a signal, change it, mute it, see what it would have fired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.references import referenced
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, member_of, require_verb
from labeling.models import Membership, Project, Slice
from labeling.policy.roles import Verb
from maintenance.api.signals import find_signal
from maintenance.models import Monitor
from maintenance.reports.signals import replay
from maintenance.serializers.signals import (
    ChangeMonitor,
    DefineMonitor,
    MonitorSerializer,
    MuteMonitor,
    ReplaySerializer,
)
from maintenance.services import monitors as services
from maintenance.services.alerts import rule_of
from maintenance.services.monitors import MonitorTerms


class SignalMonitors(generics.ListAPIView[Monitor]):
    """The monitors on a signal, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = MonitorSerializer

    def get_queryset(self) -> QuerySet[Monitor]:
        signal, _member = find_signal(self.request, self.kwargs["uid"], Verb.SEE_SIGNALS)
        allow_filters(self.request)
        rows = Monitor.objects.filter(signal=signal)
        return rows.select_related("signal", "slice", "owner")

    @extend_schema(request=DefineMonitor, responses={201: MonitorSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Put a rule on a signal; it is asked when the next reading comes."""
        signal, member = find_signal(request, uid, Verb.WATCH_SIGNALS)
        asked = DefineMonitor(data=request.data)
        asked.is_valid(raise_exception=True)
        terms = MonitorTerms(**_named(signal.project, asked.validated_data))
        monitor = services.define_monitor(signal, terms, by=member)
        return Response(MonitorSerializer(monitor).data, status=201)


class MonitorDetail(APIView):
    """One monitor."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=MonitorSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        monitor, _member = _find(request, uid, Verb.SEE_SIGNALS)
        allow_filters(request)
        return Response(MonitorSerializer(monitor).data)

    @extend_schema(request=ChangeMonitor, responses=MonitorSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change a rule from the next reading on; alerts that are open keep theirs."""
        monitor, member = _find(request, uid, Verb.WATCH_SIGNALS)
        asked = ChangeMonitor(data=request.data)
        asked.is_valid(raise_exception=True)
        given = _named(monitor.signal.project, asked.validated_data)
        terms = replace(MonitorTerms.of(monitor), **given)
        return Response(MonitorSerializer(services.change_monitor(monitor, terms, by=member)).data)


class MonitorMutes(APIView):
    """Has a monitor open no alert for a while, and says why."""

    permission_classes = [LoggedIn]

    @extend_schema(request=MuteMonitor, responses=MonitorSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        monitor, member = _find(request, uid, Verb.WATCH_SIGNALS)
        asked = MuteMonitor(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        muted = services.mute_monitor(monitor, given["until"], given["why"], by=member)
        return Response(MonitorSerializer(muted).data)


class MonitorReplay(APIView):
    """What a monitor would have fired on the stored series; nothing is stored."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ReplaySerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        monitor, _member = _find(request, uid, Verb.SEE_SIGNALS)
        allow_filters(request)
        found = replay(monitor.signal, monitor.slice, rule_of(monitor))
        firings = [
            {"opened_at": one.opened_at, "closed_at": one.closed_at, "sentence": sentence}
            for one, sentence in found.shown
        ]
        counts = {"windows": found.windows, "counted": found.counted}
        answer = {"sentence": found.sentence, **counts, "firings": firings}
        return Response(ReplaySerializer(answer).data)


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Monitor, Membership]:
    visible = Monitor.objects.visible_to(request.user)
    rows = visible.select_related("signal__project", "slice", "owner__team", "owner__user")
    monitor = get_object_or_404(rows, uid=uid)
    member = member_of(request, monitor.signal, Verb.SEE_SIGNALS)
    require_verb(request, member, verb)
    return monitor, member


def _named(project: Project, given: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with the slice and the owner that they name."""
    terms = dict(given)
    if uid := terms.get("slice"):
        terms["slice"] = referenced(Slice.objects.filter(project=project), uid, "slice")
    if uid := terms.get("owner"):
        people = Membership.objects.active().filter(project=project)
        owner = referenced(people.select_related("user", "team"), uid, "owner")
        if not owner.may(Verb.WORK_CASES):
            message = "Choose somebody who may work on cases."
            raise ValidationError({"owner": message})
        terms["owner"] = owner
    return terms
