from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import storage
from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of
from labeling.models import Job, Membership
from labeling.models.jobs import JobQuerySet
from labeling.policy.roles import Verb
from labeling.serializers.jobs import JobSerializer
from labeling.services import jobs as services

FILTERS = [
    OpenApiParameter("state", str, enum=Job.State.values, description="Only jobs in this state."),
    OpenApiParameter("kind", str, description="Only jobs of this kind."),
]


@extend_schema(parameters=FILTERS)
class Jobs(generics.ListAPIView[Job]):
    """The project's jobs, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = JobSerializer

    def get_queryset(self) -> JobQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_JOBS)
        given = allow_filters(self.request, {"state", "kind"})
        if given.get("state", Job.State.DONE) not in Job.State.values:
            raise exceptions.ValidationError({"state": ["Not a state of a job."]})
        return _jobs_of(self.request).filter(project=member.project, **given)


class JobDetail(APIView):
    """One job: how far it is, what it found, why it failed."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        job, _member = _find(request, uid, Verb.SEE_JOBS)
        return Response(JobSerializer(job).data)


class JobCancellations(APIView):
    """Ends a job: at once while it waits, at its next step while it runs; 409 when it has ended."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        job, member = _find(request, uid, Verb.RUN_JOBS)
        return Response(JobSerializer(services.cancel(job, by=member)).data, status=202)


class JobRetries(APIView):
    """Puts a failed or canceled job back into the queue; 409 for any other."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        job, member = _find(request, uid, Verb.RUN_JOBS)
        return Response(JobSerializer(services.retry(job, by=member)).data, status=202)


class JobFile(APIView):
    """What the job produced, as a download; for callers who may see exports."""

    permission_classes = [LoggedIn]

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)}
    )
    def get(self, request: Request, uid: UUID) -> FileResponse:
        job, _member = _find(request, uid, Verb.SEE_JOBS)
        member_of(request, job, Verb.SEE_EXPORTS)
        if job.file is None:
            raise Http404
        return storage.serve(job.file)


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[Job, Membership]:
    job = get_object_or_404(_jobs_of(request), uid=uid)
    return job, member_of(request, job, verb)


def _jobs_of(request: Request) -> JobQuerySet:
    visible = Job.objects.visible_to(request.user)
    return visible.select_related("project", "created_by", "file")
