"""What a version asks for again, as programs ask for it and see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.serializers.agreement import EstimateAnswer
from labeling.serializers.base import StrictSerializer


class JudgeAgain(StrictSerializer):
    """The queue whose touched tasks are to be judged again; `first`: only so many, at random."""

    queue = serializers.UUIDField()
    first = serializers.IntegerField(min_value=10, max_value=10_000, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class KeepAnswers(StrictSerializer):
    """The queue whose earlier answers stand after all, and why."""

    queue = serializers.UUIDField()
    reason = serializers.CharField(max_length=2_000)


class FlipsSerializer(serializers.Serializer[Any]):
    """How many answers are others now; `criterion` is empty for any that is asked again.

    A question that is not `asked_again` shows how often answers differ anyway.
    """

    criterion = serializers.CharField()
    compared = serializers.IntegerField()
    changed = serializers.IntegerField()
    asked_again = serializers.BooleanField()
    rate = EstimateAnswer()


class TrialSerializer(serializers.Serializer[Any]):
    """A queue that judges a sample of the tasks, and what that shows so far."""

    queue = serializers.UUIDField(source="queue.uid")
    tasks = serializers.IntegerField()
    decided = serializers.IntegerField()
    is_over = serializers.BooleanField()
    overall = FlipsSerializer()
    flips = FlipsSerializer(many=True)


class KeptSerializer(serializers.Serializer[Any]):
    """That the earlier answers stand, since when and why."""

    at = serializers.DateTimeField()
    reason = serializers.CharField()


class RelabelingSerializer(serializers.Serializer[Any]):
    """A queue under an earlier version, and how many of its tasks are left to judge again."""

    queue = serializers.UUIDField(source="queue.uid")
    name = serializers.CharField(source="queue.name")
    tasks = serializers.IntegerField()
    trial = TrialSerializer(allow_null=True)
    kept = KeptSerializer(allow_null=True)


class RelabelingsSerializer(serializers.Serializer[Any]):
    """The queues that the version touches, the oldest first."""

    queues = RelabelingSerializer(many=True)
