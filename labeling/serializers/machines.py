"""What machine annotators are sent, and what they answer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from labeling.serializers.base import StrictSerializer
from labeling.serializers.judging import (
    ROWS_AT_ONCE,
    AnswersField,
    ProposedField,
    ShownFormAnswer,
    ShownItemAnswer,
)
from labeling.services.answers import TEXT_LIMIT, Payload


class MachineAnnotation(StrictSerializer):
    """What a machine answers to one task, or to the queue's task about an item's external_id."""

    task = serializers.UUIDField(required=False)
    item = serializers.CharField(max_length=200, required=False)
    answers = AnswersField()
    comment = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LIMIT)
    proposed = ProposedField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("task" in given) == ("item" in given):
            message = _("Name either the task or the item.")
            raise serializers.ValidationError({"task": [message]})
        return given


class MachineAnnotationsRequest(StrictSerializer):
    """Answers of one machine annotator; `machine` may be left out by the machine itself."""

    machine = serializers.UUIDField(required=False)
    annotations = serializers.ListField(
        child=MachineAnnotation(), min_length=1, max_length=ROWS_AT_ONCE
    )


class MachineAnnotationsAnswer(serializers.Serializer[Any]):
    """How many were new; sending the same again stores nothing."""

    stored = serializers.IntegerField()


class MachineTaskAnswer(serializers.Serializer[Any]):
    """A task as the machine is to see it; answers about sides are about `outputs` as they stand."""

    task = serializers.UUIDField()
    item = ShownItemAnswer()
    options = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="the order of options by criterion key, where the queue shuffles them",
    )


class MachineTasksAnswer(serializers.Serializer[Any]):
    """A page of tasks, and what is asked about each of them."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    form = ShownFormAnswer()
    results = MachineTaskAnswer(many=True)


def payload_of(row: dict[str, Any]) -> Payload:
    """One machine's answer as the service takes it."""
    return Payload(row["answers"], row.get("comment", ""), proposed=row.get("proposed", {}))
