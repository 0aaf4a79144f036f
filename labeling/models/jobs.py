from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models.base import Row
from labeling.models.projects import Membership, Project, User


class StoredFile(Row):
    """One uploaded or produced file behind the storage door, with its size and digest."""

    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    name = models.CharField(max_length=255)
    key = models.CharField(max_length=200, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    created_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="file_expiry")]

    def __str__(self) -> str:
        return self.name


class JobQuerySet(models.QuerySet["Job"]):
    def live(self) -> JobQuerySet:
        """Jobs that still have something to do."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def due(self) -> JobQuerySet:
        """Jobs that a runner may claim: queued and due, or running with an ended lease."""
        queued = models.Q(state=Job.State.QUEUED, not_before__lte=Now())
        return self.filter(queued | (_abandoned() & _may_try_again())).order_by("not_before", "pk")

    def exhausted(self) -> JobQuerySet:
        """Jobs whose last runner died, with no attempt left."""
        return self.filter(_abandoned() & ~_may_try_again())

    def retriable(self) -> JobQuerySet:
        """Jobs that ended without doing their work."""
        return self.filter(state__in=[Job.State.FAILED, Job.State.CANCELED])

    def visible_to(self, user: User | AnonymousUser) -> JobQuerySet:
        """Jobs of the projects this user is a member of."""
        return self.filter(project__in=Project.objects.visible_to(user))


def _abandoned() -> models.Q:
    return models.Q(state=Job.State.RUNNING, leased_until__lt=Now())


def _may_try_again() -> models.Q:
    return models.Q(attempt__lt=models.F("max_attempts"))


class Job(Row):
    """Long work in the background; the row is the truth, the broker only wakes a worker."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELED = "canceled"

    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    not_before = models.DateTimeField(db_default=Now())  # by the clock that `due` asks
    leased_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    key = models.CharField(max_length=200, blank=True)
    file = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(key=""),
                name="job_same_work_once",
                violation_error_message="This work is already under way.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="job_live",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["project", "-created_at"], name="job_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.project.slug, self.uid]) if self.project else ""

    @property
    def kind_label(self) -> str:
        """The kind in words: kinds are named so that they read as such."""
        return _(self.kind.replace("_", " ").capitalize())

    @property
    def finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELED}


class RecurringWork(models.Model):
    """When the clock last asked for one kind of recurring work."""

    kind = models.CharField(max_length=60, primary_key=True)
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.kind


class RunnerHeartbeat(models.Model):
    """When a job runner or worker was last seen, by its name."""

    name = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=20)
    seen_at = models.DateTimeField(default=timezone.now)
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """A report too dear to compute on a page, written by a Job and shown with its time."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    kind = models.CharField(max_length=40)
    subject_uid = models.UUIDField()
    body = models.JSONField(default=dict)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_uid"], name="snapshot_one_each"),
        ]

    def __str__(self) -> str:
        return self.kind
