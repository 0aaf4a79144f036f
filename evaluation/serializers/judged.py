"""Evaluations by people as programs ask for them and see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluation.models import JudgedEvaluation
from evaluation.reports.judged import progress_of
from evaluation.reports.judged_rows import JudgedRow
from evaluation.serializers.evaluations import EstimateSerializer
from evaluation.services.judged import MOST_ITEMS
from labeling.forms.names import validate_name
from labeling.models import Queue
from labeling.serializers.base import StrictSerializer

#: The settings of a queue that can be asked for.
SETTINGS = ("overlap", "lease_minutes", "lane_attribute", "languages", "settling", "order")


class AskJudged(StrictSerializer):
    """Whose outputs, beside whose (or alone), on which set version, by which rubric version.

    size: so many items drawn at random by the seed. shuffle_sides: sides are drawn for each person.
    hide_fields: content that annotators do not see here although the project shows it.
    """

    version = serializers.UUIDField()
    against = serializers.UUIDField(required=False, allow_null=True)
    set_version = serializers.UUIDField()
    rubric_version = serializers.UUIDField()
    name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, validators=[validate_name]
    )
    size = serializers.IntegerField(
        min_value=1, max_value=MOST_ITEMS, required=False, allow_null=True
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=480, required=False)
    lane_attribute = serializers.CharField(max_length=64, required=False, allow_blank=True)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=100, required=False
    )
    settling = serializers.ChoiceField(choices=Queue.Settling.choices, required=False)
    order = serializers.ChoiceField(choices=Queue.Order.choices, required=False)
    teams = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, required=False, default=list
    )
    shuffle_sides = serializers.BooleanField(required=False, default=True)
    shuffle_options = serializers.BooleanField(required=False, default=False)
    hide_fields = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=50, required=False, default=list
    )


class JudgedProgressSerializer(serializers.Serializer[Any]):
    """How many items are judged of how many; awaited: those that still wait for somebody."""

    judged = serializers.IntegerField()
    wanted = serializers.IntegerField()
    awaited = serializers.IntegerField()


class JudgedPartSerializer(serializers.Serializer[Any]):
    """The same number on a slice, a branch or a value of an attribute."""

    origin = serializers.ChoiceField(choices=["slice", "branch", "attribute"])
    name = serializers.CharField()
    share = serializers.FloatField()
    value = EstimateSerializer()


class JudgedQuestionSerializer(serializers.Serializer[Any]):
    """A win rate where outputs are compared, else a score from 0 to 1 on the scale low to high.

    A tie is half a win; both bad is counted apart. wins to both_bad count judgments.
    """

    key = serializers.CharField()
    prompt = serializers.CharField()
    kind = serializers.CharField()
    value = EstimateSerializer()
    low = serializers.FloatField()
    high = serializers.FloatField()
    judgments = serializers.IntegerField()
    wins = serializers.IntegerField()
    losses = serializers.IntegerField()
    ties = serializers.IntegerField()
    both_bad = serializers.IntegerField()
    parts = JudgedPartSerializer(many=True)


class JudgedResultSerializer(serializers.Serializer[Any]):
    """What people said; not final while judgments are awaited."""

    method = serializers.CharField()
    final = serializers.BooleanField()
    judged = serializers.IntegerField()
    wanted = serializers.IntegerField()
    questions = JudgedQuestionSerializer(many=True)
    left_out = serializers.ListField(child=serializers.CharField())


class JudgedInList(serializers.ModelSerializer[JudgedEvaluation]):
    """An evaluation by people without its result."""

    version = serializers.UUIDField(source="model_version.uid", read_only=True)
    against = serializers.UUIDField(source="against.uid", read_only=True, default=None)
    set_version = serializers.UUIDField(source="set_version.uid", read_only=True)
    rubric_version = serializers.UUIDField(source="rubric_version.uid", read_only=True)
    queue = serializers.UUIDField(source="queue.uid", read_only=True, default=None)
    job = serializers.UUIDField(source="job.uid", read_only=True, default=None)
    left_out = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = JudgedEvaluation
        fields: tuple[str, ...] = (
            "uid",
            "name",
            "version",
            "against",
            "set_version",
            "rubric_version",
            "queue",
            "state",
            "reason",
            "size",
            "seed",
            "left_out",
            "outputs_digest",
            "digest",
            "job",
            "created_at",
            "counted_at",
        )
        read_only_fields = fields


class JudgedSerializer(JudgedInList):
    """One evaluation by people; `result` is null until it was counted for the first time."""

    progress = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()

    class Meta(JudgedInList.Meta):
        fields = (*JudgedInList.Meta.fields, "progress", "result")
        read_only_fields = fields

    @extend_schema_field(JudgedProgressSerializer())
    def get_progress(self, evaluation: JudgedEvaluation) -> Any:
        return JudgedProgressSerializer(progress_of(evaluation)).data

    @extend_schema_field(JudgedResultSerializer(allow_null=True))
    def get_result(self, evaluation: JudgedEvaluation) -> Any:
        return JudgedResultSerializer(evaluation.result).data if evaluation.result else None


class JudgedOutputSerializer(serializers.Serializer[Any]):
    """What one version answered."""

    version = serializers.CharField()
    text = serializers.CharField()


class JudgedRowSerializer(serializers.Serializer[Any]):
    """One item with sides undone: outputs by version, scores of the evaluated one by question."""

    external_id = serializers.CharField(source="item.external_id")
    item = serializers.UUIDField(source="item.uid")
    outputs = serializers.SerializerMethodField()
    scores = serializers.SerializerMethodField()
    judgments = serializers.SerializerMethodField()

    @extend_schema_field(JudgedOutputSerializer(many=True))
    def get_outputs(self, row: JudgedRow) -> list[dict[str, str]]:
        return [{"version": name, "text": text} for name, text in row.outputs]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "number"}})
    def get_scores(self, row: JudgedRow) -> dict[str, float | None]:
        return {key: one.score for key, one in row.said.items()}

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_judgments(self, row: JudgedRow) -> dict[str, int]:
        return {key: one.judgments for key, one in row.said.items()}
