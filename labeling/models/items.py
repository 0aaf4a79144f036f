from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.conditions import as_filter
from labeling.models.jobs import Job, StoredFile
from labeling.models.projects import Membership, Project, User
from labeling.policy.slices import Condition, parse


class ContentField(models.Model):
    """A named text field of a project's items, and whether annotators get to see it."""

    class Visibility(models.TextChoices):
        SHOWN = "shown", _("shown")
        MASKED = "masked", _("masked")
        HIDDEN = "hidden", _("hidden")

    class Rendering(models.TextChoices):
        TEXT = "text", _("plain text")
        MARKDOWN = "markdown", _("Markdown")
        CODE = "code", _("code")
        JSON = "json", _("JSON")
        CHAT = "chat", _("conversation")
        TABLE = "table", _("table")
        IMAGE = "image", _("image")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="content_fields")
    name = models.CharField(max_length=64)
    label = models.CharField(max_length=120, blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.HIDDEN
    )
    rendering = models.CharField(max_length=10, choices=Rendering.choices, default=Rendering.TEXT)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_content_field_each")
        ]

    def __str__(self) -> str:
        return self.label or self.name


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User | AnonymousUser) -> ImportQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Import(Row):
    """One file or stream of items brought in: rows accepted, rows refused with line and reason."""

    class State(models.TextChoices):
        MAPPING = "mapping", _("waiting for its mapping")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Source(models.TextChoices):
        UPLOAD = "upload", _("upload")
        API = "api", _("API")
        COMMAND = "command", _("command")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    name = models.CharField(max_length=255)
    source = models.CharField(max_length=10, choices=Source.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAPPING)
    file = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file_format = models.CharField(max_length=10, blank=True)
    mapping = models.JSONField(default=dict)
    valid_rows_only = models.BooleanField(default=False)
    accepted = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="imports"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="import_by_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/imports/{self.uid}/"


class RefusedRow(models.Model):
    """A row of an import that was not taken, and why."""

    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="refused_rows", db_index=False
    )
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["line", "pk"]
        indexes = [models.Index(fields=["batch", "line"], name="refused_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class StagedRow(models.Model):
    """An accepted row on its way in; all become items at once, or none."""

    batch = models.ForeignKey(
        Import,
        on_delete=models.CASCADE,
        related_name="staged_rows",
        db_index=False,
        db_constraint=False,  # checked once these rows become items; here it would cost a tenth
    )
    line = models.PositiveIntegerField()
    uid = models.UUIDField()
    external_id = models.CharField(max_length=200)
    content = models.JSONField()
    attributes = models.JSONField()
    group = models.CharField(max_length=200)
    model_version = models.CharField(max_length=200)
    prediction = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    occurred_at = models.DateTimeField(null=True)
    salt = models.CharField(max_length=32)
    content_digest = models.CharField(max_length=64)
    twin_key = models.CharField(max_length=32)
    row_digest = models.CharField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["batch", "line"], name="staged_by_line")]

    def __str__(self) -> str:
        return self.external_id


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User | AnonymousUser) -> ItemQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))

    def present(self) -> ItemQuerySet:
        """Items whose content has not been erased and whose import has not been withdrawn."""
        return self.in_place().filter(erased_at__isnull=True)

    def in_place(self) -> ItemQuerySet:
        """Items and tombstones, without those on their way out with a withdrawn import."""
        return self.exclude(batch__state=Import.State.WITHDRAWN)

    def meeting(self, conditions: Iterable[Condition]) -> ItemQuerySet:
        """Items that meet all conditions of a slice."""
        return self.filter(as_filter(conditions))


class Item(Row):
    """One production input with what the model answered."""

    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    batch = models.ForeignKey(
        Import, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    external_id = models.CharField(max_length=200)
    content: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    attributes: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    group = models.CharField(max_length=200, blank=True)
    model_version = models.CharField(max_length=200, blank=True)
    prediction: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    imported_at = models.DateTimeField(default=timezone.now)
    salt = models.CharField(max_length=32)
    content_digest = models.CharField(max_length=64)
    twin_key = models.CharField(max_length=32)
    row_digest = models.CharField(max_length=32)
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_by = models.ForeignKey(
        Membership,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    erased_why = models.CharField(max_length=300, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"],
                name="one_item_per_external_id",
                violation_error_message=_("There is already an item with this external_id."),
            ),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True)
                | models.Q(confidence__gte=0, confidence__lte=1),
                name="confidence_is_a_share",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="item_by_arrival"),
            models.Index(fields=["project", "occurred_at", "id"], name="item_by_time"),
            models.Index(fields=["batch"], name="item_by_import"),
        ]

    def __str__(self) -> str:
        return self.external_id

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/items/{self.uid}/"


class SliceQuerySet(models.QuerySet["Slice"]):
    def visible_to(self, user: User | AnonymousUser) -> SliceQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Slice(Row):
    """A named condition on items: a conjunction of (field, operator, value)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="slices")
    name = models.CharField(_("name"), max_length=120)
    conditions: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        _("conditions"), default=list
    )
    weight = models.DecimalField(_("weight"), max_digits=8, decimal_places=3, default=1)
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="slices_owned"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = SliceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_slice_per_name",
                violation_error_message=_("There is already a slice of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/slices/{self.uid}/"

    def parsed(self) -> list[Condition]:
        """The conditions, checked again: they were stored by an older version, perhaps."""
        return parse(self.conditions)
