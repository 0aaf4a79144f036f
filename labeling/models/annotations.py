from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.projects import Membership, Project, User
from labeling.models.queues import Task
from labeling.models.rubrics import Criterion, RubricVersion


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def visible_to(self, user: User | AnonymousUser) -> AnnotationQuerySet:
        return self.filter(task__queue__project__in=Project.objects.visible_to(user))

    def counted(self) -> AnnotationQuerySet:
        """Annotations that a slot points at; the others are surplus, superseded or withdrawn."""
        return self.filter(slots__isnull=False)


class Annotation(Row):
    """One annotator's submission on a task; rows never change, a later one supersedes."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        AMENDED = "amended", _("amended")
        WITHDRAWN = "withdrawn", _("withdrawn")

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="annotations")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="annotations")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUBMITTED)
    token = models.UUIDField()
    payload_digest = models.CharField(max_length=64)
    rubric_version = models.ForeignKey(
        RubricVersion, on_delete=models.PROTECT, related_name="annotations"
    )
    language = models.CharField(max_length=10, blank=True)
    shown: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    revealed = models.BooleanField(default=False)
    comment = models.TextField(blank=True)
    unsure = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(default=timezone.now)
    active_ms = models.PositiveIntegerField(null=True, blank=True)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "annotator"],
                condition=models.Q(supersedes__isnull=True),
                name="one_annotation_each",
                violation_error_message=_("You have already judged this item."),
            ),
            models.UniqueConstraint(fields=["annotator", "token"], name="token_used_once"),
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=models.Q(supersedes__isnull=False),
                name="superseded_once",
            ),
        ]
        indexes = [models.Index(fields=["annotator", "-submitted_at"], name="annotation_own_work")]

    def __str__(self) -> str:
        return f"{self.annotator} on {self.task}"


class Answer(models.Model):
    """An annotation's answer to one criterion; an empty value means that they cannot tell."""

    annotation = models.ForeignKey(Annotation, on_delete=models.PROTECT, related_name="answers")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="answers")
    value = models.TextField(blank=True)
    cannot_tell = models.BooleanField(default=False)
    #: The label that was missed, where the value says "none of these".
    proposed = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "criterion"], name="one_answer_per_criterion"
            ),
            models.CheckConstraint(
                condition=models.Q(cannot_tell=False) | models.Q(value=""),
                name="cannot_tell_has_no_value",
            ),
        ]
        indexes = [models.Index(fields=["criterion", "annotation"], name="answer_by_criterion")]

    def __str__(self) -> str:
        return self.value
