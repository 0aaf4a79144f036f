from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from labeling.models.base import Row
from labeling.models.projects import Membership, Project


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def unsealed(self) -> AuditEventQuerySet:
        """Events not yet in their project's chain, in the order they were written."""
        return self.filter(sequence__isnull=True).order_by("pk")

    def sealed(self) -> AuditEventQuerySet:
        return self.filter(sequence__isnull=False).order_by("sequence")

    def about(self, row: Row) -> AuditEventQuerySet:
        """What happened to one row."""
        return self.filter(subject_uid=row.uid)


class AuditEvent(Row):
    """Who did what when; written with the change, sealed into a hash chain later."""

    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="audit_events"
    )
    at = models.DateTimeField(default=timezone.now)
    member = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.UUIDField(null=True, blank=True)
    detail = models.JSONField(default=dict)
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sequence"], name="audit_one_chain"),
            models.UniqueConstraint(
                fields=["sequence"],
                condition=models.Q(project__isnull=True),
                name="audit_one_site_chain",
            ),
            models.CheckConstraint(
                condition=models.Q(sequence__isnull=True, digest="")
                | (models.Q(sequence__isnull=False) & ~models.Q(digest="")),
                name="audit_sealed_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "id"],
                name="audit_unsealed",
                condition=models.Q(sequence__isnull=True),
            ),
            models.Index(fields=["project", "-at"], name="audit_by_time"),
            models.Index(fields=["subject_uid", "-at"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind}"
