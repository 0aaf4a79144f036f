from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.projects import Membership
from labeling.models.queues import Task


class SkipQuerySet(models.QuerySet["Skip"]):
    def unsettled(self) -> SkipQuerySet:
        """Skips that say something about the rubric or item, which nobody has looked into yet."""
        return self.filter(reason__in=Skip.FOR_THE_LEAD, settled_at__isnull=True)


class Skip(models.Model):
    """An annotator's refusal of a task; it is never offered to the same person again."""

    class Reason(models.TextChoices):
        UNCLEAR_RUBRIC = "unclear_rubric", _("The rubric is unclear here")
        BROKEN_ITEM = "broken_item", _("The item is broken")
        NOT_MY_EXPERTISE = "not_my_expertise", _("Not my expertise")
        CONFLICT_OF_INTEREST = "conflict_of_interest", _("Conflict of interest")
        NOT_THIS_KIND = "not_this_kind", _("Not this kind for me")
        OTHER = "other", _("Something else")

    #: Reasons that somebody has to do something about; the others only pass a task on.
    FOR_THE_LEAD = (Reason.UNCLEAR_RUBRIC, Reason.BROKEN_ITEM)

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="skips")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="skips")
    reason = models.CharField(max_length=24, choices=Reason.choices)
    note = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = SkipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "annotator"], name="one_skip_each")]

    def __str__(self) -> str:
        return self.reason


class Draft(models.Model):
    """What somebody has typed and not submitted."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="drafts")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="drafts")
    answers = models.JSONField(default=dict)
    comment = models.TextField(blank=True)
    unsure = models.BooleanField(default=False)
    proposed: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    client_sequence = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "annotator"], name="one_draft_each")]

    def __str__(self) -> str:
        return f"draft of {self.annotator}"
