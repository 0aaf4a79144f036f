"""What annotators send, and the only fields that they are ever sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.models import ContentField, Skip
from labeling.policy.spans import MOST as MOST_SPANS
from labeling.policy.values import as_value
from labeling.reports.judging import ShownForm
from labeling.serializers.base import StrictSerializer
from labeling.services.answers import TEXT_LIMIT, Payload

DAY_IN_MS = 24 * 60 * 60 * 1000
ROWS_AT_ONCE = 1000
#: What comes with a submission and is no part of it.
NOT_SAID = frozenset({"next", "ahead", "token"})

#: What a claim comes back with: an item, or why there is none.
STATES = [
    "leased",
    "more_may_come",
    "paused",
    "not_qualified",
    "not_your_languages",
    "cap_reached",
    "nothing_left",
]


SPAN = {
    "type": "object",
    "properties": {
        "start": {"type": "integer", "minimum": 0},
        "end": {"type": "integer", "minimum": 1},
        "label": {"type": "string"},
        "field": {"type": "string"},
    },
    "required": ["start", "end", "label"],
}
SPANS_LIMIT = {"most": MOST_SPANS}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {"type": "array", "items": SPAN},
        ]
    }
)
class ValueField(serializers.CharField):
    """One answer: a key, a text, a number; a list of keys, of ranked outputs, or of spans.

    A ranking lists the letters of the outputs, the best first, those that share a place in one
    text (`a=c`). Spans count code points of the text shown; without any, there is nothing to mark.
    A corrected output is its text, or `[unchanged]` where it was right.
    """

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, list):
            if not data or any(isinstance(one, dict) for one in data):
                return self._marked(data)
            keys = [super(ValueField, self).to_internal_value(key) for key in data]
            return as_value(keys)
        return super().to_internal_value(data)

    def _marked(self, data: list[Any]) -> str:
        """Spans as one text; what is malformed in them is said where the text is known."""
        if len(data) > MOST_SPANS:
            raise serializers.ValidationError(_("Too many spans: %(most)d at most.") % SPANS_LIMIT)
        return super().to_internal_value(
            json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        )


class AnswersField(serializers.DictField):
    """Answers by criterion key: an option or node key, yes or no, a text; null: cannot tell."""

    child = ValueField(allow_null=True, allow_blank=True, trim_whitespace=False)


class ProposedField(serializers.DictField):
    """By criterion key: the label that is missed, where the answer is `none_of_these`."""

    child = serializers.CharField(allow_blank=True)


class ClaimRequest(StrictSerializer):
    """Which queue to go on with, or the first with work; `ahead` asks to hold one more."""

    queue = serializers.UUIDField(required=False)
    ahead = serializers.BooleanField(required=False, default=False)


class SubmitRequest(StrictSerializer):
    """One annotation; `next` asks for the next item in the same answer, `ahead` for one more."""

    answers = AnswersField()
    comment = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LIMIT)
    unsure = serializers.BooleanField(required=False, default=False)
    proposed = ProposedField(required=False)
    language = serializers.CharField(required=False, allow_blank=True, max_length=10)
    active_ms = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=DAY_IN_MS
    )
    started_at = serializers.DateTimeField(required=False, allow_null=True)
    next = serializers.BooleanField(required=False, default=False)
    ahead = serializers.BooleanField(required=False, default=False)


def payload_in(asked: Mapping[str, Any]) -> Payload:
    """What was checked by a `SubmitRequest`, as the service takes it."""
    return Payload(**{key: value for key, value in asked.items() if key not in NOT_SAID})


class SkipRequest(StrictSerializer):
    """Why an item is refused."""

    reason = serializers.ChoiceField(choices=Skip.Reason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    next = serializers.BooleanField(required=False, default=False)


class DraftRequest(StrictSerializer):
    """What has been typed so far; the sequence has to grow with every save."""

    answers = AnswersField()
    comment = serializers.CharField(
        required=False, allow_blank=True, max_length=TEXT_LIMIT, default=""
    )
    unsure = serializers.BooleanField(required=False, default=False)
    proposed = ProposedField(required=False, default=dict)
    sequence = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class ShownFieldAnswer(serializers.Serializer[Any]):
    """A content field that annotators may see."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField()
    masked = serializers.BooleanField()
    rendering = serializers.ChoiceField(ContentField.Rendering.choices)


class ShownItemAnswer(serializers.Serializer[Any]):
    """An item; `prediction` is null unless the queue shows it, `outputs` are what is compared."""

    content = ShownFieldAnswer(many=True)
    attributes = serializers.DictField(child=serializers.CharField())
    prediction = serializers.CharField(allow_null=True)
    outputs = ShownFieldAnswer(many=True)


class ShownOptionAnswer(serializers.Serializer[Any]):
    """An option, or a node of a taxonomy with the way to it."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    use_when = serializers.CharField()
    avoid_when = serializers.CharField()
    examples = serializers.ListField(child=serializers.CharField())
    counterexamples = serializers.ListField(child=serializers.CharField())
    path = serializers.CharField()
    synonyms = serializers.ListField(child=serializers.CharField())


class ShownCriterionAnswer(serializers.Serializer[Any]):
    """A question in the annotator's language, its options in the order to show them."""

    key = serializers.CharField()
    kind = serializers.CharField()
    prompt = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    cannot_tell = serializers.BooleanField()
    critical = serializers.BooleanField()
    propose = serializers.BooleanField(help_text="whether a label that is missed may be proposed")
    options = ShownOptionAnswer(many=True)
    terms = serializers.DictField(
        help_text="what the kind has: least and most, unit, lowest, highest, outputs, ties, field …"
    )
    when = serializers.DictField(help_text="the earlier criterion and its answers; empty: always")


class ShownFormAnswer(serializers.Serializer[Any]):
    """What is asked; `guidance` is sanitised HTML."""

    rubric = serializers.CharField()
    version = serializers.IntegerField()
    language = serializers.CharField()
    guidance = serializers.CharField(source="guidance_html")
    criteria = ShownCriterionAnswer(many=True)

    def to_representation(self, instance: ShownForm) -> Any:
        return _represented(instance)


@lru_cache(maxsize=128)
def _represented(form: ShownForm) -> Any:
    """A form is asked of everybody about every item, and is the same object each time."""
    return serializers.Serializer.to_representation(ShownFormAnswer(), form)


class ShownNoteAnswer(serializers.Serializer[Any]):
    """A ruling beside the guidance; `criterion` is empty where it is about all of it."""

    criterion = serializers.CharField()
    text = serializers.CharField()
    html = serializers.CharField(help_text="the same as sanitised HTML")


class ShownDraftAnswer(serializers.Serializer[Any]):
    """What this annotator has typed on the item before."""

    answers = AnswersField()
    comment = serializers.CharField()
    unsure = serializers.BooleanField()
    proposed = ProposedField()
    sequence = serializers.IntegerField()


class LeaseAnswer(serializers.Serializer[Any]):
    """The key under which an item is answered, and until when it is kept for this annotator."""

    token = serializers.UUIDField()
    leased_until = serializers.DateTimeField()


class JudgingAnswer(serializers.Serializer[Any]):
    """The item to judge; without one, only the state that says why there is none."""

    state = serializers.ChoiceField(choices=STATES)
    lease = LeaseAnswer(required=False)
    item = ShownItemAnswer(required=False)
    form = ShownFormAnswer(required=False)
    notes = ShownNoteAnswer(many=True, required=False)
    unread_answers = serializers.IntegerField(
        required=False, help_text="own questions that were answered and not looked at since"
    )
    draft = ShownDraftAnswer(required=False)


class ClaimAnswer(JudgingAnswer):
    """The item to judge; with `ahead` one more that waits for the caller for a minute."""

    held = JudgingAnswer(required=False)


class AnnotationAnswer(serializers.Serializer[Any]):
    """What was stored."""

    uid = serializers.UUIDField(source="annotation")
    submitted_at = serializers.DateTimeField()


class SubmitAnswer(serializers.Serializer[Any]):
    """The acknowledgement, with `next` what comes next, with `ahead` what is held after that."""

    annotation = AnnotationAnswer()
    next = JudgingAnswer(required=False)
    held = JudgingAnswer(required=False)


class SkipAnswer(serializers.Serializer[Any]):
    """With `next`, what comes next."""

    next = JudgingAnswer(required=False)


class DraftAnswer(serializers.Serializer[Any]):
    """The sequence that is stored now."""

    sequence = serializers.IntegerField()
