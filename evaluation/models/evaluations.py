from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models.sets import SetVersion
from evaluation.models.versions import ModelVersion
from labeling.models import Job, Membership, Project, User
from labeling.models.base import Row


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def visible_to(self, user: User | AnonymousUser) -> EvaluationQuerySet:
        return self.filter(model_version__project__in=Project.objects.visible_to(user))


class Evaluation(Row):
    """One model version measured on one set version, overall and by slice."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        INVALID = "invalid", _("invalid")
        FAILED = "failed", _("failed")

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="evaluations"
    )
    set_version = models.ForeignKey(
        SetVersion, on_delete=models.PROTECT, related_name="evaluations"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    predictions_digest = models.CharField(max_length=64, blank=True)
    missing = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["model_version", "set_version", "-created_at"], name="evaluation_of_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.set_version}"
