from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.jobs import Job, StoredFile
from labeling.models.projects import Membership, Project, User


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: User | AnonymousUser) -> ExportQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Export(Row):
    """Labels or items written to files with a manifest that says what they are."""

    class Kind(models.TextChoices):
        ADJUDICATIONS = "adjudications", _("adjudicated labels")
        ANNOTATIONS = "annotations", _("raw annotations")
        ITEMS = "items", _("inputs without references")

    class FileFormat(models.TextChoices):
        JSONL = "jsonl", _("JSON lines")
        CSV = "csv", _("CSV")
        PARQUET = "parquet", _("Parquet")

    class Profile(models.TextChoices):
        SPREADSHEET = "spreadsheet", _("safe for spreadsheets")
        RAW = "raw", _("raw")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="exports")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    file_format = models.CharField(max_length=10, choices=FileFormat.choices)
    profile = models.CharField(max_length=12, choices=Profile.choices, default=Profile.SPREADSHEET)
    scope: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    file = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    manifest: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="exports"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="export_by_project")]

    def __str__(self) -> str:
        return f"{self.kind} as {self.file_format}"

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.project.slug, self.uid])
