from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models import Gate, ModelVersion, Verdict
from labeling.models import Membership, Project, User
from labeling.models.base import Row
from maintenance.models.cases import Case


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: User | AnonymousUser) -> ReleaseQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))

    def under_way(self) -> ReleaseQuerySet:
        return self.filter(ended_at=None)


class Release(Row):
    """A candidate on its way out, stage by stage, with the plan for going back."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        SHADOW = "shadow", _("shadow")
        CANARY = "canary", _("canary")
        FULL = "full", _("full")
        WATCH = "watch", _("watch")
        DONE = "done", _("done")
        ROLLED_BACK = "rolled_back", _("rolled back")
        GIVEN_UP = "given_up", _("given up")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    candidate = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="releases")
    #: What a rollback brings back: the version that was live when the release was planned.
    baseline = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="releases")
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.PROTECT, related_name="releases"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    rollback_plan = models.TextField(_("how to go back"))
    held_at = models.DateTimeField(null=True, blank=True)
    held_why = models.TextField(blank=True)
    planned_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.TextField(blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(ended_at=None),
                name="one_release_under_way",
                violation_error_message=_("Another release is under way."),
            ),
            models.CheckConstraint(
                condition=~Q(rollback_plan=""), name="release_says_how_to_go_back"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) ^ Q(state__in=["done", "rolled_back", "given_up"]),
                name="release_ends_with_its_state",
            ),
        ]

    def __str__(self) -> str:
        return str(self.candidate)

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/releases/{self.uid}/"


class Override(Row):
    """Somebody else's word, for a time, that a stage may be entered without a passing verdict."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="overrides")
    stage = models.ForeignKey("Stage", on_delete=models.PROTECT, related_name="overrides")
    reason = models.TextField(_("reason"))
    expires_at = models.DateTimeField(_("until"))
    granted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("granted_at")), name="override_lasts_a_while"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
        ]

    def __str__(self) -> str:
        return self.reason[:80]


class Stage(Row):
    """One step of a release's plan, and what it was entered on: a verdict or an override."""

    class Kind(models.TextChoices):
        SHADOW = "shadow", _("shadow")
        CANARY = "canary", _("canary")
        FULL = "full", _("full")
        WATCH = "watch", _("watch")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="stages")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind.choices)
    #: The share of traffic that the candidate answers: 0 in shadow, 1 from full on.
    share = models.FloatField(default=0)
    #: Hours that it lasts at least before the next may be entered.
    soak_hours = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField(null=True, blank=True)
    entered_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verdict = models.ForeignKey(
        Verdict, null=True, blank=True, on_delete=models.PROTECT, related_name="stages"
    )
    override = models.ForeignKey(
        Override, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "position"], name="stage_numbered_once"),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=1), name="stage_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(entered_at=None, verdict=None, override=None)
                | Q(entered_at__isnull=False, verdict__isnull=False, override=None)
                | Q(entered_at__isnull=False, verdict=None, override__isnull=False),
                name="stage_entered_on_a_verdict_or_an_override",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.share:.0%}"
