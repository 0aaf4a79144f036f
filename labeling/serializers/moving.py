"""A queue's move to a later rubric version, as programs ask for it and see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.serializers.base import StrictSerializer


class MovePlanSerializer(serializers.Serializer[Any]):
    """How many undecided tasks a move would meet, by what it would do with them.

    `untouched` move as they are; the items of `seen` ones are asked anew; those with `votes` finish
    under the queue's own version or begin anew; those somebody is `at_work` on stay.
    """

    version = serializers.IntegerField(source="version.number")
    untouched = serializers.IntegerField(source="counts.untouched")
    seen = serializers.IntegerField(source="counts.seen")
    votes = serializers.IntegerField(source="counts.votes")
    at_work = serializers.IntegerField(source="counts.at_work")
    decided = serializers.IntegerField(source="counts.decided")
    suggests_restart = serializers.BooleanField()
    expected = serializers.CharField(help_text="names these numbers; send it with the move")


class MoveQueue(StrictSerializer):
    """Which version, with which plan in mind, and whether tasks with votes begin anew."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    expected = serializers.CharField(max_length=64)
    restart = serializers.BooleanField(required=False, default=False)
