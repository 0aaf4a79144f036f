"""A project's settings, and what annotators see of its items, field by field."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.permissions import LoggedIn, caller
from labeling.forms.accounts import ProjectForm
from labeling.models import ContentField, Project
from labeling.policy.roles import Verb
from labeling.serializers import fields as serializers
from labeling.services.projects import change_project, show_fields


class ProjectSettings(APIView):
    """What the project is called, and how long its people can amend what they handed in."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.ProjectSettingsSerializer)
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_SETTINGS)
        allow_filters(request)
        return Response(serializers.ProjectSettingsSerializer(member.project).data)

    @extend_schema(
        request=serializers.ChangeProjectSettings,
        responses=serializers.ProjectSettingsSerializer,
    )
    def patch(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.CHANGE_SETTINGS)
        asked = serializers.ChangeProjectSettings(data=request.data)
        asked.is_valid(raise_exception=True)
        row = Project.objects.get(pk=member.project_id)
        known = {name: getattr(row, name) for name in ("name", "description", "amend_minutes")}
        form = ProjectForm(known | asked.validated_data, instance=row)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        change_project(row, by=member, **form.cleaned_data)
        return Response(serializers.ProjectSettingsSerializer(row).data)


class ContentFields(APIView):
    """The content fields in their order; they change in the browser's session, not by token."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.ContentFieldSerializer(many=True))
    def get(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.SEE_SETTINGS)
        allow_filters(request)
        return _answer(member.project)

    @extend_schema(
        request=serializers.ChangeContentFields,
        responses=serializers.ContentFieldSerializer(many=True),
    )
    def patch(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.CHANGE_SETTINGS)
        asked = serializers.ChangeContentFields(data=request.data)
        asked.is_valid(raise_exception=True)
        changes = asked.validated_data["content_fields"]
        known = set(member.project.content_fields.values_list("name", flat=True))
        if unknown := sorted(changes.keys() - known):
            problem = _("There is no such content field here.")
            raise ValidationError({f"content_fields.{name}": problem for name in unknown})
        kinds = ("visibility", "label", "rendering")
        show_fields(
            member.project,
            *({name: one[kind] for name, one in changes.items() if kind in one} for kind in kinds),
            by=member,
        )
        return _answer(member.project)


def _answer(project: Project) -> Response:
    rows = ContentField.objects.filter(project=project)
    return Response(serializers.ContentFieldSerializer(rows, many=True).data)
