from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models import Evaluation, EvaluationSet, ModelVersion
from labeling.models import Membership, Project, Slice, User
from labeling.models.base import Row


class SignalQuerySet(models.QuerySet["Signal"]):
    def visible_to(self, user: User | AnonymousUser) -> SignalQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Signal(Row):
    """A series that is watched: what it means, in which unit, and which way is good."""

    class Layer(models.TextChoices):
        PERFORMANCE = "performance", _("performance")
        INPUT = "input", _("input")
        OPERATIONAL = "operational", _("operational")
        ENGAGEMENT = "engagement", _("engagement")

    class Unit(models.TextChoices):
        SHARE = "share", _("share")
        COUNT = "count", _("count")
        MILLISECONDS = "ms", _("milliseconds")
        MONEY = "money", _("money")
        NUMBER = "number", _("number")

    class Better(models.TextChoices):
        HIGHER = "higher", _("higher is better")
        LOWER = "lower", _("lower is better")
        NEITHER = "neither", _("neither way is better")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="signals")
    key = models.SlugField(_("key"), max_length=80)
    name = models.CharField(_("name"), max_length=120)
    layer = models.CharField(_("layer"), max_length=12, choices=Layer.choices)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit.choices, default=Unit.NUMBER)
    better = models.CharField(
        _("which way is good"), max_length=8, choices=Better.choices, default=Better.HIGHER
    )
    about = models.TextField(_("what it measures"), blank=True)
    #: Evaluations of the live version on this set give its readings; null where they are sent in.
    evaluation_set = models.ForeignKey(
        EvaluationSet, null=True, blank=True, on_delete=models.PROTECT, related_name="signals"
    )
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["layer", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="one_signal_per_key",
                violation_error_message=_("There is already a signal of this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/signals/{self.uid}/"


class ReadingQuerySet(models.QuerySet["Reading"]):
    def visible_to(self, user: User | AnonymousUser) -> ReadingQuerySet:
        return self.filter(signal__project__in=Project.objects.visible_to(user))


class Reading(Row):
    """One value of a signal in one window, everywhere or on a slice; rows never change."""

    class Source(models.TextChoices):
        API = "api", _("sent in")
        COMMAND = "command", _("from a file")
        PAGE = "page", _("by hand")
        EVALUATION = "evaluation", _("from an evaluation")

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="readings")
    slice = models.ForeignKey(
        Slice, null=True, blank=True, on_delete=models.PROTECT, related_name="readings"
    )
    #: When the window ended.
    at = models.DateTimeField()
    value = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(null=True, blank=True)
    model_version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="readings"
    )
    evaluation = models.ForeignKey(
        Evaluation, null=True, blank=True, on_delete=models.PROTECT, related_name="readings"
    )
    source = models.CharField(max_length=10, choices=Source.choices)
    recorded_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "at"], condition=Q(slice=None), name="one_reading_per_window"
            ),
            models.UniqueConstraint(
                fields=["signal", "slice", "at"],
                condition=Q(slice__isnull=False),
                name="one_reading_per_window_of_slice",
            ),
            models.CheckConstraint(
                condition=Q(low=None, high=None) | Q(low__lte=models.F("high")),
                name="reading_interval_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["signal", "slice", "-at"], name="reading_series")]

    def __str__(self) -> str:
        return f"{self.signal} {self.at:%Y-%m-%d %H:%M}: {self.value:g}"


class MonitorQuerySet(models.QuerySet["Monitor"]):
    def visible_to(self, user: User | AnonymousUser) -> MonitorQuerySet:
        return self.filter(signal__project__in=Project.objects.visible_to(user))

    def watching(self, at: datetime) -> MonitorQuerySet:
        """On, and not muted at this time."""
        return self.filter(enabled=True).filter(Q(muted_until=None) | Q(muted_until__lte=at))


class Monitor(Row):
    """The rule on a signal: it fires when k of the last n windows lie beyond the threshold."""

    class Operator(models.TextChoices):
        BELOW = "below", _("below")
        ABOVE = "above", _("above")

    class Severity(models.TextChoices):
        NOTICE = "notice", _("notice")
        WARNING = "warning", _("warning")
        CRITICAL = "critical", _("critical")

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="monitors")
    slice = models.ForeignKey(
        Slice, null=True, blank=True, on_delete=models.PROTECT, related_name="monitors"
    )
    operator = models.CharField(_("fires when"), max_length=5, choices=Operator.choices)
    threshold = models.FloatField(_("threshold"))
    needed = models.PositiveSmallIntegerField(_("windows needed (k)"), default=2)
    windows = models.PositiveSmallIntegerField(_("of the last (n)"), default=3)
    #: Windows that rest on fewer observations are passed over; 0 takes all.
    minimum = models.PositiveIntegerField(_("observations a window needs"), default=0)
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING
    )
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="monitors_owned"
    )
    #: Days that the case of an alert has.
    due_days = models.PositiveSmallIntegerField(_("days to settle an alert"), default=7)
    enabled = models.BooleanField(_("on"), default=True)
    muted_until = models.DateTimeField(null=True, blank=True)
    muted_why = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = MonitorQuerySet.as_manager()

    class Meta:
        ordering = ["signal", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(needed__gte=1) & Q(needed__lte=models.F("windows")),
                name="monitor_needs_some_of_its_windows",
                violation_error_message=_("At least one window, and not more than are looked at."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.operator} {self.threshold:g}"


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: User | AnonymousUser) -> AlertQuerySet:
        return self.filter(monitor__signal__project__in=Project.objects.visible_to(user))

    def open(self) -> AlertQuerySet:
        return self.filter(closed_at=None)


class Alert(Row):
    """A monitor's firing: the rule and the readings as they were, until the signal recovers."""

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="alerts")
    severity = models.CharField(max_length=8, choices=Monitor.Severity.choices)
    sentence = models.TextField()
    #: The rule and what it looked at: {"rule": {…}, "readings": [{uid, at, value, n, beyond}]}
    evidence: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    case = models.ForeignKey(
        "maintenance.Case", null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["monitor"], condition=Q(closed_at=None), name="one_open_alert"
            )
        ]

    def __str__(self) -> str:
        return self.sentence
