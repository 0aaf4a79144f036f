"""Questions and notes for programs: what is sent, and who gets to see what of it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.models import Note, Question
from labeling.serializers.base import StrictSerializer
from labeling.services.questions import ANSWER_LIMIT, QUESTION_LIMIT


class AskRequest(StrictSerializer):
    """A question about the item or a gap in its rubric, with the key of the criterion, if any."""

    text = serializers.CharField(max_length=QUESTION_LIMIT)
    criterion = serializers.CharField(max_length=60, required=False, allow_blank=True)
    kind = serializers.ChoiceField(Question.Kind.choices, required=False)


class AnswerRequest(StrictSerializer):
    """The answer for who asked, and what all annotators are to read, if anything."""

    text = serializers.CharField(max_length=ANSWER_LIMIT)
    note = serializers.CharField(max_length=ANSWER_LIMIT, required=False, allow_blank=True)


class NoteRequest(StrictSerializer):
    """A ruling in Markdown, with the key of the criterion that it is about, if any."""

    note = serializers.CharField(max_length=ANSWER_LIMIT)
    criterion = serializers.CharField(max_length=60, required=False, allow_blank=True)


class OwnQuestionSerializer(serializers.ModelSerializer[Question]):
    """An own question and its answer; nothing of others, and nothing of who answered.

    Of an item that has been erased, what was asked and answered is empty.
    """

    class Meta:
        model = Question
        fields: tuple[str, ...] = (
            "uid",
            "kind",
            "criterion",
            "text",
            "asked_at",
            "answer",
            "answered_at",
            "read_at",
        )
        read_only_fields = fields


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A question as those see it who answer; without words where its item has been erased."""

    item = serializers.UUIDField(source="task.item.uid")
    queue = serializers.UUIDField(source="task.queue.uid")
    rubric_version = serializers.UUIDField(source="task.queue.rubric_version.uid")
    annotator = serializers.UUIDField(source="annotator.uid", help_text="uid of who asked")
    note = serializers.UUIDField(source="note.uid", allow_null=True, default=None)

    class Meta:
        model = Question
        fields = (
            "uid",
            "item",
            "queue",
            "rubric_version",
            "annotator",
            "kind",
            "criterion",
            "text",
            "asked_at",
            "answer",
            "answered_at",
            "note",
        )
        read_only_fields = fields


class NoteSerializer(serializers.ModelSerializer[Note]):
    """A ruling beside the guidance of a rubric version."""

    class Meta:
        model = Note
        fields = ("uid", "criterion", "text", "published_at", "withdrawn_at")
        read_only_fields = fields


class ReadAnswer(serializers.Serializer[Any]):
    """How many answers were new."""

    read = serializers.IntegerField()
