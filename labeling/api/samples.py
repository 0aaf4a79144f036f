"""Samples for programs: ask for a draw, read what it took and how probable each item was."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.pagination import CursorPages
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Sample, SampledItem
from labeling.models.samples import SampleQuerySet
from labeling.policy.roles import Verb
from labeling.serializers.samples import DrawSample, SampledItemSerializer, SampleSerializer
from labeling.services.samples import draw_sample


class ByPosition(CursorPages):
    """Members in the order in which they were drawn."""

    ordering = "position"


class Samples(generics.ListAPIView[Sample]):
    """The project's samples, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = SampleSerializer

    def get_queryset(self) -> SampleQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_SAMPLES)
        allow_filters(self.request)
        return Sample.objects.filter(project=member.project)

    @extend_schema(request=DrawSample, responses={202: SampleSerializer})
    def post(self, request: Request, project: str) -> Response:
        """Write down what is to be drawn; a job draws it, `state` says when it has."""
        member = caller(request, project, Verb.DRAW_SAMPLES)
        asked = DrawSample(data=request.data)
        asked.is_valid(raise_exception=True)
        sample = draw_sample(member.project, asked.plan(), by=member)
        return Response(SampleSerializer(sample).data, status=202)


class SampleDetail(APIView):
    """One sample."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=SampleSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        allow_filters(request)
        return Response(SampleSerializer(_find(request, uid)).data)


class SampleMembers(generics.ListAPIView[SampledItem]):
    """The items of a sample with stratum, inclusion probability, copies and weight."""

    permission_classes = [LoggedIn]
    serializer_class = SampledItemSerializer
    pagination_class = ByPosition

    def get_queryset(self) -> QuerySet[SampledItem]:
        sample = _find(self.request, self.kwargs["uid"])
        allow_filters(self.request)
        return sample.members.select_related("item")


def _find(request: Request, uid: UUID) -> Sample:
    visible = Sample.objects.visible_to(request.user).select_related("project")
    sample = get_object_or_404(visible, uid=uid)
    member_of(request, sample, Verb.SEE_SAMPLES)
    return sample
