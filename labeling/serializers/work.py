"""What an annotator has handed in, and how it is amended."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.models import Annotation
from labeling.serializers.base import StrictSerializer
from labeling.serializers.judging import AnnotationAnswer, SubmitRequest


class WorkFilters(StrictSerializer):
    """Which of the own judgments are asked for."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=200)
    rubric = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)
    unsure = serializers.BooleanField(required=False)


class AmendRequest(SubmitRequest):
    """Other answers, under a key of the caller's own: the same twice is stored once."""

    token = serializers.UUIDField()
    next = None  # type: ignore[assignment]
    ahead = None  # type: ignore[assignment]


class AmendAnswer(serializers.Serializer[Any]):
    """The acknowledgement: the uid is that of the new row."""

    annotation = AnnotationAnswer()


class SaidAnswer(serializers.Serializer[Any]):
    """One answer in words; null: cannot tell."""

    key = serializers.CharField()
    prompt = serializers.CharField()
    text = serializers.CharField(allow_null=True)


class OwnWorkAnswer(serializers.Serializer[Any]):
    """An own judgment; `excerpt` is the beginning of what was shown, empty when it was erased."""

    uid = serializers.UUIDField(source="annotation.uid")
    kind = serializers.ChoiceField(choices=Annotation.Kind.choices, source="annotation.kind")
    rubric = serializers.CharField(source="form.rubric")
    version = serializers.IntegerField(source="form.version")
    excerpt = serializers.CharField()
    sensitive = serializers.BooleanField()
    answers = SaidAnswer(many=True, source="said")
    comment = serializers.CharField(source="annotation.comment")
    unsure = serializers.BooleanField(source="annotation.unsure")
    submitted_at = serializers.DateTimeField(source="annotation.submitted_at")
    active_ms = serializers.IntegerField(source="annotation.active_ms", allow_null=True)
    amendable_until = serializers.DateTimeField()


class ProgressAnswer(serializers.Serializer[Any]):
    """Own counts and pace; `standing`: in finished work, by twenties, as of midnight UTC."""

    today = serializers.IntegerField()
    week = serializers.IntegerField()
    unsure = serializers.IntegerField()
    standing = serializers.IntegerField()
    median_ms = serializers.IntegerField(allow_null=True)
    an_hour = serializers.IntegerField(allow_null=True)
