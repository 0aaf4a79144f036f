"""The record as programs see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AuditEventLine(serializers.Serializer[Any]):
    """One event as it is exported: what its digest covers, the digests, and a name to read.

    `sequence` and the digests are empty until the event is sealed, seconds after it was written.
    """

    sequence = serializers.IntegerField(allow_null=True)
    uid = serializers.UUIDField()
    project = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    who = serializers.CharField(allow_null=True)
    member = serializers.UUIDField(allow_null=True)
    user = serializers.UUIDField(allow_null=True)
    verb = serializers.CharField()
    subject_kind = serializers.CharField()
    subject_uid = serializers.UUIDField(allow_null=True)
    detail = serializers.DictField()
    previous_digest = serializers.CharField()
    digest = serializers.CharField()


class ChainSerializer(serializers.Serializer[Any]):
    """How far a record is sealed, and what the last check found: `broken` is null if nothing."""

    sealed = serializers.IntegerField()
    head = serializers.CharField()
    sealed_until = serializers.DateTimeField(allow_null=True)
    unsealed = serializers.IntegerField()
    checked_at = serializers.DateTimeField(allow_null=True)
    checked = serializers.IntegerField()
    broken = serializers.CharField(allow_null=True)
