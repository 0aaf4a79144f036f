"""Samples as programs ask for them and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import Sample, SampledItem
from labeling.policy.sampling import ALLOCATIONS, SIZE_LIMIT, STRATA_LIMIT
from labeling.serializers.base import StrictSerializer


class DrawSample(StrictSerializer):
    """A plan: exactly one of size, rate and sizes; the same seed draws the same items again."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    size = serializers.IntegerField(min_value=1, max_value=SIZE_LIMIT, required=False)
    rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    slices = serializers.ListField(
        child=serializers.CharField(max_length=120), max_length=STRATA_LIMIT, required=False
    )
    by_attribute = serializers.CharField(max_length=64, required=False, allow_blank=True)
    allocation = serializers.ChoiceField(choices=ALLOCATIONS, required=False)
    sizes = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=SIZE_LIMIT), required=False
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    seed = serializers.IntegerField(min_value=0, max_value=2**62, required=False)

    def plan(self) -> dict[str, Any]:
        """The plan as the service takes it."""
        moments = {"since", "until"}
        return {
            name: value.isoformat() if name in moments else value
            for name, value in self.validated_data.items()
        }


class StratumSerializer(serializers.Serializer[Any]):
    """What one stratum held and gave."""

    stratum = serializers.CharField()
    population = serializers.IntegerField()
    drawn = serializers.IntegerField()


class SampleSerializer(serializers.ModelSerializer[Sample]):
    """A draw: its plan and seed, what it chose from, and a digest of what it took."""

    plan = serializers.DictField(read_only=True)
    strata = StratumSerializer(many=True, read_only=True)

    class Meta:
        model = Sample
        fields = (
            "uid",
            "name",
            "state",
            "design",
            "plan",
            "seed",
            "frame_size",
            "size",
            "strata",
            "digest",
            "error",
            "created_at",
        )
        read_only_fields = fields


class SampledItemSerializer(serializers.ModelSerializer[SampledItem]):
    """One item of a sample; `weight` is how many items of the frame it stands for."""

    item = serializers.UUIDField(source="item.uid", read_only=True)
    external_id = serializers.CharField(source="item.external_id", read_only=True)
    weight = serializers.FloatField(read_only=True)

    class Meta:
        model = SampledItem
        fields = (
            "item",
            "external_id",
            "position",
            "stratum",
            "inclusion_probability",
            "copies",
            "weight",
        )
        read_only_fields = fields
