from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models.sets import Example, SetVersion
from evaluation.models.versions import ModelVersion
from labeling.models import Job, Membership, Project, Queue, RubricVersion, Task, User
from labeling.models.base import Row


class JudgedEvaluationQuerySet(models.QuerySet["JudgedEvaluation"]):
    def visible_to(self, user: User | AnonymousUser) -> JudgedEvaluationQuerySet:
        return self.filter(model_version__project__in=Project.objects.visible_to(user))

    def waiting(self) -> JudgedEvaluationQuerySet:
        return self.filter(state=JudgedEvaluation.State.WAITING)

    def done(self) -> JudgedEvaluationQuerySet:
        return self.filter(state=JudgedEvaluation.State.DONE)


class JudgedEvaluation(Row):
    """An evaluation by people: of one version's outputs, or of two versions' beside each other."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        WAITING = "waiting", _("waiting for judgments")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="judged_evaluations"
    )
    against = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="judged_as_other",
    )
    set_version = models.ForeignKey(
        SetVersion, on_delete=models.PROTECT, related_name="judged_evaluations"
    )
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    queue = models.OneToOneField(
        Queue, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("name"), max_length=120)
    #: How the queue is to hand the work out, until it is there.
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    size = models.PositiveIntegerField(null=True, blank=True)
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    #: Items of the set that nobody is asked about, by the reason.
    left_out: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    outputs_digest = models.CharField(_("digest of the outputs"), max_length=64, blank=True)
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    digest = models.CharField(_("digest of the result"), max_length=64, blank=True)
    reason = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    counted_at = models.DateTimeField(null=True, blank=True)

    objects = JudgedEvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(against__isnull=True)
                | ~models.Q(against=models.F("model_version")),
                name="judged_against_another",
                violation_error_message=_("A version is not compared with itself."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | ~models.Q(digest=""),
                name="judged_has_digest",
            ),
        ]
        indexes = [
            models.Index(fields=["model_version", "-created_at"], name="judged_of_version"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.model_version.project.slug}/judged/{self.uid}/"

    @property
    def outputs(self) -> int:
        """How many outputs stand beside each other."""
        return 2 if self.against_id else 1


class JudgedOutput(models.Model):
    """Which version an output of a task is from; kept apart, so that no task can tell."""

    evaluation = models.ForeignKey(
        JudgedEvaluation, on_delete=models.PROTECT, related_name="judged_outputs"
    )
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    example = models.ForeignKey(Example, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["task", "position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_version_per_output"),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.task}"
