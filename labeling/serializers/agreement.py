"""Agreement and disputes as programs get them; what is not a number is null, with its reason."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

Base = serializers.Serializer[Any]


def number() -> serializers.FloatField:
    return serializers.FloatField(allow_null=True)


class EstimateAnswer(Base):
    """A number with its interval; `reason` says why it is null."""

    value = number()
    low = number()
    high = number()
    n = serializers.IntegerField()
    effective_n = number()
    level = serializers.FloatField()
    method = serializers.CharField()
    reason = serializers.CharField()


class FiguresAnswer(Base):
    """Agreement among some items; `items` have two answers or more."""

    agreement = EstimateAnswer()
    alpha = EstimateAnswer()
    ac1 = EstimateAnswer()
    cannot_tell = EstimateAnswer()
    items = serializers.IntegerField()
    pairs = serializers.IntegerField()
    answers = serializers.IntegerField()
    largest_share = number()


class PartAnswer(Base):
    """One slice or one language."""

    name = serializers.CharField()
    figures = FiguresAnswer()


class PairAnswer(Base):
    """Two annotators, by their places in the report's `people`."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    agreement = EstimateAnswer()
    kappa = number()


class MachineAnswer(Base):
    """A machine annotator against what most people answered."""

    uid = serializers.CharField()
    agreement = EstimateAnswer()
    alpha = EstimateAnswer()


class DecompositionAnswer(Base):
    """Shares of the disagreement about labels of a taxonomy."""

    disagreeing = number()
    ancestor = number()
    sibling = number()
    other_branch = number()


class CriterionAgreementAnswer(Base):
    """One criterion; `distance` is empty where answers are not compared.

    `counts` is false where the rubric leaves it out of agreement.
    """

    key = serializers.CharField()
    prompt = serializers.CharField()
    kind = serializers.CharField()
    distance = serializers.CharField()
    counts = serializers.BooleanField()
    action = serializers.CharField()
    sentence = serializers.CharField()
    whole = FiguresAnswer()
    by_slice = PartAnswer(many=True)
    by_lane = PartAnswer(many=True)
    pairs = PairAnswer(many=True)
    by_level = EstimateAnswer(many=True)
    decomposition = DecompositionAnswer(allow_null=True)
    machines = MachineAnswer(many=True)


class AgreementAnswer(Base):
    """A queue's agreement; `computed_at` is null where it waits to be computed by a job.

    `people` are uids of annotators for those who lead people, numbers for others.
    """

    computed_at = serializers.DateTimeField(allow_null=True)
    live = serializers.BooleanField()
    sentence = serializers.CharField()
    tasks = serializers.IntegerField()
    revealed = serializers.IntegerField()
    people = serializers.ListField(child=serializers.CharField())
    criteria = CriterionAgreementAnswer(many=True)


class VoteAnswer(Base):
    """How many annotators gave an answer; null stands for "cannot tell"."""

    value = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ContestedAnswer(Base):
    """A contested criterion; `votes` are withheld from those who adjudicate."""

    criterion = serializers.CharField()
    votes = VoteAnswer(many=True, allow_null=True)


class DisputeAnswer(Base):
    """A disputed task."""

    task = serializers.UUIDField()
    item = serializers.UUIDField()
    external_id = serializers.CharField()
    language = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    claimed = serializers.BooleanField()
    contested = ContestedAnswer(many=True)
