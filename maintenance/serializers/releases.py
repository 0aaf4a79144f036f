"""Releases as programs plan them, move them and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from evaluation.models import Verdict
from labeling.serializers.base import StrictSerializer
from maintenance.models import Override, Release, Stage
from maintenance.policy.releasing import MOST_STAGES, Kind, StageTerms


def _uid(source: str) -> Any:
    return serializers.UUIDField(source=f"{source}.uid", read_only=True, default=None)


class StageDocument(StrictSerializer):
    """A step of a plan; share is a part of one: 0.05 is five percent."""

    kind = serializers.ChoiceField(choices=Stage.Kind.choices)
    share = serializers.FloatField(min_value=0, max_value=1)
    soak_hours = serializers.IntegerField(min_value=0, default=0)

    def to_internal_value(self, data: Any) -> StageTerms:
        given = super().to_internal_value(data)
        return StageTerms(Kind(given["kind"]), given["share"], given["soak_hours"])


class PlanRelease(StrictSerializer):
    """Candidate, gate and case by uid; without stages, the default ones."""

    candidate = serializers.UUIDField()
    gate = serializers.UUIDField()
    rollback_plan = serializers.CharField(max_length=4000)
    stages = serializers.ListField(
        child=StageDocument(), required=False, min_length=1, max_length=MOST_STAGES
    )
    case = serializers.UUIDField(required=False)


class EnterStage(StrictSerializer):
    """Which stage is meant: if another one is next by now, nothing is entered."""

    stage = serializers.UUIDField()


class SayWhy(StrictSerializer):
    """The reason, in words."""

    why = serializers.CharField(max_length=4000)


class Nothing(StrictSerializer):
    """An action that needs no words."""


class EndRelease(StrictSerializer):
    """Finished after its watch, or given up before anybody was answered, which needs a reason."""

    ending = serializers.ChoiceField(choices=["done", "given_up"])
    why = serializers.CharField(max_length=4000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["ending"] == "given_up" and "why" not in attrs:
            raise serializers.ValidationError({"why": ["This field is required."]})
        return attrs


class GrantOverride(StrictSerializer):
    """Why the next stage may be entered without a passing verdict, and until when."""

    reason = serializers.CharField(max_length=4000)
    expires_at = serializers.DateTimeField()


class ReleaseVerdict(serializers.ModelSerializer[Verdict]):
    """The gate's answer about exactly this candidate and baseline, as they are now."""

    class Meta:
        model = Verdict
        fields = ("uid", "outcome", "sentence", "digest", "asked_at", "decided_at")
        read_only_fields = fields


class OverrideSerializer(serializers.ModelSerializer[Override]):
    """Somebody else's word for one stage, while it counts."""

    stage = _uid("stage")
    granted_by = _uid("granted_by")

    class Meta:
        model = Override
        fields = ("uid", "stage", "reason", "expires_at", "granted_by", "granted_at")
        read_only_fields = fields


class StageSerializer(serializers.ModelSerializer[Stage]):
    """A stage, and once it is entered, by whom and on what."""

    entered_by = _uid("entered_by")
    verdict = _uid("verdict")
    override = _uid("override")

    class Meta:
        model = Stage
        fields = (
            "uid",
            "position",
            "kind",
            "share",
            "soak_hours",
            "entered_at",
            "entered_by",
            "verdict",
            "override",
        )
        read_only_fields = fields


class ReleaseListed(serializers.ModelSerializer[Release]):
    """A release in a list."""

    candidate = _uid("candidate")
    candidate_name = serializers.CharField(source="candidate.name", read_only=True)
    baseline = _uid("baseline")
    gate = _uid("gate")
    case = _uid("case")

    class Meta:
        model = Release
        fields = (
            "uid",
            "candidate",
            "candidate_name",
            "baseline",
            "gate",
            "case",
            "state",
            "rollback_plan",
            "planned_at",
            "held_at",
            "held_why",
            "ended_at",
            "ended_why",
        )
        read_only_fields = fields


class ReleaseSerializer(serializers.Serializer[Any]):
    """A release and where it stands; `reasons` say why `next_stage` may not be entered."""

    uid = serializers.UUIDField(source="release.uid", read_only=True)
    candidate = _uid("release.candidate")
    candidate_name = serializers.CharField(source="release.candidate.name", read_only=True)
    baseline = _uid("release.baseline")
    gate = _uid("release.gate")
    case = _uid("release.case")
    state = serializers.ChoiceField(
        source="release.state", choices=Release.State.choices, read_only=True
    )
    share = serializers.FloatField(read_only=True)
    rollback_plan = serializers.CharField(source="release.rollback_plan", read_only=True)
    planned_at = serializers.DateTimeField(source="release.planned_at", read_only=True)
    held_at = serializers.DateTimeField(source="release.held_at", read_only=True)
    held_why = serializers.CharField(source="release.held_why", read_only=True)
    ended_at = serializers.DateTimeField(source="release.ended_at", read_only=True)
    ended_why = serializers.CharField(source="release.ended_why", read_only=True)
    stage = _uid("current")
    next_stage = _uid("next")
    may_enter = serializers.BooleanField(source="answer.may", read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    verdict = ReleaseVerdict(read_only=True, allow_null=True)
    override = OverrideSerializer(read_only=True, allow_null=True)
    stages = StageSerializer(many=True, read_only=True)


class MayEnter(serializers.Serializer[Any]):
    """Whether the next stage may be entered, for a deployer's hook."""

    code = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)
    stage = serializers.UUIDField(read_only=True, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)


class RollbackOrdered(serializers.Serializer[Any]):
    """That a rollback is ordered; a deployer reads the status, not this."""

    code = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)
