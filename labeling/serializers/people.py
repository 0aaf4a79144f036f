"""Who is in a project, as programs see it; and what they send to invite and change people."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.formats.people_files import MOST_LINES
from labeling.models import Invitation, Membership, Team
from labeling.policy.languages import Level, is_language
from labeling.policy.roles import Role
from labeling.serializers.base import StrictSerializer


class TeamOfMember(serializers.ModelSerializer[Team]):
    """A team by uid and name."""

    class Meta:
        model = Team
        fields = ("uid", "name", "kind")
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer[Membership]):
    """A member of a project."""

    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.SerializerMethodField(help_text="empty for a machine")
    roles = serializers.ListField(child=serializers.ChoiceField(list(Role)), read_only=True)
    languages = serializers.DictField(child=serializers.CharField(), read_only=True)
    team = TeamOfMember(read_only=True, allow_null=True)

    class Meta:
        model = Membership
        fields = (
            "uid",
            "kind",
            "name",
            "email",
            "roles",
            "team",
            "languages",
            "joined_at",
            "deactivated_at",
        )
        read_only_fields = fields

    def get_email(self, member: Membership) -> str:
        return "" if member.kind == Membership.Kind.MACHINE else member.user.email


class LanguagesField(serializers.DictField):
    """Language tags with levels: {"de": "native"}."""

    child = serializers.ChoiceField([level.value for level in Level])

    def to_internal_value(self, data: Any) -> dict[str, str]:
        languages: dict[str, str] = super().to_internal_value(data)
        for tag in languages:
            if not is_language(tag):
                raise serializers.ValidationError({tag: ["This is no language tag."]})
        return languages


class ChangePerson(StrictSerializer):
    """What a member is to be from now on; what is left out stays."""

    roles = serializers.ListField(
        child=serializers.ChoiceField(list(Role)), required=False, allow_empty=False
    )
    team = serializers.UUIDField(required=False, allow_null=True, help_text="uid of a team")
    languages = LanguagesField(required=False)


class PersonToInvite(StrictSerializer):
    """One address, and what it is to become."""

    email = serializers.EmailField(max_length=254)
    roles = serializers.ListField(child=serializers.ChoiceField(list(Role)), allow_empty=False)
    team = serializers.UUIDField(required=False, allow_null=True, help_text="uid of a team")
    languages = LanguagesField(required=False)


class Invite(StrictSerializer):
    """People to invite; nobody is invited if one is refused, unless `valid_only`."""

    people = serializers.ListField(child=PersonToInvite(), allow_empty=False, max_length=MOST_LINES)
    valid_only = serializers.BooleanField(required=False, default=False)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation that nobody has accepted yet; its link is in the letter only."""

    roles = serializers.ListField(child=serializers.ChoiceField(list(Role)), read_only=True)
    languages = serializers.DictField(child=serializers.CharField(), read_only=True)
    team = TeamOfMember(read_only=True, allow_null=True)

    class Meta:
        model = Invitation
        fields = (
            "uid",
            "email",
            "roles",
            "team",
            "languages",
            "created_at",
            "sent_at",
            "expires_at",
        )
        read_only_fields = fields


class RefusedPerson(serializers.Serializer[Any]):
    """A place in the list, from 1, and why it was refused."""

    line = serializers.IntegerField()
    reason = serializers.CharField()


class Invited(serializers.Serializer[Any]):
    """What became of a list."""

    invitations = InvitationSerializer(many=True)
    refused = RefusedPerson(many=True)


class ProjectOfMine(serializers.Serializer[Any]):
    """A project one is in, what one is there, and what one may do."""

    slug = serializers.CharField()
    name = serializers.CharField()
    member = serializers.UUIDField(help_text="uid of the membership")
    kind = serializers.ChoiceField(Membership.Kind.choices)
    roles = serializers.ListField(child=serializers.CharField())
    team = TeamOfMember(allow_null=True)
    verbs = serializers.ListField(child=serializers.CharField())


class Me(serializers.Serializer[Any]):
    """Who is calling, and what they may do where; for a token, what it carries."""

    uid = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    time_zone = serializers.CharField()
    language = serializers.CharField()
    judging_keys = serializers.DictField(child=serializers.CharField())
    advance = serializers.BooleanField(help_text="whether answering leads on to the next question")
    projects = ProjectOfMine(many=True)


class ChangeMe(StrictSerializer):
    """Keys for judging by action: those left out stay as they are."""

    judging_keys = serializers.DictField(child=serializers.CharField(max_length=1), required=False)
    advance = serializers.BooleanField(required=False)
