"""Signals, readings, monitors and alerts as programs send and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.serializers.base import StrictSerializer
from maintenance.models import Alert, Monitor, Reading, Signal
from maintenance.services.monitors import MOST_WINDOWS


class ChangeSignal(StrictSerializer):
    """What of a signal can be changed; `evaluation_set` is a set's uid, null for none."""

    name = serializers.CharField(max_length=120, validators=[validate_name], required=False)
    layer = serializers.ChoiceField(choices=Signal.Layer.choices, required=False)
    unit = serializers.ChoiceField(choices=Signal.Unit.choices, required=False)
    better = serializers.ChoiceField(choices=Signal.Better.choices, required=False)
    about = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    evaluation_set = serializers.UUIDField(required=False, allow_null=True)


class DefineSignal(ChangeSignal):
    """A series that is to be watched; readings name it by its key."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=120, validators=[validate_name])
    layer = serializers.ChoiceField(choices=Signal.Layer.choices)


class SignalSerializer(serializers.ModelSerializer[Signal]):
    """A series that is watched."""

    evaluation_set = serializers.UUIDField(
        source="evaluation_set.uid", read_only=True, default=None
    )

    class Meta:
        model = Signal
        fields = (
            "uid",
            "key",
            "name",
            "layer",
            "unit",
            "better",
            "about",
            "evaluation_set",
            "created_at",
        )
        read_only_fields = fields


class SendReading(StrictSerializer):
    """One value of a signal in one window; `at` is when the window ended.

    slice and model_version are names. The same reading again changes nothing.
    """

    signal = serializers.CharField(max_length=80)
    at = serializers.DateTimeField()
    value = serializers.FloatField()
    low = serializers.FloatField(required=False, allow_null=True)
    high = serializers.FloatField(required=False, allow_null=True)
    n = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    slice = serializers.CharField(max_length=120, required=False, allow_blank=True)
    model_version = serializers.CharField(max_length=100, required=False, allow_blank=True)


class RecordedSerializer(serializers.Serializer[Any]):
    """What was stored, and the alerts that it opened."""

    accepted = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    alerts = serializers.ListField(child=serializers.UUIDField())


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    """A reading as it is stored; it never changes."""

    signal = serializers.SlugField(source="signal.key", read_only=True)
    slice = serializers.CharField(source="slice.name", read_only=True, default=None)
    model_version = serializers.CharField(source="model_version.name", read_only=True, default=None)
    evaluation = serializers.UUIDField(source="evaluation.uid", read_only=True, default=None)

    class Meta:
        model = Reading
        fields = (
            "uid",
            "signal",
            "slice",
            "at",
            "value",
            "low",
            "high",
            "n",
            "model_version",
            "evaluation",
            "source",
            "recorded_at",
        )
        read_only_fields = fields


class ChangeMonitor(StrictSerializer):
    """What of a monitor can be changed; the threshold is in the signal's own unit."""

    operator = serializers.ChoiceField(choices=Monitor.Operator.choices, required=False)
    threshold = serializers.FloatField(required=False)
    needed = serializers.IntegerField(min_value=1, max_value=MOST_WINDOWS, required=False)
    windows = serializers.IntegerField(min_value=1, max_value=MOST_WINDOWS, required=False)
    minimum = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    severity = serializers.ChoiceField(choices=Monitor.Severity.choices, required=False)
    owner = serializers.UUIDField(required=False, allow_null=True)
    due_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    enabled = serializers.BooleanField(required=False)


class DefineMonitor(ChangeMonitor):
    """A rule on a signal; `slice` is the uid of the slice it looks at, null for everywhere."""

    operator = serializers.ChoiceField(choices=Monitor.Operator.choices)
    threshold = serializers.FloatField()
    slice = serializers.UUIDField(required=False, allow_null=True)


class MuteMonitor(StrictSerializer):
    """Until when a monitor opens no alert, null to end a mute, and why."""

    until = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField(max_length=200)


class MonitorSerializer(serializers.ModelSerializer[Monitor]):
    """A rule on a signal."""

    signal = serializers.UUIDField(source="signal.uid", read_only=True)
    slice = serializers.UUIDField(source="slice.uid", read_only=True, default=None)
    owner = serializers.UUIDField(source="owner.uid", read_only=True, default=None)

    class Meta:
        model = Monitor
        fields = (
            "uid",
            "signal",
            "slice",
            "operator",
            "threshold",
            "needed",
            "windows",
            "minimum",
            "severity",
            "owner",
            "due_days",
            "enabled",
            "muted_until",
            "muted_why",
            "created_at",
        )
        read_only_fields = fields


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """A monitor's firing, with the rule and the readings as they were; open until `closed_at`."""

    monitor = serializers.UUIDField(source="monitor.uid", read_only=True)
    signal = serializers.SlugField(source="monitor.signal.key", read_only=True)
    case = serializers.UUIDField(source="case.uid", read_only=True, default=None)
    evidence = serializers.DictField(read_only=True)

    class Meta:
        model = Alert
        fields = (
            "uid",
            "signal",
            "monitor",
            "severity",
            "sentence",
            "evidence",
            "case",
            "opened_at",
            "closed_at",
        )
        read_only_fields = fields


class FiringSerializer(serializers.Serializer[Any]):
    """An alert that a rule would have opened; closed_at is null where it would be open."""

    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    sentence = serializers.CharField()


class ReplaySerializer(serializers.Serializer[Any]):
    """What a rule would have fired on the stored series, newest first.

    windows: stored ones that were gone through; counted: those that the rule looks at.
    """

    sentence = serializers.CharField()
    windows = serializers.IntegerField()
    counted = serializers.IntegerField()
    firings = FiringSerializer(many=True)
