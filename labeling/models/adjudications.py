from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.projects import Membership, Project, User
from labeling.models.queues import Task
from labeling.models.rubrics import Criterion, RubricVersion


class AdjudicationQuerySet(models.QuerySet["Adjudication"]):
    def visible_to(self, user: User | AnonymousUser) -> AdjudicationQuerySet:
        return self.filter(task__queue__project__in=Project.objects.visible_to(user))

    def current(self) -> AdjudicationQuerySet:
        """Those that no later adjudication supersedes and that still stand."""
        return self.filter(superseded_by__isnull=True, withdrawn=False)


class Adjudication(Row):
    """The settled answers of a task: by policy where annotators agree, else by a person."""

    class Source(models.TextChoices):
        POLICY = "policy", _("policy")
        PERSON = "person", _("person")

    class Cause(models.TextChoices):
        SLIP = "slip", _("A slip")
        RUBRIC_GAP = "rubric_gap", _("The rubric says nothing about this")
        RUBRIC_UNCLEAR = "rubric_unclear", _("The rubric is unclear")
        AMBIGUOUS_ITEM = "ambiguous_item", _("The item is ambiguous")
        NOT_ENOUGH_CONTEXT = "not_enough_context", _("Not enough context")
        KNOWLEDGE = "knowledge", _("Knowledge was missing")

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="adjudications")
    source = models.CharField(max_length=10, choices=Source.choices)
    policy = models.CharField(max_length=40, blank=True)
    adjudicator = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudications"
    )
    rubric_version = models.ForeignKey(
        RubricVersion, on_delete=models.PROTECT, related_name="adjudications"
    )
    token = models.UUIDField(null=True, blank=True, unique=True)
    payload_digest = models.CharField(max_length=64, blank=True)
    revealed = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.BooleanField(default=False)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    objects = AdjudicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=models.Q(supersedes__isnull=True),
                name="one_adjudication_chain",
            ),
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=models.Q(supersedes__isnull=False),
                name="adjudication_superseded_once",
            ),
            models.CheckConstraint(
                condition=models.Q(source="policy", adjudicator__isnull=True)
                | models.Q(source="person", adjudicator__isnull=False),
                name="adjudication_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} on {self.task}"


class Reveal(models.Model):
    """That an adjudicator was shown a task's answers, and what they had decided before."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reveals")
    adjudicator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="reveals")
    token = models.UUIDField()
    blind: models.JSONField[dict[str, str | None], dict[str, str | None]] = models.JSONField(
        default=dict
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "adjudicator"], name="one_reveal_each")
        ]

    def __str__(self) -> str:
        return f"{self.task} to {self.adjudicator}"


class Ruling(models.Model):
    """An adjudication's answer to one criterion, with cause and rationale from a person."""

    adjudication = models.ForeignKey(Adjudication, on_delete=models.PROTECT, related_name="rulings")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="rulings")
    value = models.TextField(blank=True)
    cannot_tell = models.BooleanField(default=False)
    contested = models.BooleanField(default=False)
    cause = models.CharField(max_length=24, choices=Adjudication.Cause.choices, blank=True)
    rationale = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["adjudication", "criterion"], name="one_ruling_per_criterion"
            )
        ]

    def __str__(self) -> str:
        return self.value
