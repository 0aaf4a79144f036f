"""Versions and their predictions as programs send and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluation.models import ModelVersion, PredictionUpload
from labeling.forms.names import validate_name
from labeling.serializers.base import StrictSerializer

REASONS_SHOWN = 100


class RegisterVersion(StrictSerializer):
    """A version of the model; `parent` is the uid of the version it was made from."""

    name = serializers.CharField(max_length=100, validators=[validate_name])
    state = serializers.ChoiceField(choices=ModelVersion.State.choices, required=False)
    digest = serializers.CharField(max_length=128, validators=[validate_name], required=False)
    commit = serializers.CharField(max_length=80, validators=[validate_name], required=False)
    link = serializers.URLField(max_length=500, required=False)
    training_digest = serializers.CharField(
        max_length=128, validators=[validate_name], required=False
    )
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]


class MoveVersion(StrictSerializer):
    """The state a version is to have."""

    state = serializers.ChoiceField(choices=ModelVersion.State.choices)


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version of the model."""

    parent = serializers.UUIDField(  # type: ignore[assignment]
        source="parent.uid", read_only=True, default=None
    )

    class Meta:
        model = ModelVersion
        fields = (
            "uid",
            "name",
            "state",
            "digest",
            "commit",
            "link",
            "training_digest",
            "parent",
            "registered_at",
        )
        read_only_fields = fields


class PredictionSerializer(StrictSerializer):
    """One prediction; the answer is the key of an option or label."""

    external_id = serializers.CharField(max_length=200)
    prediction = serializers.JSONField()
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)


class RefusedPredictionSerializer(serializers.Serializer[Any]):
    """A row that was not taken, and why."""

    line = serializers.IntegerField()
    reason = serializers.CharField()


class UploadSerializer(serializers.ModelSerializer[PredictionUpload]):
    """Predictions that were sent: what was taken, and the first hundred rows that were not."""

    version = serializers.UUIDField(source="version.uid", read_only=True)
    job = serializers.UUIDField(source="job.uid", read_only=True, default=None)
    refused_rows = serializers.SerializerMethodField()

    class Meta:
        model = PredictionUpload
        fields = (
            "uid",
            "version",
            "name",
            "state",
            "accepted",
            "unchanged",
            "refused",
            "refused_rows",
            "error",
            "job",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(RefusedPredictionSerializer(many=True))
    def get_refused_rows(self, upload: PredictionUpload) -> list[dict[str, Any]]:
        return upload.reasons[:REASONS_SHOWN]


class CompletenessSerializer(serializers.Serializer[Any]):
    """How many of a set's examples have a prediction of the version."""

    predicted = serializers.IntegerField()
    size = serializers.IntegerField()
    missing = serializers.IntegerField()


class DifferenceSerializer(serializers.Serializer[Any]):
    """One example that two versions answered; `before` is the other version's answer."""

    item = serializers.UUIDField(source="item.uid")
    external_id = serializers.CharField(source="item.external_id")
    reference = serializers.CharField()
    answer = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)


class DifferencesSerializer(serializers.Serializer[Any]):
    """Examples with one kind of change, and how many there are of each kind."""

    fixed = serializers.IntegerField()
    broken = serializers.IntegerField()
    both_wrong = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = DifferenceSerializer(many=True)
