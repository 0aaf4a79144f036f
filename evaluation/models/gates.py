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


class GateQuerySet(models.QuerySet["Gate"]):
    def visible_to(self, user: User | AnonymousUser) -> GateQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Gate(Row):
    """What a candidate must meet against the baseline; the criteria live in its versions."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="gates")
    name = models.CharField(_("name"), max_length=120)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = GateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_gate_per_name",
                violation_error_message=_("There is already a gate of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/gates/{self.uid}/"


class GateVersion(Row):
    """One registered wording of a gate: set version and criteria, fixed before any result."""

    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    set_version = models.ForeignKey(SetVersion, on_delete=models.PROTECT, related_name="gates")
    error_rate = models.FloatField(_("chance of a false pass, per criterion"), default=0.05)
    digest = models.CharField(max_length=64)
    registered_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["gate", "number"], name="gate_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(error_rate__gt=0, error_rate__lt=0.5), name="error_rate_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} v{self.number}"


class GateCriterion(models.Model):
    """One thing a candidate must show: a metric, where, and by how much it may be worse."""

    class Metric(models.TextChoices):
        ACCURACY = "accuracy", _("accuracy")
        WIN_RATE = "win_rate", _("win rate against the baseline")
        RUBRIC_SCORE = "rubric_score", _("score on a question")

    class Scope(models.TextChoices):
        OVERALL = "overall", _("overall")
        SLICE = "slice", _("one slice")
        BRANCHES = "branches", _("every branch of the reference answer")
        ATTRIBUTE = "attribute", _("every value of an attribute")

    gate_version = models.ForeignKey(GateVersion, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=20, choices=Metric.choices, default=Metric.ACCURACY)
    #: The rubric's question that people answered, for metrics that they give.
    question = models.CharField(max_length=60, blank=True)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.OVERALL)
    name = models.CharField(max_length=120, blank=True)
    conditions: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    margin = models.FloatField(null=True, blank=True)
    floor = models.FloatField(null=True, blank=True)
    critical = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "gate criteria"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(margin__isnull=False) | models.Q(floor__isnull=False),
                name="criterion_asks_something",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.scope

    @property
    def allowed(self) -> float | None:
        """The smallest difference to the baseline that still passes."""
        return None if self.margin is None else -self.margin


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def visible_to(self, user: User | AnonymousUser) -> VerdictQuerySet:
        return self.filter(gate_version__gate__project__in=Project.objects.visible_to(user))


class Verdict(Row):
    """A gate's answer about one candidate against one baseline, bound to what it judged."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("being judged")
        PASS = "pass", _("pass")
        FAIL = "fail", _("fail")
        INCONCLUSIVE = "inconclusive", _("inconclusive")
        INVALID = "invalid", _("invalid")

    gate_version = models.ForeignKey(GateVersion, on_delete=models.PROTECT, related_name="verdicts")
    candidate = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="verdicts")
    baseline = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="verdicts_as_baseline"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.PENDING)
    sentence = models.TextField(blank=True)
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    evidence: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    labels_needed = models.PositiveIntegerField(null=True, blank=True)
    question = models.CharField(_("digest of what was asked"), max_length=64, blank=True)
    digest = models.CharField(_("digest of what was judged"), max_length=64, blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["gate_version", "candidate", "question"],
                condition=~models.Q(question=""),
                name="one_verdict_per_question",
                violation_error_message=_("This has been asked already."),
            ),
            # The digest covers the baseline too, which may be none and so cannot stand here.
            models.UniqueConstraint(
                fields=["gate_version", "candidate", "digest"],
                condition=~models.Q(digest=""),
                name="one_verdict_per_evidence",
                violation_error_message=_("This evidence has a verdict already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} for {self.candidate}"
