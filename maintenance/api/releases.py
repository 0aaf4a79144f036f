"""Releases for programs: plan, enter, hold, vouch, take back; and the two hooks of deployers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from evaluation.api.references import referenced
from evaluation.models import Gate, ModelVersion
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import Membership
from labeling.policy.roles import Verb
from maintenance.models import Case, Release
from maintenance.models.releases import ReleaseQuerySet
from maintenance.reports.releases import standing
from maintenance.serializers.releases import (
    EndRelease,
    EnterStage,
    GrantOverride,
    MayEnter,
    Nothing,
    PlanRelease,
    ReleaseListed,
    ReleaseSerializer,
    RollbackOrdered,
    SayWhy,
)
from maintenance.services import releases as services


class Releases(generics.ListAPIView[Release]):
    """The project's releases, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = ReleaseListed

    def get_queryset(self) -> ReleaseQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_RELEASES)
        allow_filters(self.request)
        return _releases().filter(project=member.project)

    @extend_schema(request=PlanRelease, responses={201: ReleaseSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Plan a release against the version that is live; 409 while another is under way."""
        member = caller(request, project, Verb.RUN_RELEASES)
        given = dict(_asked(PlanRelease, request))
        rows: dict[str, Any] = {"candidate": ModelVersion, "gate": Gate, "case": Case}
        named = {
            name: referenced(kind.objects.filter(project=member.project), given[name], name)
            for name, kind in rows.items()
            if name in given
        }
        release = services.plan_release(member.project, by=member, **{**given, **named})
        return _answer(release)


class ReleaseDetail(APIView):
    """Where a release stands, and why the next stage may not be entered."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=ReleaseSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        release, _member = _find(request, uid, Verb.SEE_RELEASES)
        allow_filters(request)
        return _answer(release, 200)


class ReleaseStages(APIView):
    """Enters the next stage."""

    permission_classes = [LoggedIn]

    @extend_schema(request=EnterStage, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """409 with every reason why not, or if another stage is next by now."""
        release, member = _find(request, uid, Verb.RUN_RELEASES)
        given = _asked(EnterStage, request)
        stage = referenced(release.stages.all(), given["stage"], "stage")
        services.enter_stage(release, stage=stage, by=member)
        return _answer(release)


class ReleaseHolds(APIView):
    """Holds a release where it is."""

    permission_classes = [LoggedIn]

    @extend_schema(request=SayWhy, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        return _done(request, uid, services.hold, SayWhy)


class ReleaseResumptions(APIView):
    """Lets a held release go on."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        return _done(request, uid, services.resume, Nothing)


class ReleaseRollbacks(APIView):
    """Brings the baseline back at once, and ends the release."""

    permission_classes = [LoggedIn]

    @extend_schema(request=SayWhy, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """409 if it has been rolled back already, or has ended otherwise."""
        return _done(request, uid, services.roll_back, SayWhy)


class ReleaseEndings(APIView):
    """Ends a release: done after its watch, or given up before it answered anybody."""

    permission_classes = [LoggedIn]

    @extend_schema(request=EndRelease, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        release, member = _find(request, uid, Verb.RUN_RELEASES)
        given = _asked(EndRelease, request)
        if given["ending"] == Release.State.DONE:
            services.finish(release, by=member)
        else:
            services.give_up(release, given["why"], by=member)
        return _answer(release)


class ReleaseOverrides(APIView):
    """Vouches for the next stage, for a time; people do that, in person and never by a token."""

    permission_classes = [LoggedIn]

    @extend_schema(request=GrantOverride, responses={201: ReleaseSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """403 `conflict_of_interest` for whoever planned it or registered the candidate."""
        release, member = _find(request, uid, Verb.OVERRIDE_GATES)
        services.grant_override(release, by=member, **_asked(GrantOverride, request))
        return _answer(release)


class ReleaseMayEnter(APIView):
    """For a deployer that asks before it sends more traffic: 200 go on, 409 wait."""

    permission_classes = [LoggedIn]

    @extend_schema(responses={200: MayEnter, 409: MayEnter})
    def get(self, request: Request, uid: UUID) -> Response:
        release, _member = _find(request, uid, Verb.SEE_RELEASES)
        allow_filters(request)
        found = standing(release)
        code = "may_enter" if found.answer.may else "may_not_enter"
        said = " ".join(found.reasons) or _("The next stage may be entered.")
        stage = found.next.uid if found.next else None
        body = {"code": code, "message": said, "stage": stage, "reasons": found.reasons}
        return Response(MayEnter(body).data, status=200 if found.answer.may else 409)


class ReleaseRollbackOrdered(APIView):
    """For a deployer's rollback hook, where 200 means: roll back now. Anything else is 403."""

    permission_classes = [LoggedIn]

    @extend_schema(responses={200: RollbackOrdered, 403: RollbackOrdered})
    def get(self, request: Request, uid: UUID) -> Response:
        release, _member = _find(request, uid, Verb.SEE_RELEASES)
        allow_filters(request)
        ordered = release.state == Release.State.ROLLED_BACK
        said = release.ended_why if ordered else _("No rollback is ordered: carry on.")
        body = {"code": "rollback_ordered" if ordered else "not_ordered", "message": said}
        return Response(RollbackOrdered(body).data, status=200 if ordered else 403)


def _releases() -> ReleaseQuerySet:
    rows: Any = Release.objects.select_related("project", "candidate", "baseline", "gate", "case")
    found: ReleaseQuerySet = rows
    return found


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Release, Membership]:
    release = get_object_or_404(_releases().visible_to(request.user), uid=uid)
    member = member_of(request, release, Verb.SEE_RELEASES)
    require_verb(request, member, verb)
    return release, member


def _asked(kind: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    given: dict[str, Any] = asked.validated_data
    return given


def _done(
    request: Request,
    uid: UUID,
    act: Callable[..., Release],
    words: type[BaseSerializer[Any]],
) -> Response:
    """Do what needs a reason at most, and say where the release stands then."""
    release, member = _find(request, uid, Verb.RUN_RELEASES)
    act(release, by=member, **_asked(words, request))
    return _answer(release)


def _answer(release: Release, status: int = 201) -> Response:
    """The release as it is now, read anew."""
    row = _releases().get(pk=release.pk)
    return Response(ReleaseSerializer(standing(row)).data, status=status)
