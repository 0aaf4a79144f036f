from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Membership, Project, Slice, User
from labeling.models.base import Row
from maintenance.models.signals import Signal


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: User | AnonymousUser) -> TargetQuerySet:
        return self.filter(signal__project__in=Project.objects.visible_to(user))

    def current(self) -> TargetQuerySet:
        return self.filter(dropped_at=None)


class Target(Row):
    """What a signal should be, everywhere or on a slice: a value, an owner, a date."""

    class Operator(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="targets")
    slice = models.ForeignKey(
        Slice, null=True, blank=True, on_delete=models.PROTECT, related_name="targets"
    )
    operator = models.CharField(_("should be"), max_length=8, choices=Operator.choices)
    value = models.FloatField(_("value"))
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="targets_owned"
    )
    due = models.DateField(_("to be met by"), null=True, blank=True)
    set_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    #: A target that is changed is dropped and set anew, so that what held when can be told.
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["signal", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["signal"],
                condition=Q(slice=None, dropped_at=None),
                name="one_target_per_signal",
            ),
            models.UniqueConstraint(
                fields=["signal", "slice"],
                condition=Q(slice__isnull=False, dropped_at=None),
                name="one_target_per_signal_and_slice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.get_operator_display()} {self.value:g}"
