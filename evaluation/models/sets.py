from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Adjudication, Item, Job, Membership, Project, RubricVersion, User
from labeling.models.base import Row


class EvaluationSetQuerySet(models.QuerySet["EvaluationSet"]):
    def visible_to(self, user: User | AnonymousUser) -> EvaluationSetQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class EvaluationSet(Row):
    """A named set that versions are measured on, with its role in the loop."""

    class Role(models.TextChoices):
        FROZEN = "frozen", _("frozen benchmark")
        ROLLING = "rolling", _("rolling recent")
        EDGE = "edge", _("edge case")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="sets")
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = EvaluationSetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_set_per_name",
                violation_error_message=_("There is already an evaluation set of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/sets/{self.uid}/"


class SetVersionQuerySet(models.QuerySet["SetVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> SetVersionQuerySet:
        return self.filter(evaluation_set__project__in=Project.objects.visible_to(user))

    def frozen(self) -> SetVersionQuerySet:
        return self.filter(state=SetVersion.State.FROZEN)


class SetVersion(Row):
    """An immutable, hashed version of an evaluation set."""

    class State(models.TextChoices):
        FREEZING = "freezing", _("being frozen")
        FROZEN = "frozen", _("frozen")
        FAILED = "failed", _("failed")

    class Provenance(models.TextChoices):
        ADJUDICATED = "adjudicated", _("adjudicated here")
        IMPORTED = "imported", _("imported, quality unknown")

    evaluation_set = models.ForeignKey(
        EvaluationSet, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.FREEZING)
    provenance = models.CharField(max_length=12, choices=Provenance.choices)
    rubric_version = models.ForeignKey(
        RubricVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="set_versions"
    )
    criterion = models.CharField(_("criterion that predictions answer"), max_length=60)
    subject = models.CharField(max_length=10, default="input")
    judged_version = models.CharField(max_length=200, blank=True)
    taxonomy: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    source: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    quality: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    size = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = SetVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation_set", "number"], name="set_version_numbered_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="frozen") | ~models.Q(digest=""),
                name="frozen_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_set} v{self.number}"


class Example(models.Model):
    """One row of a set version: an item, its reference answers, its weight, where they are from."""

    set_version = models.ForeignKey(SetVersion, on_delete=models.PROTECT, related_name="examples")
    position = models.PositiveIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="examples")
    references: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    weight = models.DecimalField(max_digits=20, decimal_places=9)
    stratum = models.CharField(max_length=120, blank=True)
    inclusion_probability = models.FloatField(null=True, blank=True)
    adjudication = models.ForeignKey(
        Adjudication, null=True, blank=True, on_delete=models.PROTECT, related_name="examples"
    )
    content_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["set_version", "item"], name="one_example_per_item"),
            models.UniqueConstraint(fields=["set_version", "position"], name="one_example_a_place"),
            models.CheckConstraint(condition=models.Q(weight__gt=0), name="weight_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.item} in {self.set_version}"
