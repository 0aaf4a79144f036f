"""The labels that annotators missed, for programs."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, member_of
from labeling.models import Membership, Rubric
from labeling.policy.roles import Verb
from labeling.reports.proposals import proposals_of, unnamed
from labeling.serializers import proposals as serializers
from labeling.services.proposals import dismiss, reopen, take_up


class ProposedLabels(APIView):
    """What people missed under a rubric; POST takes a label up, dismisses it, or takes that back.

    409 where somebody else has decided already.
    """

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="rubrics_proposed_labels", responses=serializers.ProposedLabelsAnswer
    )
    def get(self, request: Request, uid: UUID) -> Response:
        rubric, _member = _find(request, uid)
        allow_filters(request)
        return _answer(rubric)

    @extend_schema(
        operation_id="rubrics_proposed_labels_decide",
        request=serializers.DecideLabel,
        responses=serializers.ProposedLabelsAnswer,
    )
    def post(self, request: Request, uid: UUID) -> Response:
        rubric, member = _find(request, uid)
        asked = serializers.DecideLabel(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        which, now = (rubric, said["criterion"], said["label"]), timezone.now()
        if said["action"] == "take_up":
            take_up(*which, wording=said["wording"], by=member, at=now)
        elif said["action"] == "dismiss":
            dismiss(*which, said["reason"], by=member, at=now)
        else:
            reopen(*which, by=member, at=now)
        return _answer(rubric)


def _find(request: Request, uid: UUID) -> tuple[Rubric, Membership]:
    visible = Rubric.objects.visible_to(request.user).select_related("project")
    rubric = get_object_or_404(visible, uid=uid)
    return rubric, member_of(request, rubric, Verb.EDIT_RUBRICS)


def _answer(rubric: Rubric) -> Response:
    answer = {"labels": proposals_of(rubric), "unnamed": unnamed(rubric)}
    return Response(serializers.ProposedLabelsAnswer(answer).data)
