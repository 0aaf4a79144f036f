"""Exports and labels as programs see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.models import Export
from labeling.policy.slices import SliceError, parse
from labeling.serializers.base import StrictSerializer
from labeling.serializers.items import ConditionSerializer


class ExportSerializer(serializers.ModelSerializer[Export]):
    """An export; `manifest` is empty until it is done."""

    scope = serializers.JSONField(read_only=True, help_text="what it was limited to")
    manifest = serializers.JSONField(read_only=True)
    job = serializers.SerializerMethodField(help_text="uid of the job that writes it")
    has_file = serializers.SerializerMethodField(help_text="False once the file has expired")

    class Meta:
        model = Export
        fields: tuple[str, ...] = (
            "uid",
            "kind",
            "file_format",
            "profile",
            "scope",
            "state",
            "error",
            "manifest",
            "job",
            "has_file",
            "created_at",
        )
        read_only_fields = fields

    def get_job(self, export: Export) -> str | None:
        return str(export.job.uid) if export.job else None

    def get_has_file(self, export: Export) -> bool:
        return export.file_id is not None


class ExportInList(ExportSerializer):
    """An export without its manifest, which can be long."""

    class Meta(ExportSerializer.Meta):
        fields = tuple(name for name in ExportSerializer.Meta.fields if name != "manifest")
        read_only_fields = fields


class NewExport(StrictSerializer):
    """What to export: labels and annotations of a queue or of all, or the inputs that fit."""

    kind = serializers.ChoiceField(Export.Kind.choices)
    file_format = serializers.ChoiceField(
        Export.FileFormat.choices, default=Export.FileFormat.JSONL
    )
    profile = serializers.ChoiceField(Export.Profile.choices, default=Export.Profile.RAW)
    queue = serializers.UUIDField(required=False, help_text="not for kind `items`")
    slice = serializers.UUIDField(required=False, help_text="only for kind `items`")
    conditions = ConditionSerializer(many=True, required=False, help_text="only for kind `items`")
    text = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="only for kind `items`"
    )

    def validate_conditions(self, conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            return [condition.to_json() for condition in parse(conditions)]
        except SliceError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong = (
            ("queue",) if attrs["kind"] == Export.Kind.ITEMS else ("slice", "conditions", "text")
        )
        if given := [name for name in wrong if name in attrs]:
            raise serializers.ValidationError(
                {name: ["This does not fit the kind."] for name in given}
            )
        return attrs


class LabelAnswer(serializers.Serializer[Any]):
    """What an item's task was settled with on one criterion."""

    value = serializers.CharField(allow_null=True, help_text="null: cannot tell")
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    cannot_tell = serializers.BooleanField()
    critical = serializers.BooleanField()
    contested = serializers.BooleanField()
    cause = serializers.CharField()
    rationale = serializers.CharField()


class MappedAnswer(serializers.Serializer[Any]):
    """An answer under a later version of the rubric, and the decision that led there."""

    value = serializers.CharField(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    cannot_tell = serializers.BooleanField()
    decision = serializers.CharField(help_text="carry_over, map, relabel or invalidate")


class LabelRow(serializers.Serializer[Any]):
    """One adjudicated item."""

    external_id = serializers.CharField()
    content = serializers.DictField(child=serializers.CharField())
    attributes = serializers.DictField(child=serializers.CharField())
    group = serializers.CharField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    model_version = serializers.CharField()
    prediction = serializers.JSONField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    content_digest = serializers.CharField()
    erased_at = serializers.DateTimeField(allow_null=True)
    answers = serializers.DictField(child=LabelAnswer(), help_text="as they were given")
    mapped = serializers.DictField(
        child=MappedAnswer(), help_text="under the newest published version, where it is another"
    )
    mapped_version = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    policy = serializers.CharField()
    adjudicator = serializers.CharField(allow_null=True, help_text="a pseudonym")
    adjudicated_at = serializers.DateTimeField()
    state = serializers.CharField()
    rubric = serializers.CharField()
    rubric_version = serializers.IntegerField()
    queue = serializers.CharField()
    queue_id = serializers.UUIDField()
    task_id = serializers.UUIDField()
    sample = serializers.CharField(allow_null=True)
    stratum = serializers.CharField(allow_null=True)
    inclusion_probability = serializers.FloatField(allow_null=True)
    copies = serializers.IntegerField(allow_null=True)
    weight = serializers.FloatField(allow_null=True)


class AnnotationRow(serializers.Serializer[Any]):
    """One answer of one annotator."""

    item_id = serializers.CharField(help_text="the item's external_id")
    item_hash = serializers.CharField()
    rubric_id = serializers.UUIDField()
    rubric_version = serializers.IntegerField()
    criterion_id = serializers.CharField()
    annotator_pseudonym = serializers.CharField()
    annotator_kind = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text="null: cannot tell")
    value_label = serializers.CharField(allow_null=True)
    value_type = serializers.CharField()
    cannot_tell = serializers.BooleanField()
    proposed_label = serializers.CharField(
        help_text="the label that is missed, where the value is none_of_these"
    )
    mapped_value = serializers.CharField(
        allow_null=True, help_text="under the newest published version, where it is another"
    )
    mapped_label = serializers.CharField(allow_null=True)
    mapped_cannot_tell = serializers.BooleanField(allow_null=True)
    mapped_decision = serializers.CharField(
        allow_null=True, help_text="carry_over, map, relabel or invalidate"
    )
    mapped_version = serializers.IntegerField(allow_null=True)
    critical = serializers.BooleanField()
    comment = serializers.CharField()
    unsure = serializers.BooleanField()
    language = serializers.CharField()
    shown_order = serializers.JSONField()
    blind = serializers.BooleanField()
    started_at = serializers.DateTimeField(allow_null=True)
    submitted_at = serializers.DateTimeField()
    active_ms = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(["active", "superseded", "withdrawn", "surplus", "set_aside"])
    annotation_id = serializers.UUIDField()
    supersedes_id = serializers.UUIDField(allow_null=True)
    queue_id = serializers.UUIDField()
    task_id = serializers.UUIDField()
