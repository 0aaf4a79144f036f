"""Questions about items, their answers, and the notes of a rubric version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.filters import allow_filters
from labeling.api.judging import lessee
from labeling.api.permissions import LoggedIn, caller
from labeling.api.rubrics import find_version
from labeling.models import Note, Project, Question
from labeling.models.questions import QuestionQuerySet
from labeling.policy.roles import Verb
from labeling.reports.questions import answerable_by, own_questions
from labeling.serializers import questions as serializers
from labeling.services import questions as services


class LeaseQuestions(APIView):
    """Ask the leads about an item that was given to the caller, or tell of a gap in its rubric."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="leases_ask",
        request=serializers.AskRequest,
        responses={201: serializers.OwnQuestionSerializer},
    )
    def post(self, request: Request, token: UUID) -> Response:
        member = lessee(request, token)
        asked = _checked(serializers.AskRequest, request)
        said = (asked["text"], asked.get("criterion", ""))
        kind = asked.get("kind", Question.Kind.QUESTION)
        row = services.ask(member, token, *said, kind=kind, at=timezone.now())
        return Response(serializers.OwnQuestionSerializer(row).data, status=201)


class OwnQuestions(generics.ListAPIView[Question]):
    """What the caller asked, and was answered; POST marks the answers as read."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.OwnQuestionSerializer

    def get_queryset(self) -> QuestionQuerySet:
        allow_filters(self.request)
        return own_questions(caller(self.request, self.kwargs["project"], Verb.ANNOTATE))

    @extend_schema(request=None, responses=serializers.ReadAnswer)
    def post(self, request: Request, project: str) -> Response:
        member = caller(request, project, Verb.ANNOTATE)
        return Response({"read": services.mark_read(member, at=timezone.now())})


@extend_schema(
    parameters=[
        OpenApiParameter("answered", bool, description="true or false; left out: both."),
        OpenApiParameter("kind", enum=Question.Kind.values, description="left out: both."),
    ]
)
class Questions(generics.ListAPIView[Question]):
    """The questions that the caller may answer, the latest first."""

    permission_classes = [LoggedIn]
    serializer_class = serializers.QuestionSerializer

    def get_queryset(self) -> QuestionQuerySet:
        member = caller(self.request, self.kwargs["project"], Verb.SEE_QUESTIONS)
        asked = allow_filters(self.request, {"answered", "kind"})
        answered, kind = asked.get("answered", ""), asked.get("kind", "")
        if answered not in {"", "true", "false"}:
            raise exceptions.ValidationError({"answered": ["true or false."]})
        if kind not in {"", *Question.Kind.values}:
            raise exceptions.ValidationError({"kind": ["question or gap."]})
        rows = answerable_by(member)
        rows = rows.filter(kind=kind) if kind else rows
        return rows.filter(answered_at__isnull=answered == "false") if answered else rows


class QuestionAnswers(APIView):
    """Answer a question, and publish a note if there is one in the request."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="questions_answer",
        request=serializers.AnswerRequest,
        responses={201: serializers.QuestionSerializer},
    )
    def post(self, request: Request, uid: UUID) -> Response:
        found = get_object_or_404(Question.objects.visible_to(request.user), uid=uid)
        project = Project.objects.get(queues__tasks=found.task_id)
        member = caller(request, project.slug, Verb.ANSWER_QUESTIONS)
        row = get_object_or_404(answerable_by(member), uid=uid)
        asked = _checked(serializers.AnswerRequest, request)
        text, note, at = asked["text"], asked.get("note", ""), timezone.now()
        if note:
            caller(request, project.slug, Verb.PUBLISH_RUBRICS)
            row = services.answer_and_publish(row, text, note, by=member, at=at)
        else:
            row = services.answer(row, text, by=member, at=at)
        return Response(serializers.QuestionSerializer(row).data, status=201)


class RubricNotes(APIView):
    """The notes of a rubric version, withdrawn ones with their time; POST publishes one."""

    permission_classes = [LoggedIn]

    @extend_schema(responses=serializers.NoteSerializer(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        version, _member = find_version(request, uid, Verb.SEE_RUBRICS)
        allow_filters(request)
        return Response(serializers.NoteSerializer(version.notes.all(), many=True).data)

    @extend_schema(
        operation_id="rubric_versions_publish_note",
        request=serializers.NoteRequest,
        responses={201: serializers.NoteSerializer},
    )
    def post(self, request: Request, uid: UUID) -> Response:
        version, member = find_version(request, uid, Verb.PUBLISH_RUBRICS)
        asked = _checked(serializers.NoteRequest, request)
        about = (asked["note"], asked.get("criterion", ""))
        note = services.publish_note(version, *about, by=member, at=timezone.now())
        return Response(serializers.NoteSerializer(note).data, status=201)


class NoteWithdrawals(APIView):
    """Show a note no longer."""

    permission_classes = [LoggedIn]

    @extend_schema(
        operation_id="notes_withdraw", request=None, responses=serializers.NoteSerializer
    )
    def post(self, request: Request, uid: UUID) -> Response:
        projects = Project.objects.visible_to(request.user)
        rows = Note.objects.filter(version__rubric__project__in=projects)
        note = get_object_or_404(rows.select_related("version__rubric__project"), uid=uid)
        member = caller(request, note.version.rubric.project.slug, Verb.PUBLISH_RUBRICS)
        note = services.withdraw_note(note, by=member, at=timezone.now())
        return Response(serializers.NoteSerializer(note).data)


def _checked(serializer: type[Any], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    checked: dict[str, Any] = asked.validated_data
    return checked
