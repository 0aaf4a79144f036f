"""Cases for programs: open, work, link, decide and close; and where each stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Alert, Case, CaseLink, RetrainingDecision
from maintenance.models.cases import LINKED, CaseQuerySet
from maintenance.reports.belongings import belongings
from maintenance.reports.casework import strip
from maintenance.reports.linkable import citable, linkable
from maintenance.reports.timeline import events_of, moments
from maintenance.serializers.cases import (
    AddNote,
    CaseLinkSerializer,
    CaseNoteSerializer,
    CaseSerializer,
    ChangeCase,
    CloseCase,
    DecideRetraining,
    DecisionSerializer,
    LinkRow,
    MomentSerializer,
    OpenCase,
    ReopenCase,
    StripSerializer,
    TriageCase,
    WholeCaseSerializer,
)
from maintenance.services import cases
from maintenance.services.retraining import decide_retraining

FILTERS = ("open", "owner", "overdue")


class NewestMoments(CursorPages):
    """The timeline: what happened last comes first."""

    ordering = ("-at", "-pk")  # type: ignore[assignment]


class Cases(generics.ListAPIView[Case]):
    """The project's cases, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = CaseSerializer

    def get_queryset(self) -> CaseQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_CASES)
        asked = allow_filters(self.request, FILTERS)
        return _filtered(_cases().filter(project=member.project), asked, member)

    @extend_schema(
        parameters=[
            OpenApiParameter("open", str, enum=["true", "false"]),
            OpenApiParameter("owner", str, enum=["me"]),
            OpenApiParameter("overdue", str, enum=["true"]),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=OpenCase, responses={201: CaseSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Open a case: a request, or an incident."""
        member = caller(request, project, Verb.WORK_CASES)
        given = _given(OpenCase, request)
        given["owner"] = _owner(member, given.pop("owner", None))
        made = cases.open_case(member.project, by=member, **given)
        return Response(CaseSerializer(made).data, status=201)


class CaseDetail(APIView):
    """One case with its alerts, links and decisions."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=WholeCaseSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        case, _member = _find(request, uid, Verb.SEE_CASES)
        allow_filters(request)
        prefetch_related_objects([case], *_parts())
        return Response(WholeCaseSerializer(case).data)

    @extend_schema(request=ChangeCase, responses=CaseSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change title, description, owner or due date."""
        case, member = _find(request, uid, Verb.WORK_CASES)
        given = _given(ChangeCase, request)
        if "owner" in given:
            given["owner"] = _owner(member, given["owner"])
        return Response(CaseSerializer(cases.change_case(case, by=member, **given)).data)


class CaseTriage(APIView):
    """What is behind a case."""

    permission_classes = [LoggedIn]

    @extend_schema(request=TriageCase, responses=CaseSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        case, member = _find(request, uid, Verb.WORK_CASES)
        changed = cases.triage(case, by=member, **_given(TriageCase, request))
        return Response(CaseSerializer(changed).data)


class CaseNotes(APIView):
    """Notes on a case; they are read on its timeline."""

    permission_classes = [LoggedIn]

    @extend_schema(request=AddNote, responses={201: CaseNoteSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        case, member = _find(request, uid, Verb.WORK_CASES)
        note = cases.add_note(case, by=member, **_given(AddNote, request))
        return Response(CaseNoteSerializer(note).data, status=201)


class CaseLinks(APIView):
    """What belongs to a case because somebody said so."""

    permission_classes = [LoggedIn]

    @extend_schema(request=LinkRow, responses={201: CaseLinkSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Link a row; one that is linked already keeps its link."""
        case, member = _find(request, uid, Verb.WORK_CASES)
        given = _given(LinkRow, request)
        row = _referenced(linkable(member, given["kind"]), "uid", given["uid"])
        return Response(CaseLinkSerializer(cases.link(case, row, by=member)).data, status=201)


class CaseLinkDetail(APIView):
    """One link of a case."""

    permission_classes = [LoggedIn]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        """Take the link away; the row itself stays."""
        seen = CaseLink.objects.filter(case__in=Case.objects.visible_to(request.user))
        made = get_object_or_404(seen.select_related("case__project"), uid=uid)
        member = member_of(request, made.case, Verb.SEE_CASES)
        require_verb(request, member, Verb.WORK_CASES)
        cases.unlink(made, by=member)
        return Response(status=204)


class CaseDecisions(APIView):
    """Decisions on a case; the newest stands."""

    permission_classes = [LoggedIn]

    @extend_schema(request=DecideRetraining, responses={201: DecisionSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Decide; 400 says what the ground lacks."""
        case, member = _find(request, uid, Verb.DECIDE_RETRAINING)
        given = _given(DecideRetraining, request)
        evidence = [
            _referenced(citable(member, one["kind"]), "evidence", one["uid"])
            for one in given.pop("evidence", [])
        ]
        decision = decide_retraining(case, evidence=evidence, by=member, **given)
        return Response(DecisionSerializer(decision).data, status=201)


class CaseClosing(APIView):
    """The end of a case."""

    permission_classes = [LoggedIn]

    @extend_schema(request=CloseCase, responses=CaseSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        """Close; 409 while a release of the case is under way."""
        case, member = _find(request, uid, Verb.WORK_CASES)
        closed = cases.close_case(case, by=member, **_given(CloseCase, request))
        return Response(CaseSerializer(closed).data)


class CaseReopening(APIView):
    """Taking a closed case up again."""

    permission_classes = [LoggedIn]

    @extend_schema(request=ReopenCase, responses=CaseSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        case, member = _find(request, uid, Verb.WORK_CASES)
        opened = cases.reopen_case(case, by=member, **_given(ReopenCase, request))
        return Response(CaseSerializer(opened).data)


class CaseTimeline(APIView):
    """What happened in a case and to all that belongs to it, newest first."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=MomentSerializer(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        case, member = _find(request, uid, Verb.SEE_CASES)
        allow_filters(request)
        own, pages = belongings(case), NewestMoments()
        events = pages.paginate_queryset(events_of(own), request)
        shown = moments(own, events, member)
        return pages.get_paginated_response(MomentSerializer(shown, many=True).data)


class CaseStripDetail(APIView):
    """Where a case stands: its steps and the next one."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=StripSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        case, member = _find(request, uid, Verb.SEE_CASES)
        allow_filters(request)
        return Response(StripSerializer(strip(case, member)).data)


class AlertCase(APIView):
    """The case of an alert."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=CaseSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        """Open a case for an alert that has none; the one that it has is answered."""
        rows = Alert.objects.visible_to(request.user)
        related = ("monitor__signal__project", "monitor__slice", "monitor__owner")
        alert = get_object_or_404(rows.select_related(*related), uid=uid)
        member = member_of(request, alert.monitor.signal, Verb.SEE_CASES)
        require_verb(request, member, Verb.WORK_CASES)
        return Response(CaseSerializer(cases.case_for_alert(alert, by=member)).data)


def _cases() -> CaseQuerySet:
    related = ("project", "owner", "opened_by", "closed_by")
    rows: Any = Case.objects.select_related(*related)
    found: CaseQuerySet = rows
    return found


def _parts() -> list[Prefetch[Any]]:
    """What is shown with a case, each in one query."""
    decisions = RetrainingDecision.objects.select_related("supersedes", "decided_by")
    return [
        Prefetch("alerts", Alert.objects.defer("evidence")),
        Prefetch("links", CaseLink.objects.select_related(*LINKED)),
        Prefetch("decisions", decisions),
    ]


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Case, Membership]:
    case = get_object_or_404(_cases().visible_to(request.user), uid=uid)
    member = member_of(request, case, Verb.SEE_CASES)
    require_verb(request, member, verb)
    return case, member


def _given(serializer: Any, request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _filtered(rows: CaseQuerySet, asked: dict[str, str], member: Membership) -> CaseQuerySet:
    known = {"open": {"true", "false"}, "owner": {"me"}, "overdue": {"true"}}
    for name, value in asked.items():
        if value not in known[name]:
            message = _("Say one of: %(values)s.") % {"values": ", ".join(sorted(known[name]))}
            raise ValidationError({name: message})
    if "open" in asked:
        rows = rows.filter(closed_at__isnull=asked["open"] == "true")
    if "owner" in asked:
        rows = rows.filter(owner=member)
    return rows.overdue(timezone.localdate()) if "overdue" in asked else rows


def _owner(member: Membership, uid: UUID | None) -> Membership | None:
    if uid is None:
        return None
    rows = Membership.objects.seen_by(member).active().select_related("team")
    found: Membership = _referenced(rows, "owner", uid)
    return found


def _referenced(rows: QuerySet[Any], field: str, uid: UUID) -> Any:
    found = rows.filter(uid=uid).first()
    if found is None:
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({field: missing})
    return found
