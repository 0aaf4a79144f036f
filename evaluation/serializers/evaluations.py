"""Evaluations as programs ask for them and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluation.models import Evaluation, SetVersion
from labeling.serializers.base import StrictSerializer


class AskEvaluation(StrictSerializer):
    """Which version is to be measured on which version of a set."""

    version = serializers.UUIDField()
    set_version = serializers.UUIDField()


class EstimateSerializer(serializers.Serializer[Any]):
    """A number with its interval; null where it cannot be given, and then `reason` says why."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    effective_n = serializers.FloatField()
    level = serializers.FloatField()
    method = serializers.CharField()
    reason = serializers.CharField()


class LabelSerializer(serializers.Serializer[Any]):
    """One label: examples with it as reference (`due`) and as answer (`given`)."""

    label = serializers.CharField()  # type: ignore[assignment]
    due = serializers.IntegerField()
    given = serializers.IntegerField()
    precision = EstimateSerializer()
    recall = EstimateSerializer()
    f1 = EstimateSerializer()


class KindSerializer(serializers.Serializer[Any]):
    """The share of examples answered in one way, on the taxonomy."""

    kind = serializers.CharField()
    share = EstimateSerializer()


class BinSerializer(serializers.Serializer[Any]):
    """Examples of similar confidence."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    confidence = serializers.FloatField()
    share = serializers.FloatField()
    accuracy = EstimateSerializer()


class ConfidenceSerializer(serializers.Serializer[Any]):
    """Confidence beside accuracy; `given`: predictions with a confidence."""

    given = serializers.IntegerField()
    ece = EstimateSerializer()
    by_chance = serializers.FloatField(allow_null=True)
    gap = EstimateSerializer()
    lean = serializers.CharField()
    bins = BinSerializer(many=True)


class PartSerializer(serializers.Serializer[Any]):
    """A slice, a branch of the reference answer, or a value of an attribute.

    masked: shown to be worse than the whole.
    """

    origin = serializers.ChoiceField(choices=["slice", "branch", "attribute"])
    name = serializers.CharField()
    share = serializers.FloatField()
    accuracy = EstimateSerializer()
    macro_f1 = EstimateSerializer()
    masked = serializers.BooleanField()


class ResultSerializer(serializers.Serializer[Any]):
    """How good the version is; parts come the worst first."""

    method = serializers.CharField()
    examples = serializers.IntegerField()
    provenance = serializers.ChoiceField(choices=SetVersion.Provenance.choices)
    accuracy = EstimateSerializer()
    macro_precision = EstimateSerializer()
    macro_recall = EstimateSerializer()
    macro_f1 = EstimateSerializer()
    confidence = ConfidenceSerializer()
    labels = LabelSerializer(many=True)
    kinds = KindSerializer(many=True)
    parts = PartSerializer(many=True)
    left_out = serializers.ListField(child=serializers.CharField())


class EvaluationInList(serializers.ModelSerializer[Evaluation]):
    """An evaluation without its result."""

    version = serializers.UUIDField(source="model_version.uid", read_only=True)
    set_version = serializers.UUIDField(source="set_version.uid", read_only=True)
    job = serializers.UUIDField(source="job.uid", read_only=True, default=None)

    class Meta:
        model = Evaluation
        fields: tuple[str, ...] = (
            "uid",
            "version",
            "set_version",
            "state",
            "reason",
            "missing",
            "predictions_digest",
            "job",
            "created_at",
        )
        read_only_fields = fields


class EvaluationSerializer(EvaluationInList):
    """One version measured on one set version; `result` is null until it is done."""

    result = serializers.SerializerMethodField()

    class Meta(EvaluationInList.Meta):
        fields = (*EvaluationInList.Meta.fields, "result")
        read_only_fields = fields

    @extend_schema_field(ResultSerializer(allow_null=True))
    def get_result(self, evaluation: Evaluation) -> Any:
        return ResultSerializer(evaluation.result).data if evaluation.result else None
