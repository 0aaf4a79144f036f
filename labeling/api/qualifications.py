"""Who is qualified for the rubric version of a queue, for programs."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn
from labeling.api.queues import find_queue
from labeling.models import Membership, Qualification
from labeling.policy.roles import Verb
from labeling.serializers.queues import QualificationSerializer, Qualified, QualifyPeople
from labeling.services.qualifying import end_qualification, qualify


class QueueQualifications(generics.ListAPIView[Qualification]):
    """Who is qualified for the queue's rubric version, the latest first."""

    permission_classes = [LoggedIn]
    serializer_class = QualificationSerializer

    def get_queryset(self) -> QuerySet[Qualification]:
        queue, _member = find_queue(self.request, self.kwargs["uid"], Verb.SEE_AGREEMENT)
        allow_filters(self.request)
        live = Qualification.objects.filter(
            rubric_version=queue.rubric_version, ended_at__isnull=True
        )
        return live.select_related("annotator").order_by("-granted_at", "-pk")

    @extend_schema(request=QualifyPeople, responses=Qualified)
    def post(self, request: Request, uid: UUID) -> Response:
        """Qualify people, or end that; who is on an item finishes it."""
        queue, member = find_queue(request, uid, Verb.RUN_QUEUES)
        asked = QualifyPeople(data=request.data)
        asked.is_valid(raise_exception=True)
        act = end_qualification if asked.validated_data["end"] else qualify
        people = _people(member, asked.validated_data["people"])
        return Response({"changed": act(people, queue.rubric_version, by=member)})


def _people(member: Membership, uids: list[UUID]) -> list[Membership]:
    rows = Membership.objects.seen_by(member).filter(uid__in=uids).select_related("team", "user")
    people = list(rows.select_related("project"))
    if len(people) < len(set(uids)):
        missing = ValidationError(_("There is no such row here."), code="invalid_reference")
        raise ValidationError({"people": missing})
    return people
