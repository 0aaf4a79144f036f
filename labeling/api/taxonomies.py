"""Taxonomies for programs: bring a tree in, change a draft step by step, publish it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller, member_of, require_verb
from labeling.models import Membership, Project, Taxonomy, TaxonomyDraft, TaxonomyVersion
from labeling.policy.roles import Verb
from labeling.serializers import taxonomies as serializers
from labeling.services import taxonomy_drafts as services
from labeling.services.taxonomies import save_taxonomy


class Taxonomies(generics.ListAPIView[Taxonomy]):
    """The project's taxonomies with their versions, the newest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.TaxonomySerializer

    def get_queryset(self) -> QuerySet[Taxonomy]:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_RUBRICS)
        allow_filters(self.request)
        rows = Taxonomy.objects.filter(project=member.project).select_related("draft")
        versions = TaxonomyVersion.objects.defer("nodes", "changes")
        return rows.prefetch_related(Prefetch("versions", versions))

    @extend_schema(
        request=serializers.CreateTaxonomy, responses={201: serializers.TaxonomyVersionSerializer}
    )
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.EDIT_RUBRICS)
        asked = _checked(serializers.CreateTaxonomy, request).validated_data
        version = save_taxonomy(member.project, asked["name"], asked["nodes"], by=member)
        return Response(serializers.TaxonomyVersionSerializer(version).data, status=201)


class TaxonomyVersionDetail(APIView):
    """One version of a tree; it never changes."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.TaxonomyVersionSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        rows = TaxonomyVersion.objects.select_related("taxonomy__project")
        version = get_object_or_404(rows, uid=uid, taxonomy__project__in=_visible(request))
        member_of(request, version.taxonomy, Verb.SEE_RUBRICS)
        allow_filters(request)
        return Response(serializers.TaxonomyVersionSerializer(version).data)


class TaxonomyDrafts(APIView):
    """The taxonomy's draft: the one there is, or a copy of its newest version."""

    permission_classes = [LoggedIn]

    @extend_schema(request=None, responses={201: serializers.TaxonomyDraftSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        rows = Taxonomy.objects.select_related("project")
        taxonomy = get_object_or_404(rows, uid=uid, project__in=_visible(request))
        member = member_of(request, taxonomy, Verb.EDIT_RUBRICS)
        return _answer(services.start_draft(taxonomy, by=member), status=201)


class TaxonomyDraftDetail(APIView):
    """The tree so far, with the steps that led there."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.TaxonomyDraftSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        draft, _member = _find(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        return _answer(draft)


class TaxonomyDraftChanges(APIView):
    """Does one step on the draft; 409 when somebody changed it since the revision was read."""

    permission_classes = [LoggedIn]

    @extend_schema(
        request=serializers.ChangeTaxonomy, responses=serializers.TaxonomyDraftSerializer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        draft, member = _find(request, uid, Verb.EDIT_RUBRICS)
        asked = _checked(serializers.ChangeTaxonomy, request)
        revision = asked.validated_data["revision"]
        return _answer(services.change_draft(draft, asked.step(), revision=revision, by=member))


class TaxonomyDraftUndo(APIView):
    """Takes the last step back; 409 when there is none."""

    permission_classes = [LoggedIn]

    @extend_schema(
        request=serializers.TaxonomyRevision, responses=serializers.TaxonomyDraftSerializer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        draft, member = _find(request, uid, Verb.EDIT_RUBRICS)
        revision = _checked(serializers.TaxonomyRevision, request).validated_data["revision"]
        return _answer(services.undo_change(draft, revision=revision, by=member))


class TaxonomyDraftPublish(APIView):
    """Makes the draft the next version; 409 when nothing changed or a newer one was brought in."""

    permission_classes = [LoggedIn]

    @extend_schema(
        request=serializers.TaxonomyRevision, responses=serializers.TaxonomyVersionSerializer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        draft, member = _find(request, uid, Verb.PUBLISH_RUBRICS)
        revision = _checked(serializers.TaxonomyRevision, request).validated_data["revision"]
        version = services.publish_draft(draft, revision=revision, by=member)
        return Response(serializers.TaxonomyVersionSerializer(version).data)


class TaxonomyDraftDiscard(APIView):
    """Throws the draft away; the published tree stays what it was."""

    permission_classes = [LoggedIn]

    @extend_schema(request=serializers.TaxonomyRevision, responses={204: None})
    def post(self, request: Request, uid: UUID) -> Response:
        draft, member = _find(request, uid, Verb.EDIT_RUBRICS)
        revision = _checked(serializers.TaxonomyRevision, request).validated_data["revision"]
        services.discard_draft(draft, revision=revision, by=member)
        return Response(status=204)


def _visible(request: Request) -> QuerySet[Project]:
    return Project.objects.visible_to(request.user)


def _find(request: Request, uid: UUID, verb: Verb) -> tuple[TaxonomyDraft, Membership]:
    rows = TaxonomyDraft.objects.select_related("taxonomy__project", "before")
    draft = get_object_or_404(rows, uid=uid, taxonomy__project__in=_visible(request))
    member = member_of(request, draft.taxonomy, Verb.SEE_RUBRICS)
    require_verb(request, member, verb)
    return draft, member


def _checked(serializer: type[Any], request: Request) -> Any:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return asked


def _answer(draft: TaxonomyDraft, status: int = 200) -> Response:
    return Response(serializers.TaxonomyDraftSerializer(draft).data, status=status)
