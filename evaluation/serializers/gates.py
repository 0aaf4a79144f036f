"""Gates and verdicts as programs ask for them and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from evaluation.models import Gate, GateCriterion, GateVersion, Verdict
from labeling.forms.names import validate_name
from labeling.serializers.base import StrictSerializer


class GateCriterionDocument(StrictSerializer):
    """One thing a candidate must show; margin and floor are shares: 0.02 is two points.

    conditions: of one slice, as slices store them, and on `reference`; of every value of an
    attribute, one with its `field` alone. question: the key of the rubric's question, for the
    metrics win_rate (with a floor) and rubric_score.
    """

    metric = serializers.ChoiceField(choices=GateCriterion.Metric.choices, required=False)
    question = serializers.CharField(max_length=60, required=False)
    scope = serializers.ChoiceField(choices=GateCriterion.Scope.choices)
    name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, validators=[validate_name]
    )
    conditions = serializers.ListField(child=serializers.DictField(), max_length=20, required=False)
    margin = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    floor = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    critical = serializers.BooleanField(required=False)


class RegisterGate(StrictSerializer):
    """A gate, or the next version of the one of this name; without criteria, the default ones."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    set_version = serializers.UUIDField()
    criteria = GateCriterionDocument(many=True, required=False)
    error_rate = serializers.FloatField(min_value=0.0001, max_value=0.4999, required=False)


class AskVerdict(StrictSerializer):
    """Which version, and against which: the live one unless another baseline is named."""

    candidate = serializers.UUIDField()
    baseline = serializers.UUIDField(required=False)


class GateCriterionSerializer(serializers.ModelSerializer[GateCriterion]):
    """A registered criterion; it never changes."""

    conditions = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = GateCriterion
        fields = (
            "position",
            "metric",
            "question",
            "scope",
            "name",
            "conditions",
            "margin",
            "floor",
            "critical",
        )
        read_only_fields = fields


class GateVersionSerializer(serializers.ModelSerializer[GateVersion]):
    """A registered wording of a gate."""

    set_version = serializers.UUIDField(source="set_version.uid", read_only=True)
    criteria = GateCriterionSerializer(many=True, read_only=True)

    class Meta:
        model = GateVersion
        fields = (
            "uid",
            "number",
            "set_version",
            "error_rate",
            "digest",
            "criteria",
            "registered_at",
        )
        read_only_fields = fields


class GateSerializer(serializers.ModelSerializer[Gate]):
    """A gate with its versions, newest first; the first is the one that is asked."""

    versions = GateVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Gate
        fields = ("uid", "name", "created_at", "versions")
        read_only_fields = fields


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """A gate's answer: a sentence, then what was found for each criterion and slice.

    Numbers are shares; `evidence.outcomes` holds a letter for each example in the set's order:
    both right, candidate only (c), baseline only (o), neither, no prediction (?), erased (x).
    """

    gate = serializers.UUIDField(source="gate_version.gate.uid", read_only=True)
    gate_version = serializers.UUIDField(source="gate_version.uid", read_only=True)
    candidate = serializers.UUIDField(source="candidate.uid", read_only=True)
    baseline = serializers.UUIDField(source="baseline.uid", read_only=True, allow_null=True)
    job = serializers.UUIDField(source="job.uid", read_only=True, allow_null=True)
    findings = serializers.ListField(child=serializers.DictField(), read_only=True)
    evidence = serializers.DictField(read_only=True)

    class Meta:
        model = Verdict
        fields: tuple[str, ...] = (
            "uid",
            "gate",
            "gate_version",
            "candidate",
            "baseline",
            "outcome",
            "sentence",
            "findings",
            "evidence",
            "labels_needed",
            "digest",
            "job",
            "asked_at",
            "decided_at",
        )
        read_only_fields = fields


class VerdictListed(VerdictSerializer):
    """A verdict without what was found for each slice."""

    class Meta(VerdictSerializer.Meta):
        fields = tuple(
            name for name in VerdictSerializer.Meta.fields if name not in {"findings", "evidence"}
        )
        read_only_fields = fields


class GateStatus(serializers.Serializer[Any]):
    """What a gate says about exactly this candidate as it is now; `unknown` for anything else."""

    status = serializers.ChoiceField(
        choices=["pass", "fail", "inconclusive", "invalid", "pending", "unknown"]
    )
    verdict = serializers.UUIDField(allow_null=True)
