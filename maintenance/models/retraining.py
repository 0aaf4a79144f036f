from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models import Membership, Project, User
from labeling.models.base import Row
from maintenance.models.cases import Case


class RetrainingDecisionQuerySet(models.QuerySet["RetrainingDecision"]):
    def visible_to(self, user: User | AnonymousUser) -> RetrainingDecisionQuerySet:
        return self.filter(case__project__in=Project.objects.visible_to(user))

    def current(self) -> RetrainingDecisionQuerySet:
        """Those that no later one has replaced."""
        return self.filter(superseded_by=None)


class RetrainingDecision(Row):
    """What was decided on a case, on which grounds and evidence; a later one replaces it."""

    class Answer(models.TextChoices):
        RETRAIN = "retrain", _("retrain")
        MEND = "mend", _("mend without retraining")
        RELABEL = "relabel", _("relabel first")
        WAIT = "wait", _("wait and watch")
        NOTHING = "nothing", _("nothing to do")

    class Ground(models.TextChoices):
        DEVIATION = "deviation", _("a sustained deviation of a signal")
        DRIFT = "drift", _("meaningful drift")
        LABEL_CHANGE = "label_change", _("a confirmed label-definition change")
        REVIEW = "review", _("a manual review")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    answer = models.CharField(_("decision"), max_length=8, choices=Answer.choices)
    ground = models.CharField(_("ground"), max_length=12, choices=Ground.choices)
    reasons = models.TextField(_("reasons"))
    #: What it rests on: [{"kind": "alert", "uid": …, "text": …, "digest": …}]
    evidence: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    decided_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)

    objects = RetrainingDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at"]

    def __str__(self) -> str:
        return f"{self.get_answer_display()} ({self.case})"
