from __future__ import annotations

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import ContentField
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
