from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import Import, Item, RefusedRow, Slice
from labeling.policy.slices import Condition, Operator, SliceError, parse
from labeling.serializers.base import StrictSerializer

REFUSED_SHOWN = 100


class PushedItemSerializer(serializers.Serializer[Any]):
    """One pushed item; rows are checked one by one, and the refused ones named by their line."""

    external_id = serializers.CharField(max_length=200)
    content = serializers.DictField(child=serializers.CharField())
    attributes = serializers.DictField(child=serializers.CharField(), required=False)
    group = serializers.CharField(max_length=200, required=False)
    model_version = serializers.CharField(max_length=200, required=False)
    prediction = serializers.JSONField(required=False, allow_null=True)
    confidence = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item; `prediction` and `confidence` are left out for members who judge."""

    content = serializers.DictField(child=serializers.CharField())
    attributes = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Item
        fields = (
            "uid",
            "external_id",
            "content",
            "attributes",
            "group",
            "model_version",
            "prediction",
            "confidence",
            "occurred_at",
            "imported_at",
            "content_digest",
            "erased_at",
        )
        read_only_fields = fields

    def to_representation(self, instance: Item) -> dict[str, Any]:
        said = super().to_representation(instance)
        if self.context.get("blind"):
            del said["prediction"], said["confidence"]
        return said


class ItemsPageSerializer(serializers.Serializer[Any]):
    """A page of items; it may be short, or empty, while `next` still leads to older ones."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ItemSerializer(many=True)


class ErasureSerializer(StrictSerializer):
    """Why an item's content goes."""

    why = serializers.CharField(max_length=300)


class RefusedRowSerializer(serializers.ModelSerializer[RefusedRow]):
    """A row that was not taken."""

    class Meta:
        model = RefusedRow
        fields = ("line", "reason")
        read_only_fields = fields


class ImportRowSerializer(serializers.ModelSerializer[Import]):
    """An import: its state and its counts."""

    job = serializers.SerializerMethodField(help_text="uid of its job")

    class Meta:
        model = Import
        fields: tuple[str, ...] = (
            "uid",
            "name",
            "source",
            "state",
            "file_format",
            "valid_rows_only",
            "accepted",
            "unchanged",
            "refused",
            "error",
            "job",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_job(self, batch: Import) -> str | None:
        return str(batch.job.uid) if batch.job else None


class ImportSerializer(ImportRowSerializer):
    """An import with the first rows that it refused."""

    refused_rows = serializers.SerializerMethodField(help_text="the first 100")

    class Meta(ImportRowSerializer.Meta):
        fields = (*ImportRowSerializer.Meta.fields, "refused_rows")
        read_only_fields = fields

    @extend_schema_field(RefusedRowSerializer(many=True))
    def get_refused_rows(self, batch: Import) -> list[dict[str, Any]]:
        rows = batch.refused_rows.all()[:REFUSED_SHOWN] if batch.refused else []
        return [{"line": row.line, "reason": row.reason} for row in rows]


class ConditionSerializer(StrictSerializer):
    """One condition; `value` is a list for `one_of`, else a text, number or time."""

    field = serializers.CharField(help_text="attributes.<name>, prediction, confidence, …")
    operator = serializers.ChoiceField(choices=[operator.value for operator in Operator])
    value = serializers.JSONField()


class SliceSerializer(StrictSerializer):
    """A slice: an item is in it when it meets every condition."""

    uid = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=120, validators=[validate_name])
    conditions = ConditionSerializer(many=True, allow_empty=False)
    weight = serializers.DecimalField(max_digits=8, decimal_places=3, min_value=0, required=False)
    owner = serializers.UUIDField(
        source="owner.uid", required=False, allow_null=True, help_text="uid of a member"
    )

    def validate_conditions(self, given: list[dict[str, Any]]) -> list[Condition]:
        try:
            return parse([dict(one) for one in given])
        except SliceError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, instance: Slice) -> dict[str, Any]:
        owner = str(instance.owner.uid) if instance.owner else None
        return {
            "uid": str(instance.uid),
            "name": instance.name,
            "conditions": instance.conditions,
            "weight": str(instance.weight),
            "owner": owner,
        }
