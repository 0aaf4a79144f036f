"""Gates and verdicts for programs: register, ask, and read what was found."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.formats.junit import INCONCLUSIVE, write_junit
from evaluation.models import Gate, ModelVersion, SetVersion, Verdict
from evaluation.models.gates import GateQuerySet, VerdictQuerySet
from evaluation.reports.verdicts import as_suite, status_of
from evaluation.serializers.gates import (
    AskVerdict,
    GateSerializer,
    GateStatus,
    RegisterGate,
    VerdictListed,
    VerdictSerializer,
)
from evaluation.services.gates import ask_verdict, default_criteria, register_gate
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.errors import Conflict
from labeling.models import Membership, Project
from labeling.policy.roles import Verb


class Gates(generics.ListAPIView[Gate]):
    """The project's gates with their versions."""

    permission_classes = [LoggedIn]
    serializer_class = GateSerializer

    def get_queryset(self) -> GateQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_GATES)
        allow_filters(self.request)
        return _gates().filter(project=member.project)

    @extend_schema(request=RegisterGate, responses={201: GateSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Register a gate, or the next version of the one of this name."""
        member = caller(request, project, Verb.REGISTER_GATES)
        asked = RegisterGate(data=request.data)
        asked.is_valid(raise_exception=True)
        terms = dict(asked.validated_data)
        frozen = SetVersion.objects.filter(evaluation_set__project=member.project)
        set_version = _referenced(frozen, "set_version", terms.pop("set_version"))
        criteria = terms.pop("criteria", None) or default_criteria(set_version)
        name = terms.pop("name")
        version = register_gate(member.project, name, set_version, criteria, by=member, **terms)
        gate = _gates().get(pk=version.gate_id)
        return Response(GateSerializer(gate).data, status=201)


class GateDetail(APIView):
    """One gate with its versions, newest first."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=GateSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        gate, _member = _find_gate(request, uid, Verb.SEE_GATES)
        allow_filters(request)
        return Response(GateSerializer(gate).data)


class GateVerdicts(generics.ListAPIView[Verdict]):
    """What a gate has answered, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = VerdictListed

    def get_queryset(self) -> VerdictQuerySet:
        gate, _member = _find_gate(self.request, self.kwargs["uid"], Verb.SEE_GATES)
        allow_filters(self.request)
        return _verdicts().filter(gate_version__gate=gate)

    @extend_schema(request=AskVerdict, responses={202: VerdictSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Ask the gate's latest version; the same evidence again gives the same verdict."""
        gate, member = _find_gate(request, uid, Verb.ASK_VERDICTS)
        asked = AskVerdict(data=request.data)
        asked.is_valid(raise_exception=True)
        named = {
            name: _referenced(ModelVersion.objects.filter(project=gate.project), name, given)
            for name, given in asked.validated_data.items()
        }
        verdict = ask_verdict(gate.versions.all()[0], by=member, **named)
        return Response(VerdictSerializer(verdict).data, status=202)


class GateStatusDetail(APIView):
    """Whether exactly this candidate passed, as it and the gate are now; for CI and deployers."""

    permission_classes = [LoggedIn]

    @extend_schema(
        parameters=[
            OpenApiParameter("candidate", str, description="uid, digest or name", required=True)
        ],
        responses=GateStatus,
    )
    def get(self, request: Request, uid: UUID) -> Response:
        gate, _member = _find_gate(request, uid, Verb.SEE_GATES)
        given = allow_filters(request, {"candidate"}).get("candidate", "")
        found = status_of(gate, _candidate(gate.project, given))
        return Response(GateStatus(found).data)


class VerdictDetail(APIView):
    """One verdict: the sentence, the findings, the evidence that it is bound to."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=VerdictSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        verdict = _find_verdict(request, uid)
        allow_filters(request)
        return Response(VerdictSerializer(verdict).data)


class VerdictJunit(APIView):
    """The verdict as JUnit XML; 409 until it is decided."""

    permission_classes = [LoggedIn]

    @extend_schema(
        parameters=[OpenApiParameter("inconclusive", str, enum=INCONCLUSIVE)],
        responses={(200, "application/xml"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, uid: UUID) -> HttpResponse:
        verdict = _find_verdict(request, uid)
        chosen = allow_filters(request, {"inconclusive"}).get("inconclusive", "error")
        if chosen not in INCONCLUSIVE:
            raise ValidationError({"inconclusive": _("Say error or skip.")})
        if verdict.decided_at is None:
            raise Conflict("not_decided", _("The gate is still being asked; try again shortly."))
        xml = write_junit(as_suite(verdict), inconclusive=chosen)
        return HttpResponse(xml, content_type="application/xml")


def _gates() -> GateQuerySet:
    rows: Any = Gate.objects.select_related("project")
    found: GateQuerySet = rows.prefetch_related("versions__criteria", "versions__set_version")
    return found


def _verdicts() -> VerdictQuerySet:
    rows: Any = Verdict.objects.select_related(
        "gate_version__gate__project",
        "gate_version__set_version__evaluation_set",
        "candidate",
        "baseline",
        "job",
    )
    found: VerdictQuerySet = rows
    return found


def _find_gate(request: Request, uid: UUID, verb: Verb) -> tuple[Gate, Membership]:
    gate = get_object_or_404(_gates().visible_to(request.user), uid=uid)
    member = member_of(request, gate, Verb.SEE_GATES)
    require_verb(request, member, verb)
    return gate, member


def _find_verdict(request: Request, uid: UUID) -> Verdict:
    verdict = get_object_or_404(_verdicts().visible_to(request.user), uid=uid)
    member_of(request, verdict.gate_version.gate, Verb.SEE_GATES)
    return verdict


def _candidate(project: Project, given: str) -> ModelVersion | None:
    """The one version that this uid, digest or name means; None if it is not clear."""
    same = Q(name=given) | Q(digest=given)
    with suppress(ValueError):
        same |= Q(uid=UUID(given))
    found = list(ModelVersion.objects.filter(same, project=project)[:2]) if given else []
    return found[0] if len(found) == 1 else None


def _referenced(rows: Any, field: str, uid: UUID) -> Any:
    found = rows.filter(uid=uid).first()
    if found is None:
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({field: missing})
    return found
