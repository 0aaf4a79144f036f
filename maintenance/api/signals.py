"""Signals for programs: define them, send readings, put monitors on them, read what fired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.references import referenced
from evaluation.models import EvaluationSet
from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.parsers import StrictJSONParser
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.api.streams import JSONLines
from labeling.formats import fields as typed
from labeling.formats.json_files import read_json_lines
from labeling.formats.rows import DEFAULT_LIMITS
from labeling.models import Membership, Project, Slice
from labeling.policy.roles import Verb
from maintenance.models import Alert, Reading, Signal
from maintenance.reports.signals import alerts_shown
from maintenance.serializers.signals import (
    AlertSerializer,
    ChangeSignal,
    DefineSignal,
    ReadingSerializer,
    RecordedSerializer,
    SendReading,
    SignalSerializer,
)
from maintenance.services import signals as services
from maintenance.services.signals import SignalTerms

#: What the filter `slice` says for the readings that are of no slice.
EVERYWHERE = "none"
READING_FILTERS = [
    OpenApiParameter("slice", str, description="A slice's uid, or “none” for everywhere."),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Windows ended then or later."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Windows ended before then."),
]


class NewestWindowFirst(CursorPages):
    """By the end of the window, whenever it was sent."""

    ordering = ("-at", "-pk")  # type: ignore[assignment]


class Signals(generics.ListAPIView[Signal]):
    """The project's signals, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = SignalSerializer

    def get_queryset(self) -> QuerySet[Signal]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_SIGNALS)
        allow_filters(self.request)
        return Signal.objects.filter(project=member.project).select_related("evaluation_set")

    @extend_schema(request=DefineSignal, responses={201: SignalSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Define a signal; 409 when there is one of this key."""
        member = caller(request, project, Verb.WATCH_SIGNALS)
        asked = DefineSignal(data=request.data)
        asked.is_valid(raise_exception=True)
        terms = SignalTerms(**_named(member.project, asked.validated_data))
        signal = services.define_signal(member.project, terms, by=member)
        return Response(SignalSerializer(signal).data, status=201)


class SignalDetail(APIView):
    """One signal."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SignalSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        signal, _member = find_signal(request, uid, Verb.SEE_SIGNALS)
        allow_filters(request)
        return Response(SignalSerializer(signal).data)

    @extend_schema(request=ChangeSignal, responses=SignalSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change what a signal says; its key stays, and its unit once it has readings."""
        signal, member = find_signal(request, uid, Verb.WATCH_SIGNALS)
        asked = ChangeSignal(data=request.data)
        asked.is_valid(raise_exception=True)
        terms = replace(SignalTerms.of(signal), **_named(signal.project, asked.validated_data))
        return Response(SignalSerializer(services.change_signal(signal, terms, by=member)).data)


class Readings(generics.ListAPIView[Reading]):
    """The project's readings, the newest window first."""

    permission_classes = [LoggedIn]
    serializer_class = ReadingSerializer
    pagination_class = NewestWindowFirst
    parser_classes = [StrictJSONParser, JSONLines]

    @extend_schema(parameters=READING_FILTERS)
    def get(self, request: Request, *given: Any, **named: Any) -> Response:
        return super().get(request, *given, **named)

    def get_queryset(self) -> QuerySet[Reading]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_SIGNALS)
        rows = Reading.objects.filter(signal__project=member.project)
        return filtered(rows, self.request, member.project)

    @extend_schema(
        request={
            "application/json": SendReading(many=True),
            "application/x-ndjson": OpenApiTypes.STR,
        },
        responses={200: RecordedSerializer, 201: RecordedSerializer},
    )
    def post(self, request: Request, project: str) -> Response:
        """Record readings, all or none; 200 when every one of them was known already."""
        member = caller(request, project, Verb.RECORD_READINGS)
        recorded = services.record_readings(
            member.project, _sent(request), source=Reading.Source.API, by=member
        )
        alerts = [alert.uid for alert in recorded.alerts]
        counts = {"accepted": recorded.accepted, "unchanged": recorded.unchanged}
        answer = RecordedSerializer({**counts, "alerts": alerts})
        return Response(answer.data, status=201 if recorded.accepted else 200)


class SignalReadings(generics.ListAPIView[Reading]):
    """A signal's readings, the newest window first."""

    permission_classes = [LoggedIn]
    serializer_class = ReadingSerializer
    pagination_class = NewestWindowFirst

    @extend_schema(parameters=READING_FILTERS)
    def get(self, request: Request, *given: Any, **named: Any) -> Response:
        return super().get(request, *given, **named)

    def get_queryset(self) -> QuerySet[Reading]:
        signal, _member = find_signal(self.request, self.kwargs["uid"], Verb.SEE_SIGNALS)
        return filtered(Reading.objects.filter(signal=signal), self.request, signal.project)


class Alerts(generics.ListAPIView[Alert]):
    """The project's alerts, newest first; `open=true` for those that are open."""

    permission_classes = [LoggedIn]
    serializer_class = AlertSerializer

    @extend_schema(parameters=[OpenApiParameter("open", bool, description="Open ones, or closed.")])
    def get(self, request: Request, *given: Any, **named: Any) -> Response:
        return super().get(request, *given, **named)

    def get_queryset(self) -> QuerySet[Alert]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_SIGNALS)
        given = allow_filters(self.request, {"open"}).get("open")
        rows = alerts_shown().filter(monitor__signal__project=member.project)
        if given is None:
            return rows
        if given not in {"true", "false"}:
            raise exceptions.ValidationError({"open": [_("Say true or false.")]})
        return rows.filter(closed_at__isnull=given == "true")


def find_signal(request: Any, uid: UUID, verb: Verb) -> tuple[Signal, Membership]:
    """A signal that the caller sees, if they may do this with it."""
    visible = Signal.objects.visible_to(request.user).select_related("project", "evaluation_set")
    signal = get_object_or_404(visible, uid=uid)
    member = member_of(request, signal, Verb.SEE_SIGNALS)
    require_verb(request, member, verb)
    return signal, member


def filtered(rows: QuerySet[Reading], request: Any, project: Project) -> QuerySet[Reading]:
    """Readings by slice and time, as the query asks for."""
    given = allow_filters(request, {"slice", "since", "until"})
    if given.get("slice") == EVERYWHERE:
        rows = rows.filter(slice=None)
    elif "slice" in given:
        own = Slice.objects.filter(project=project)
        rows = rows.filter(slice=referenced(own, given["slice"], "slice"))
    try:
        if "since" in given:
            rows = rows.filter(at__gte=typed.moment(given["since"]))
        if "until" in given:
            rows = rows.filter(at__lt=typed.moment(given["until"]))
    except typed.UnfitError as unfit:
        raise exceptions.ValidationError({"since or until": [str(unfit)]}) from unfit
    return rows.select_related("signal", "slice", "model_version", "evaluation")


def _named(project: Project, given: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with the set that they name."""
    terms = dict(given)
    if uid := terms.get("evaluation_set"):
        own = EvaluationSet.objects.filter(project=project)
        terms["evaluation_set"] = referenced(own, uid, "evaluation_set")
    return terms


def _sent(request: Request) -> Any:
    """The rows of a body: a list of readings, one reading, or one a line."""
    body = request.data
    if hasattr(body, "read"):
        limit = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        lines = body.read(limit + 1)
        if len(lines) > limit:
            raise RequestDataTooBig
        return read_json_lines(BytesIO(lines), DEFAULT_LIMITS)
    rows = [body] if isinstance(body, Mapping) else body
    if not isinstance(rows, list):
        raise ValidationError(_("Send a list of readings."))
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise ValidationError({f"line {number}": _("A reading is an object.")})
    return rows
