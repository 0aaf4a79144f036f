"""Queues as programs ask for them and see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.forms.names import validate_name
from labeling.models import Qualification, Queue, Skip
from labeling.serializers.base import StrictSerializer


class ShowDocument(StrictSerializer):
    """What annotators see besides the content fields that the project shows."""

    prediction = serializers.BooleanField(required=False, default=False)
    attributes = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=50, required=False, default=list
    )


class HideDocument(StrictSerializer):
    """Content fields that annotators do not see although the project shows them."""

    content = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=50, required=False, default=list
    )


class BlindingDocument(StrictSerializer):
    """Besides the project's shown fields everything is hidden unless it is named here."""

    show = ShowDocument(required=False)
    hide = HideDocument(required=False)
    shuffle_options = serializers.BooleanField(required=False, default=False)


class CreateQueue(StrictSerializer):
    """A queue: which rubric version asks about which sample, how often, and who may answer."""

    name = serializers.CharField(max_length=120, validators=[validate_name])
    rubric_version = serializers.UUIDField()
    sample = serializers.UUIDField()
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    overlap_percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=480, required=False)
    cap_each = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    cap_daily = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    order = serializers.ChoiceField(choices=Queue.Order.choices, required=False)
    settling = serializers.ChoiceField(choices=Queue.Settling.choices, required=False)
    teams = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, required=False, default=list
    )
    qualified_only = serializers.BooleanField(required=False)
    lane_attribute = serializers.CharField(max_length=64, required=False, allow_blank=True)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=100, required=False
    )
    blinding = BlindingDocument(required=False)

    def validate_blinding(self, given: dict[str, Any]) -> dict[str, Any]:
        """With every field, since what is not said is hidden."""
        hidden = {"prediction": False, "attributes": []}
        if not given.get("hide", {}).get("content"):
            given.pop("hide", None)
        return {"show": hidden, "shuffle_options": False, **given}


class ChangeQueue(StrictSerializer):
    """Settings that change from now on; what is not named stays.

    `again` names decided tasks that are asked again where more people are wanted than answered.
    """

    name = serializers.CharField(max_length=120, validators=[validate_name], required=False)
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    overlap_percent = serializers.IntegerField(min_value=1, max_value=100, required=False)
    settling = serializers.ChoiceField(choices=Queue.Settling.choices, required=False)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=480, required=False)
    cap_each = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    cap_daily = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    teams = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=100, required=False
    )
    qualified_only = serializers.BooleanField(required=False)
    sensitive = serializers.BooleanField(required=False)
    again = serializers.ListField(
        child=serializers.ChoiceField(choices=["settled", "disputed"]), max_length=2, required=False
    )


class QualificationSerializer(serializers.ModelSerializer[Qualification]):
    """Who is qualified for a queue's rubric version, and since when."""

    person = serializers.UUIDField(source="annotator.uid", read_only=True)

    class Meta:
        model = Qualification
        fields = ("person", "granted_at")
        read_only_fields = fields


class QualifyPeople(StrictSerializer):
    """People who are qualified from now on for a queue's rubric version; `end`: no more."""

    people = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)
    end = serializers.BooleanField(required=False, default=False)


class Qualified(serializers.Serializer[Any]):
    """For how many people that changed something."""

    changed = serializers.IntegerField()


class ProgressSerializer(serializers.Serializer[Any]):
    """Tasks by state and judgments given of those wanted; `lane` is empty for all together."""

    lane = serializers.CharField()
    tasks = serializers.IntegerField()
    open = serializers.IntegerField()
    settled = serializers.IntegerField()
    disputed = serializers.IntegerField()
    adjudicated = serializers.IntegerField()
    attention = serializers.IntegerField()
    set_aside = serializers.IntegerField()
    judged = serializers.IntegerField()
    wanted = serializers.IntegerField()
    left = serializers.IntegerField()


class LaneSerializer(serializers.Serializer[Any]):
    """What is left in one language of one queue, by whom and until when at the present pace.

    `pace` is in judgments a working day; `finish` is null where nobody has judged lately; `people`
    are those who may be given items of this language here.
    """

    queue = serializers.UUIDField(source="queue.uid")
    name = serializers.CharField(source="queue.name")
    state = serializers.CharField(source="queue.state")
    lane = serializers.CharField()
    left = serializers.IntegerField()
    people = serializers.IntegerField()
    nobody = serializers.BooleanField()
    too_few = serializers.BooleanField()
    pace = serializers.FloatField()
    finish = serializers.DateField(allow_null=True)
    skips = serializers.DictField(child=serializers.IntegerField())
    oldest_lease = serializers.DateTimeField(allow_null=True)
    questions = serializers.IntegerField(help_text="questions that wait for an answer")


class SkipSerializer(serializers.ModelSerializer[Skip]):
    """What somebody who skipped a task said against its item or the rubric; never who it was."""

    task = serializers.UUIDField(source="task.uid", read_only=True)
    item = serializers.UUIDField(source="task.item.uid", read_only=True)
    external_id = serializers.CharField(source="task.item.external_id", read_only=True)

    class Meta:
        model = Skip
        fields = ("task", "item", "external_id", "reason", "note", "at")
        read_only_fields = fields


class SettleSkips(StrictSerializer):
    """Which task's skips, of which reason, have been dealt with."""

    task = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=[str(reason) for reason in Skip.FOR_THE_LEAD])


class SettledSkips(serializers.Serializer[Any]):
    """How many skips that were."""

    settled = serializers.IntegerField()


class QueueSerializer(serializers.ModelSerializer[Queue]):
    """A queue and what it was made of."""

    rubric_version = serializers.UUIDField(source="rubric_version.uid", read_only=True)
    sample = serializers.UUIDField(source="sample.uid", read_only=True)
    teams: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        slug_field="uid", many=True, read_only=True
    )
    succeeds = serializers.UUIDField(
        source="succeeds.uid",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="the queue that this one took over from, under a later rubric version",
    )
    relabels = serializers.UUIDField(
        source="relabels.uid",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="the queue whose tasks are judged again here; `on_trial`: a sample of them",
    )
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)
    blinding = serializers.DictField(read_only=True)

    class Meta:
        model = Queue
        fields: tuple[str, ...] = (
            "uid",
            "name",
            "state",
            "rubric_version",
            "sample",
            "overlap",
            "overlap_percent",
            "lease_minutes",
            "cap_each",
            "cap_daily",
            "order",
            "settling",
            "teams",
            "qualified_only",
            "lane_attribute",
            "languages",
            "blinding",
            "succeeds",
            "relabels",
            "on_trial",
            "error",
            "created_at",
            "drained_at",
            "closed_at",
        )
        read_only_fields = fields


class TeamQueue(serializers.Serializer[Any]):
    """A queue as a team sees that works on it; never what others have done."""

    uid = serializers.UUIDField(source="queue.uid")
    name = serializers.CharField(source="queue.name")
    state = serializers.CharField(source="queue.state")
    judged = serializers.IntegerField()


class QueueWithProgress(QueueSerializer):
    """A queue and how far it is, as a whole and in each lane."""

    progress = ProgressSerializer(read_only=True)
    lanes = ProgressSerializer(many=True, read_only=True)

    class Meta(QueueSerializer.Meta):
        fields = (*QueueSerializer.Meta.fields, "progress", "lanes")
        read_only_fields = fields
