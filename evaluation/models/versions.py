from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Item, Job, Membership, Project, StoredFile, User
from labeling.models.base import Row


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> ModelVersionQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class ModelVersion(Row):
    """A version of the project's model: live, candidate or retired."""

    class State(models.TextChoices):
        LIVE = "live", _("live")
        CANDIDATE = "candidate", _("candidate")
        RETIRED = "retired", _("retired")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="versions")
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    digest = models.CharField(_("digest"), max_length=128, blank=True)
    commit = models.CharField(_("commit"), max_length=80, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    training_digest = models.CharField(_("training-data digest"), max_length=128, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    registered_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(default=timezone.now)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_version_per_name",
                violation_error_message=_("There is already a version of this name."),
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state="live"),
                name="one_live_version",
                violation_error_message=_("Another version is live."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/versions/{self.uid}/"


class PredictionUpload(Row):
    """One file or stream of predictions: rows accepted, rows refused with line and reason."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    file = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Prediction(models.Model):
    """What a model version answers for an item, with confidence; rows never change."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="predictions")
    value = models.TextField()
    confidence = models.FloatField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "item"], name="one_prediction_each"),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True)
                | models.Q(confidence__gte=0, confidence__lte=1),
                name="prediction_confidence_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.value
