"""What adjudicators send, and what they and others are sent of disputes and decisions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.models import Adjudication, Ruling
from labeling.serializers.base import StrictSerializer
from labeling.serializers.judging import (
    AnswersField,
    ProposedField,
    ShownCriterionAnswer,
    ShownItemAnswer,
    ValueField,
)
from labeling.services.adjudications import Decision
from labeling.services.answers import TEXT_LIMIT

Base = serializers.Serializer[Any]


class DisputeClaimRequest(StrictSerializer):
    """Which queue's disputes; without one, those of the whole project."""

    queue = serializers.UUIDField(required=False)


class RevealRequest(StrictSerializer):
    """The blind decision on every contested criterion, by its key."""

    answers = AnswersField()


class DecisionField(StrictSerializer):
    """A decision: an option or node key, yes or no, a text; null stands for "cannot tell"."""

    value = ValueField(allow_null=True, allow_blank=True, trim_whitespace=False)
    cause = serializers.ChoiceField(
        choices=Adjudication.Cause.choices, required=False, allow_blank=True, default=""
    )
    rationale = serializers.CharField(
        required=False, allow_blank=True, max_length=TEXT_LIMIT, default=""
    )


class AdjudicateRequest(StrictSerializer):
    """Decisions by criterion key; what was agreed may be left out."""

    rulings = serializers.DictField(child=DecisionField())

    def decisions(self) -> dict[str, Decision]:
        """The validated decisions as the service takes them."""
        rulings = self.validated_data["rulings"]
        return {key: Decision(**ruling) for key, ruling in rulings.items()}


class VoiceAnswer(Base):
    """One annotation under a letter, without its annotator."""

    letter = serializers.CharField()
    answers = AnswersField()
    comment = serializers.CharField()
    unsure = serializers.BooleanField()
    missed = ProposedField(help_text="by criterion: the label that none_of_these was answered for")


class DisputeClaimAnswer(Base):
    """A claimed dispute; `voices` and `agreed` are null until the answers have been revealed."""

    state = serializers.ChoiceField(choices=["claimed", "nothing"])
    token = serializers.UUIDField(required=False)
    task = serializers.UUIDField(required=False)
    queue = serializers.UUIDField(required=False)
    claimed_until = serializers.DateTimeField(required=False)
    item = ShownItemAnswer(required=False)
    guidance_html = serializers.CharField(required=False)
    criteria = ShownCriterionAnswer(many=True, required=False)
    contested = serializers.ListField(child=serializers.CharField(), required=False)
    voices = VoiceAnswer(many=True, allow_null=True, required=False)
    agreed = AnswersField(allow_null=True, required=False)


class RulingAnswer(serializers.ModelSerializer[Ruling]):
    """An adjudication's answer to one criterion."""

    criterion = serializers.CharField(source="criterion.key")

    class Meta:
        model = Ruling
        fields = ("criterion", "value", "cannot_tell", "contested", "cause", "rationale")
        read_only_fields = fields


class AdjudicationAnswer(serializers.ModelSerializer[Adjudication]):
    """The settled answers of a task; a later row supersedes, a withdrawn one takes back."""

    task = serializers.UUIDField(source="task.uid")
    item = serializers.UUIDField(source="task.item.uid")
    external_id = serializers.CharField(source="task.item.external_id")
    rubric_version = serializers.UUIDField(source="rubric_version.uid")
    supersedes = serializers.UUIDField(source="supersedes.uid", allow_null=True, default=None)
    rulings = RulingAnswer(many=True)

    class Meta:
        model = Adjudication
        fields = (
            "uid",
            "task",
            "item",
            "external_id",
            "source",
            "policy",
            "rubric_version",
            "revealed",
            "at",
            "withdrawn",
            "supersedes",
            "rulings",
        )
        read_only_fields = fields
