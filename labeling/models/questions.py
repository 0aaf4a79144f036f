from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.projects import Membership, Project, User
from labeling.models.queues import Task
from labeling.models.rubrics import RubricVersion


class Note(Row):
    """A ruling that was published beside the guidance of a rubric version."""

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="notes")
    criterion = models.SlugField(max_length=60, blank=True)
    text = models.TextField(max_length=4000)
    text_html = models.TextField(blank=True)
    published_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["published_at", "pk"]

    def __str__(self) -> str:
        return self.text[:80]


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User | AnonymousUser) -> QuestionQuerySet:
        return self.filter(task__queue__project__in=Project.objects.visible_to(user))

    def open(self) -> QuestionQuerySet:
        return self.filter(answered_at__isnull=True)

    def unread(self) -> QuestionQuerySet:
        """What was answered and not looked at by who asked."""
        return self.filter(answered_at__isnull=False, read_at__isnull=True)


class Question(Row):
    """What an annotator asks or tells the leads about an item, perhaps about a criterion of it."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("question")
        GAP = "gap", _("gap in the rubric")

    kind = models.CharField(
        max_length=10, choices=Kind.choices, default=Kind.QUESTION, db_default="question"
    )
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="questions")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="questions")
    criterion = models.SlugField(max_length=60, blank=True)
    text = models.TextField(max_length=2000)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(max_length=4000, blank=True)
    answered_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    note = models.ForeignKey(
        Note, null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["annotator", "-asked_at"], name="question_own")]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def is_erased(self) -> bool:
        """Whether its words, and those of its answer, went with the item that it is about."""
        return self.task.item.erased_at is not None
