"""The labels that annotators missed, as programs see them and decide about them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.models import ProposedLabel
from labeling.policy.proposing import LIMIT
from labeling.serializers.base import StrictSerializer
from labeling.services.proposals import REASON_LIMIT


class ProposedLabelAnswer(serializers.Serializer[Any]):
    """One label by its most common spelling; `reason` is why, or how it was worded when taken."""

    criterion = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    items = serializers.IntegerField(help_text="on how many items it is missed")
    spellings = serializers.ListField(child=serializers.CharField())
    examples = serializers.ListField(
        child=serializers.CharField(), source="item_ids", help_text="some of the items"
    )
    first_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=ProposedLabel.State.choices)
    reason = serializers.CharField(source="decided.reason", default="")
    decided_at = serializers.DateTimeField(source="decided.decided_at", default=None)


class ProposedLabelsAnswer(serializers.Serializer[Any]):
    """Every label that is missed, the open ones first, the most frequent first."""

    labels = ProposedLabelAnswer(many=True)
    unnamed = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="by criterion: items for which no label was named",
    )


class DecideLabel(StrictSerializer):
    """What becomes of a label; named by its criterion and any of its spellings."""

    criterion = serializers.CharField(max_length=60)
    label = serializers.CharField(max_length=LIMIT)  # type: ignore[assignment]
    action = serializers.ChoiceField(choices=["take_up", "dismiss", "reopen"])
    wording = serializers.CharField(
        max_length=LIMIT,
        required=False,
        allow_blank=True,
        default="",
        help_text="how the option is worded, if not as it was proposed",
    )
    reason = serializers.CharField(
        max_length=REASON_LIMIT, required=False, allow_blank=True, default=""
    )
