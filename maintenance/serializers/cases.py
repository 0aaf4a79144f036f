"""Cases as programs open, work and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.serializers.base import StrictSerializer
from maintenance.models import Alert, Case, CaseLink, RetrainingDecision
from maintenance.models.cases import LINKED
from maintenance.policy.retraining import Kind

TEXT = 10_000
#: What people and programs open; the others open themselves.
OPENED = [(one.value, one.label) for one in (Case.Kind.REQUEST, Case.Kind.INCIDENT)]
LINKS = [(kind, kind) for kind in LINKED]
EVIDENCE = [(kind.value, kind.value) for kind in Kind]
CAUSES = [choice for choice in Case.Cause.choices if choice[0]]


class OpenCase(StrictSerializer):
    """What is wrong, and who sees to it until when."""

    title = serializers.CharField(max_length=200, validators=[validate_name])
    about = serializers.CharField(max_length=TEXT, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=OPENED, required=False)
    owner = serializers.UUIDField(required=False, allow_null=True)
    due = serializers.DateField(required=False, allow_null=True)


class ChangeCase(StrictSerializer):
    """What is to be different; what is not named stays."""

    title = serializers.CharField(max_length=200, validators=[validate_name], required=False)
    about = serializers.CharField(max_length=TEXT, required=False, allow_blank=True)
    owner = serializers.UUIDField(required=False, allow_null=True)
    due = serializers.DateField(required=False, allow_null=True)


class TriageCase(StrictSerializer):
    """The cause, and how it is known."""

    cause = serializers.ChoiceField(choices=CAUSES)
    why = serializers.CharField(max_length=TEXT)


class AddNote(StrictSerializer):
    """A note; notes are never changed."""

    text = serializers.CharField(max_length=TEXT)


class LinkRow(StrictSerializer):
    """A row of the project that belongs to the case."""

    kind = serializers.ChoiceField(choices=LINKS)
    uid = serializers.UUIDField()


class CitedRow(StrictSerializer):
    """One thing that a decision rests on."""

    kind = serializers.ChoiceField(choices=EVIDENCE)
    uid = serializers.UUIDField()


class DecideRetraining(StrictSerializer):
    """A decision with its ground, reasons and evidence."""

    answer = serializers.ChoiceField(choices=RetrainingDecision.Answer.choices)
    ground = serializers.ChoiceField(choices=RetrainingDecision.Ground.choices)
    reasons = serializers.CharField(max_length=TEXT)
    evidence = serializers.ListField(child=CitedRow(), required=False, max_length=100)


class CloseCase(StrictSerializer):
    """What came of it."""

    effect = serializers.CharField(max_length=TEXT)


class ReopenCase(StrictSerializer):
    """Why it is taken up again."""

    why = serializers.CharField(max_length=TEXT)


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case: what is wrong, who owns it, what is behind it, what came of it."""

    owner = serializers.UUIDField(source="owner.uid", read_only=True, allow_null=True, default=None)
    opened_by = serializers.UUIDField(
        source="opened_by.uid", read_only=True, allow_null=True, default=None
    )
    closed_by = serializers.UUIDField(
        source="closed_by.uid", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Case
        fields: tuple[str, ...] = (
            "uid",
            "number",
            "title",
            "about",
            "kind",
            "owner",
            "due",
            "cause",
            "cause_why",
            "opened_by",
            "opened_at",
            "closed_by",
            "closed_at",
            "effect",
        )
        read_only_fields = fields


class CaseLinkSerializer(serializers.ModelSerializer[CaseLink]):
    """What a case was linked to; `row` is the uid of the row itself."""

    kind = serializers.ChoiceField(choices=LINKS, read_only=True)
    row = serializers.UUIDField(source="linked.uid", read_only=True)

    class Meta:
        model = CaseLink
        fields = ("uid", "kind", "row", "linked_at")
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer[RetrainingDecision]):
    """A decision, with what it cited as it was then."""

    evidence = serializers.ListField(child=serializers.DictField(), read_only=True)
    supersedes = serializers.UUIDField(
        source="supersedes.uid", read_only=True, allow_null=True, default=None
    )
    decided_by = serializers.UUIDField(
        source="decided_by.uid", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = RetrainingDecision
        fields = (
            "uid",
            "answer",
            "ground",
            "reasons",
            "evidence",
            "supersedes",
            "decided_by",
            "decided_at",
        )
        read_only_fields = fields


class CaseAlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert of the case."""

    class Meta:
        model = Alert
        fields = ("uid", "severity", "sentence", "opened_at", "closed_at")
        read_only_fields = fields


class CaseNoteSerializer(serializers.Serializer[Any]):
    """A note as it was written."""

    uid = serializers.UUIDField(read_only=True)
    text = serializers.CharField(read_only=True)
    written_at = serializers.DateTimeField(read_only=True)


class WholeCaseSerializer(CaseSerializer):
    """A case with its alerts, links and decisions."""

    alerts = CaseAlertSerializer(many=True, read_only=True)
    links = CaseLinkSerializer(many=True, read_only=True)
    decisions = DecisionSerializer(many=True, read_only=True)

    class Meta(CaseSerializer.Meta):
        fields = (*CaseSerializer.Meta.fields, "alerts", "links", "decisions")
        read_only_fields = fields


class StepSerializer(serializers.Serializer[Any]):
    """One step: `done`, `now`, `later` or `passed` over; `path` is its page, where there is one."""

    key = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    state = serializers.CharField(read_only=True)
    fact = serializers.CharField(read_only=True)
    path = serializers.CharField(read_only=True)


class NextStepSerializer(serializers.Serializer[Any]):
    """What moves the case on; without a path it is for somebody else to do."""

    sentence = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    path = serializers.CharField(read_only=True)


class StripSerializer(serializers.Serializer[Any]):
    """Where a case stands, computed from what belongs to it."""

    steps = StepSerializer(many=True, read_only=True)
    next = NextStepSerializer(read_only=True, allow_null=True)


class MomentSerializer(serializers.Serializer[Any]):
    """One thing that happened in a case; `about` is the row that it happened to."""

    uid = serializers.UUIDField(read_only=True)
    at = serializers.DateTimeField(read_only=True)
    who = serializers.CharField(read_only=True)
    verb = serializers.CharField(read_only=True)
    kind = serializers.CharField(read_only=True)
    about = serializers.UUIDField(read_only=True, allow_null=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    text = serializers.CharField(read_only=True)
    path = serializers.CharField(read_only=True)
