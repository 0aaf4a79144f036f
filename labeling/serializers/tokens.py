"""API tokens as programs see them; the secret is in one answer only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import Token
from labeling.policy.roles import Scope
from labeling.serializers.base import StrictSerializer


class TokenSerializer(serializers.ModelSerializer[Token]):
    """A token without its secret."""

    scopes = serializers.ListField(child=serializers.ChoiceField(list(Scope)), read_only=True)

    class Meta:
        model = Token
        fields = (
            "uid",
            "name",
            "prefix",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )
        read_only_fields = fields


class NewToken(StrictSerializer):
    """What a token is for, what it may do, and for how many days."""

    name = serializers.CharField(max_length=80, validators=[validate_name])
    scopes = serializers.ListField(
        child=serializers.ChoiceField(list(Scope)), allow_empty=False, max_length=len(Scope)
    )
    days = serializers.IntegerField(required=False, default=90, min_value=1, max_value=365)


class TokenMade(serializers.Serializer[Any]):
    """A new token with its secret: this answer is the only place that shows it."""

    token = TokenSerializer()
    secret = serializers.CharField()
