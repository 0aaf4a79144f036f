from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models import ModelVersion, SetVersion, Verdict
from labeling.models import Item, Membership, Project, Queue, Sample, User
from labeling.models.base import Row

#: What a link of a case can lead to: the names of its foreign keys.
LINKED = ("sample", "queue", "set_version", "model_version", "verdict", "item")


def _exactly_one() -> Q:
    """One of the links, and no other."""
    whole = Q()
    for name in LINKED:
        others = {f"{other}__isnull": True for other in LINKED if other != name}
        whole |= Q(**{f"{name}__isnull": False}, **others)
    return whole


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User | AnonymousUser) -> CaseQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))

    def open(self) -> CaseQuerySet:
        return self.filter(closed_at=None)

    def overdue(self, today: date) -> CaseQuerySet:
        """Open ones whose day has passed."""
        return self.open().filter(due__lt=today)


class Case(Row):
    """One piece of maintenance work, from an alert or a request to its closure."""

    class Kind(models.TextChoices):
        ALERT = "alert", _("from an alert")
        REQUEST = "request", _("asked for")
        INCIDENT = "incident", _("incident")
        FIRST_LOOP = "first_loop", _("first loop")

    class Cause(models.TextChoices):
        UNKNOWN = "", _("not known yet")
        DATA_FAULT = "data_fault", _("fault in the data")
        PRODUCT = "product", _("the product has changed")
        DRIFT = "drift", _("the world has drifted")
        LABELS = "labels", _("the definition of a label")
        MODEL = "model", _("the model itself")
        FALSE_ALARM = "false_alarm", _("false alarm")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="cases")
    #: Counted from 1 in each project: what people call it by.
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=200)
    about = models.TextField(_("what is wrong"), blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REQUEST)
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="cases_owned"
    )
    due = models.DateField(_("due"), null=True, blank=True)
    cause = models.CharField(
        _("cause"), max_length=12, choices=Cause.choices, blank=True, default=Cause.UNKNOWN
    )
    cause_why = models.TextField(_("how that is known"), blank=True)
    opened_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    #: What came of it, said when it is closed.
    effect = models.TextField(_("what came of it"), blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="case_numbered_once"),
        ]
        indexes = [models.Index(fields=["project", "closed_at", "due"], name="case_by_due")]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/cases/{self.uid}/"


class CaseNote(Row):
    """What somebody wrote on a case; notes are added, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(_("note"))
    written_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return self.text[:80]


class CaseLink(Row):
    """Something that belongs to a case: a sample, a queue, a set version, a candidate …"""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="links")
    sample = models.ForeignKey(Sample, null=True, blank=True, on_delete=models.PROTECT)
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.PROTECT)
    set_version = models.ForeignKey(SetVersion, null=True, blank=True, on_delete=models.PROTECT)
    model_version = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT)
    verdict = models.ForeignKey(Verdict, null=True, blank=True, on_delete=models.PROTECT)
    item = models.ForeignKey(Item, null=True, blank=True, on_delete=models.PROTECT)
    linked_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["linked_at"]
        constraints = [
            models.CheckConstraint(condition=_exactly_one(), name="case_link_leads_to_one_thing"),
            *(
                models.UniqueConstraint(
                    fields=["case", name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"case_links_{name}_once",
                )
                for name in LINKED
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.linked}"

    @property
    def kind(self) -> str:
        """Which of `LINKED` it leads to."""
        return next(name for name in LINKED if getattr(self, f"{name}_id") is not None)

    @property
    def linked(self) -> Row:
        """What it leads to."""
        row: Row = getattr(self, self.kind)
        return row
