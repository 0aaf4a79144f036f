"""Rubrics for programs: write a draft, publish it, retire it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import Membership, Rubric, RubricVersion
from labeling.models.rubrics import RubricQuerySet
from labeling.policy.roles import Verb
from labeling.serializers import rubrics as serializers
from labeling.services import rubrics as services
from labeling.services.rubric_drafts import discard_draft

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the draft that was read; 412 when it has been saved since.",
)


class RevisionPassed(exceptions.APIException):
    """412: the draft is not the one that If-Match names."""

    status_code = 412
    default_detail = "Somebody saved this draft in the meantime; read it again."
    error_code = "stale_draft"


class Rubrics(generics.ListAPIView[Rubric]):
    """The project's rubrics with their versions, newest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.RubricSerializer

    def get_queryset(self) -> RubricQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_RUBRICS)
        allow_filters(self.request)
        rows = Rubric.objects.filter(project=member.project).select_related("owner")
        return rows.prefetch_related("versions")

    @extend_schema(request=serializers.CreateRubric, responses={201: serializers.VersionSerializer})
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.EDIT_RUBRICS)
        asked = _checked(serializers.CreateRubric, request)
        version = services.create_rubric(member.project, asked["document"], by=member)
        return _answer(version, status=201)


class RubricDrafts(APIView):
    """The rubric's draft: the one there is, or a copy of a version, by default the newest."""

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.StartDraft, responses={201: serializers.VersionSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        visible = Rubric.objects.visible_to(request.user).select_related("project")
        rubric = get_object_or_404(visible, uid=uid)
        member = member_of(request, rubric, Verb.EDIT_RUBRICS)
        number = _checked(serializers.StartDraft, request).get("source")
        versions = rubric.versions.select_related("rubric__project")
        source = get_object_or_404(versions, number=number) if number else None
        return _answer(services.start_draft(rubric, by=member, source=source), status=201)


class RubricVersionDetail(APIView):
    """One version; only a draft can be changed, and only as its reader saw it."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.VersionSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        return _answer(version)

    @extend_schema(
        request=serializers.SaveDraft,
        responses=serializers.VersionSerializer,
        parameters=[IF_MATCH],
    )
    def put(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.EDIT_RUBRICS)
        asked = _checked(serializers.SaveDraft, request)
        revision = _revision(request, version, asked.get("revision"))
        saved = services.save_draft(version, asked["document"], revision=revision, by=member)
        return _answer(saved)


class RubricVersionPublish(APIView):
    """Makes a draft final; 400 with what it still lacks, 409 when it is no draft any more.

    403 `conflict_of_interest` where labels change their meaning and the rubric's owner confirms it.
    """

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.PublishRubric, responses=serializers.VersionSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.PUBLISH_RUBRICS)
        reason = _checked(serializers.PublishRubric, request).get("reason", "")
        return _answer(services.publish(version, by=member, reason=reason))


class RubricVersionDiscard(APIView):
    """Throws a draft away as it was read; 409 where nothing is published before it."""

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.DiscardDraft, responses={204: None}, parameters=[IF_MATCH])
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.EDIT_RUBRICS)
        said = _checked(serializers.DiscardDraft, request).get("revision")
        discard_draft(version, revision=_revision(request, version, said), by=member)
        return Response(status=204)


class RubricVersionRetire(APIView):
    """Takes a published version out of the choice for new queues; 409 for any other."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses=serializers.VersionSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.PUBLISH_RUBRICS)
        services.retire(version, by=member)
        version.refresh_from_db()
        return _answer(version)


def find_version(request: Request, uid: UUID, verb: Verb) -> tuple[RubricVersion, Membership]:
    visible = RubricVersion.objects.visible_to(request.user).select_related("rubric__project")
    version = get_object_or_404(visible, uid=uid)
    member = member_of(request, version.rubric, Verb.SEE_RUBRICS)
    require_verb(request, member, verb)
    return version, member


def _revision(request: Request, version: RubricVersion, said: int | None) -> int:
    """The revision that the caller read: by If-Match, or by the body."""
    tag = request.headers.get("If-Match")
    if tag is not None:
        if tag.strip() not in {_etag(version), "*"}:
            raise RevisionPassed
        return version.revision
    if said is None:
        raise exceptions.ValidationError({"revision": [_("Say which revision you read.")]})
    return said


def _checked(serializer: type[Any], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    checked: dict[str, Any] = asked.validated_data
    return checked


def _etag(version: RubricVersion) -> str:
    return f'"{version.state}-{version.revision}"'


def _answer(version: RubricVersion, status: int = 200) -> Response:
    body = serializers.VersionSerializer(version).data
    return Response(body, status=status, headers={"ETag": _etag(version)})
