"""Who confirms changes of meaning of a rubric, and proposals to them, for programs."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.permissions import LoggedIn, member_of, require_verb
from labeling.api.rubrics import find_version
from labeling.models import Membership, Rubric
from labeling.policy.roles import Verb
from labeling.serializers import rubrics as serializers
from labeling.services.rubric_owners import propose, set_owner


class RubricOwner(APIView):
    """Says who confirms changes of meaning of a rubric; null for any lead."""

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.OwnRubric, responses=serializers.RubricSerializer)
    def put(self, request: Request, uid: UUID) -> Response:
        visible = Rubric.objects.visible_to(request.user).select_related("project", "owner")
        rubric = get_object_or_404(visible, uid=uid)
        member = member_of(request, rubric, Verb.SEE_RUBRICS)
        require_verb(request, member, Verb.PUBLISH_RUBRICS)
        asked = serializers.OwnRubric(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = _named(rubric, asked.validated_data["owner"])
        return Response(serializers.RubricSerializer(set_owner(rubric, owner, by=member)).data)


class RubricVersionPropose(APIView):
    """Asks the rubric's owner to confirm a draft that changes what labels mean.

    400 with what the draft still lacks; 409 for no draft, and where no label changes its meaning.
    """

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.ProposeRubric, responses=serializers.VersionSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.PUBLISH_RUBRICS)
        asked = serializers.ProposeRubric(data=request.data)
        asked.is_valid(raise_exception=True)
        proposed = propose(version, asked.validated_data["reason"], by=member)
        return Response(serializers.VersionSerializer(proposed).data)


def _named(rubric: Rubric, uid: UUID | None) -> Membership | None:
    """The member of this uid; one of another project is as good as none."""
    if uid is None:
        return None
    people = Membership.objects.filter(project=rubric.project_id).select_related("team", "user")
    if (found := people.filter(uid=uid).first()) is None:
        missing = ValidationError(_("There is no such person here."), code="invalid_reference")
        raise ValidationError({"owner": missing})
    return found
