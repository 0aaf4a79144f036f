"""Targets as programs set and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.serializers.base import StrictSerializer
from maintenance.models import Target
from maintenance.reports.targets import Standing, TargetRow


class NewTarget(StrictSerializer):
    """What a signal should be; without a slice everywhere. It replaces the target held there."""

    signal = serializers.UUIDField()
    slice = serializers.UUIDField(required=False, allow_null=True)
    operator = serializers.ChoiceField(choices=Target.Operator.choices)
    value = serializers.FloatField(help_text="in the signal's unit; a share from 0 to 1")
    owner = serializers.UUIDField(required=False, allow_null=True, help_text="uid of a member")
    due = serializers.DateField(required=False, allow_null=True)


class LatestReading(serializers.Serializer[Any]):
    """The newest value of a series."""

    at = serializers.DateTimeField()
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(allow_null=True)


class TargetSerializer(serializers.Serializer[TargetRow]):
    """A target and where it stands by the newest reading; `unknown` where nothing was read."""

    uid = serializers.UUIDField(source="target.uid")
    signal = serializers.UUIDField(source="target.signal.uid")
    slice = serializers.SerializerMethodField()
    operator = serializers.ChoiceField(source="target.operator", choices=Target.Operator.choices)
    value = serializers.FloatField(source="target.value")
    owner = serializers.SerializerMethodField(help_text="uid of a member")
    due = serializers.DateField(source="target.due", allow_null=True)
    set_at = serializers.DateTimeField(source="target.set_at")
    standing = serializers.ChoiceField(choices=[one.value for one in Standing])
    reading = LatestReading(allow_null=True)

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_slice(self, row: TargetRow) -> str | None:
        return str(row.target.slice.uid) if row.target.slice else None

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_owner(self, row: TargetRow) -> str | None:
        return str(row.target.owner.uid) if row.target.owner else None
