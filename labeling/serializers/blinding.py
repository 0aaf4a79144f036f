"""What a queue hides, shows and shuffles, as programs see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class _Names(serializers.ListField):
    child = serializers.CharField()


class PolicyAnswer(serializers.Serializer[Any]):
    """What annotators see of an item, and what comes in an order that is drawn for them."""

    shown = _Names()
    masked = _Names()
    hidden = _Names()
    attributes = _Names()
    prediction = serializers.BooleanField()
    shuffled = _Names()
    fixed = _Names()


class FoundName(serializers.Serializer[Any]):
    """A name of a model, and in how many of the tasks it is to be read."""

    name = serializers.CharField()
    tasks = serializers.IntegerField()


class GivenAwayAnswer(serializers.Serializer[Any]):
    """What may tell annotators what they must not know, as far as it was looked for."""

    looked_at = serializers.IntegerField()
    tasks = serializers.IntegerField()
    names = FoundName(many=True)
    columns = _Names()


class BlindingAnswer(serializers.Serializer[Any]):
    """The policy, and what may give something away all the same."""

    policy = PolicyAnswer()
    given_away = GivenAwayAnswer()
