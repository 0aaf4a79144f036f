"""The price of a queue that is not made yet, as programs ask for it and see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.serializers.agreement import EstimateAnswer
from labeling.serializers.base import StrictSerializer


class AskPrice(StrictSerializer):
    """A queue's settings as far as they decide what it costs.

    `seconds` is what a judgment takes; without it the median that was measured, else 30.
    """

    rubric_version = serializers.UUIDField()
    sample = serializers.UUIDField()
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    overlap_percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    cap_each = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    cap_daily = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    teams = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, required=False, default=list
    )
    qualified_only = serializers.BooleanField(required=False)
    lane_attribute = serializers.CharField(max_length=64, required=False, allow_blank=True)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=100, required=False
    )
    seconds = serializers.FloatField(min_value=1, max_value=3600, required=False)
    hours = serializers.FloatField(min_value=0.1, max_value=12, required=False)


class EffortSerializer(serializers.Serializer[Any]):
    """How much people get done."""

    seconds = serializers.FloatField()
    hours = serializers.FloatField()
    measured = serializers.BooleanField()


class LanePriceSerializer(serializers.Serializer[Any]):
    """One language; `several` is how many of its items more than one person judges."""

    lane = serializers.CharField()
    items = serializers.IntegerField()
    several = serializers.IntegerField()
    judgments = serializers.IntegerField()
    needed = serializers.IntegerField()
    people = serializers.IntegerField()
    days = serializers.IntegerField(allow_null=True)


class ExpectedSerializer(serializers.Serializer[Any]):
    """The interval of alpha to expect; measured: from the latest queue of this rubric."""

    prompt = serializers.CharField()
    lane = serializers.CharField()
    alpha = EstimateAnswer()
    measured = serializers.BooleanField()


class PriceSerializer(serializers.Serializer[Any]):
    """Judgments, people and working days (null where too few may judge), and what they buy."""

    judgments = serializers.IntegerField()
    items = serializers.IntegerField()
    needed = serializers.IntegerField()
    people = serializers.IntegerField()
    days = serializers.IntegerField(allow_null=True)
    effort = EffortSerializer()
    lanes = LanePriceSerializer(many=True)
    expected = ExpectedSerializer(many=True)
    measured_in = serializers.UUIDField(source="measured_in.uid", allow_null=True)
