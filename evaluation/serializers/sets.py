"""Evaluation sets as programs see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from evaluation.formats.set_files import Layout
from evaluation.models import EvaluationSet, SetVersion
from evaluation.services.set_exports import Contents
from labeling.forms.names import validate_name
from labeling.models import Export
from labeling.serializers.base import StrictSerializer


class SetSerializer(serializers.ModelSerializer[EvaluationSet]):
    """A set with its newest frozen version's number and size; null before the first."""

    newest_version = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()

    class Meta:
        model = EvaluationSet
        fields = ("uid", "name", "role", "newest_version", "size", "created_at")
        read_only_fields = fields

    def get_newest_version(self, row: EvaluationSet) -> int | None:
        version = self.context.get("newest", {}).get(row.pk)
        return version.number if version else None

    def get_size(self, row: EvaluationSet) -> int | None:
        version = self.context.get("newest", {}).get(row.pk)
        return version.size if version else None


class NewSet(StrictSerializer):
    """What a set is called and its role in the loop."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    role = serializers.ChoiceField(EvaluationSet.Role.choices)


class SetVersionSerializer(serializers.ModelSerializer[SetVersion]):
    """A version; `digest` and `size` are there once `state` is frozen, and never change."""

    set = serializers.UUIDField(source="evaluation_set.uid", read_only=True)
    rubric_version = serializers.SerializerMethodField(
        help_text="uid; null where an import named none"
    )
    job = serializers.SerializerMethodField(help_text="uid of the job that freezes it")
    source = serializers.JSONField(  # type: ignore[assignment]
        read_only=True, help_text="what it was made of"
    )
    quality = serializers.JSONField(read_only=True, help_text="`known` is false where imported")
    taxonomy = serializers.JSONField(read_only=True, help_text="nodes with key, parent, label")

    class Meta:
        model = SetVersion
        fields = (
            "uid",
            "set",
            "number",
            "state",
            "provenance",
            "criterion",
            "subject",
            "judged_version",
            "rubric_version",
            "size",
            "digest",
            "quality",
            "source",
            "taxonomy",
            "error",
            "job",
            "created_at",
        )
        read_only_fields = fields

    def get_rubric_version(self, version: SetVersion) -> str | None:
        return str(version.rubric_version.uid) if version.rubric_version else None

    def get_job(self, version: SetVersion) -> str | None:
        return str(version.job.uid) if version.job else None


class SetVersionInList(serializers.ModelSerializer[SetVersion]):
    """A version without what can be long."""

    class Meta:
        model = SetVersion
        fields = (
            "uid", "number", "state", "provenance", "criterion", "size", "digest", "error",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields


class Freezing(StrictSerializer):
    """Which finished tasks become examples, and what predictions will answer."""

    queues = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=100, help_text="uids of queues"
    )
    criterion = serializers.CharField(max_length=60, help_text="its key in the rubric version")


class ExampleRow(serializers.Serializer[Any]):
    """One example; content is empty once its item has been erased."""

    position = serializers.IntegerField()
    item = serializers.UUIDField(source="item_uid")
    external_id = serializers.CharField()
    content = serializers.DictField(child=serializers.CharField())
    attributes = serializers.DictField(child=serializers.CharField())
    occurred_at = serializers.DateTimeField(allow_null=True)
    references = serializers.DictField(
        child=serializers.CharField(), help_text="right answer by criterion"
    )
    weight = serializers.DecimalField(max_digits=20, decimal_places=9)
    stratum = serializers.CharField()
    inclusion_probability = serializers.FloatField(allow_null=True)
    adjudication = serializers.UUIDField(source="adjudication_uid", allow_null=True)
    content_digest = serializers.CharField()
    erased_at = serializers.DateTimeField(allow_null=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """An item answered otherwise; null where a version does not hold it."""

    item = serializers.UUIDField()
    external_id = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class DiffSerializer(serializers.Serializer[Any]):
    """How a version differs from another; at most 200 changes of each kind are listed."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    changes = ChangeSerializer(many=True)


class NewSetExport(StrictSerializer):
    """How a version is to leave."""

    layout = serializers.ChoiceField([(one.value, one.value) for one in Layout])
    contents = serializers.ChoiceField(
        [(one.value, one.value) for one in Contents], default=Contents.WHOLE.value
    )
    profile = serializers.ChoiceField(Export.Profile.choices, default=Export.Profile.RAW)
