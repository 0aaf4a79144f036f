from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.items import Item
from labeling.models.jobs import Job
from labeling.models.projects import Membership, Project, User


class SampleQuerySet(models.QuerySet["Sample"]):
    def visible_to(self, user: User | AnonymousUser) -> SampleQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Sample(Row):
    """One draw of items by a stated design; with its seed it can be drawn again."""

    class Design(models.TextChoices):
        SIMPLE = "simple", _("simple random")
        STRATIFIED = "stratified", _("stratified by slice")

    class State(models.TextChoices):
        DRAWING = "drawing", _("being drawn")
        DRAWN = "drawn", _("drawn")
        FAILED = "failed", _("failed")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="samples")
    name = models.CharField(_("name"), max_length=120)
    design = models.CharField(max_length=12, choices=Design.choices)
    plan: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAWING)
    frame_size = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)
    strata: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    digest = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = SampleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="sample_by_project")]

    def __str__(self) -> str:
        return self.name


class SampledItem(models.Model):
    """One item of a sample: its stratum, how probable it was, and how many twins it stands for."""

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="members")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="samplings")
    position = models.PositiveIntegerField()
    stratum = models.CharField(max_length=120, blank=True)
    inclusion_probability = models.FloatField()
    copies = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "item"], name="sampled_once"),
            models.CheckConstraint(
                condition=models.Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="inclusion_probability_is_one",
            ),
            models.CheckConstraint(condition=models.Q(copies__gte=1), name="copies_count_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.item} in {self.sample}"

    @property
    def weight(self) -> float:
        """How many items of the frame this one stands for."""
        return self.copies / self.inclusion_probability
