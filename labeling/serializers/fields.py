from __future__ import annotations

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import ContentField, Project
from labeling.serializers.base import StrictSerializer


class ContentFieldSerializer(serializers.ModelSerializer[ContentField]):
    """A content field of a project's items, and what annotators see of it."""

    class Meta:
        model = ContentField
        fields = ("name", "label", "visibility", "rendering")
        read_only_fields = fields


class ChangeContentField(StrictSerializer):
    """What is to change of one content field; what is left out stays."""

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=120, allow_blank=True, required=False, validators=[validate_name]
    )
    visibility = serializers.ChoiceField(ContentField.Visibility.choices, required=False)
    rendering = serializers.ChoiceField(ContentField.Rendering.choices, required=False)


class ChangeContentFields(StrictSerializer):
    """Content fields by their names, each with what is to change."""

    content_fields = serializers.DictField(child=ChangeContentField(), allow_empty=False)


class ProjectSettingsSerializer(serializers.ModelSerializer[Project]):
    """What a project is called; for how many minutes people can amend what they handed in."""

    class Meta:
        model = Project
        fields = ("uid", "slug", "name", "description", "amend_minutes")
        read_only_fields = fields


class ChangeProjectSettings(StrictSerializer):
    """What is to change; what is left out stays."""

    name = serializers.CharField(required=False, max_length=120, validators=[validate_name])
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    amend_minutes = serializers.IntegerField(required=False, min_value=0)
