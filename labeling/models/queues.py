from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.items import Item
from labeling.models.jobs import Job
from labeling.models.projects import Membership, Project, Team, User
from labeling.models.rubrics import Qualification, RubricVersion
from labeling.models.samples import Sample, SampledItem
from labeling.policy.languages import is_language


def new_key() -> str:
    """A secret of a queue's own."""
    return secrets.token_hex(32)


class QueueQuerySet(models.QuerySet["Queue"]):
    def visible_to(self, user: User | AnonymousUser) -> QueueQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))

    def open(self) -> QueueQuerySet:
        return self.filter(state=Queue.State.OPEN)

    def not_declined_by(self, member: Membership) -> QueueQuerySet:
        """Without those whose kind of item this person does not want to see."""
        seats = Seat.objects.filter(annotator=member, joined_at=Seat.NEVER)
        return self.exclude(pk__in=seats.values("queue"))

    def declined_by(self, member: Membership) -> QueueQuerySet:
        return self.filter(seats__annotator=member, seats__joined_at=Seat.NEVER)

    def seen_by(self, member: Membership) -> QueueQuerySet:
        """Those this member may know of: a vendor's people, the ones their team works on."""
        rows = self.filter(project=member.project_id)
        if member.is_vendor:
            rows = rows.filter(models.Q(teams=member.team_id) | models.Q(teams__isnull=True))
        return rows.distinct() if member.is_vendor else rows

    def for_team_of(self, member: Membership) -> QueueQuerySet:
        """Queues of this member's project that their team may work on, the oldest first."""
        anybody = models.Q(teams__isnull=True)
        rows = self.filter(project=member.project_id, project__archived_at__isnull=True)
        return rows.filter(anybody | models.Q(teams=member.team_id)).order_by("created_at", "pk")

    def for_qualification_of(self, member: Membership) -> QueueQuerySet:
        """Those that ask for no qualification, or for one that this member has."""
        live = Qualification.objects.filter(annotator=member, ended_at__isnull=True)
        has = models.Q(rubric_version__in=live.values("rubric_version"))
        return self.filter(models.Q(qualified_only=False) | has)


class Queue(Row):
    """Items waiting to be judged under one rubric version."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        OPEN = "open", _("open")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")
        FAILED = "failed", _("failed")

    class Order(models.TextChoices):
        ARRIVAL = "arrival", _("oldest first")
        RANDOM = "random", _("random")
        UNCERTAIN = "uncertain", _("most uncertain first")
        WEIGHT = "weight", _("heaviest slices first")

    class Settling(models.TextChoices):
        UNANIMOUS = "unanimous", _("when all agree")
        MAJORITY = "majority", _("when most agree")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="queues")
    name = models.CharField(_("name"), max_length=120)
    rubric_version = models.ForeignKey(
        RubricVersion, on_delete=models.PROTECT, related_name="queues"
    )
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="queues")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    overlap = models.PositiveSmallIntegerField(_("overlap"), default=2)
    overlap_percent = models.PositiveSmallIntegerField(_("share judged by several"), default=100)
    lease_minutes = models.PositiveSmallIntegerField(_("lease minutes"), default=15)
    cap_each = models.PositiveIntegerField(_("most items for one person"), null=True, blank=True)
    cap_daily = models.PositiveIntegerField(_("most items a day"), null=True, blank=True)
    order = models.CharField(_("order"), max_length=10, choices=Order.choices, default=Order.RANDOM)
    settling = models.CharField(
        _("settles"), max_length=10, choices=Settling.choices, default=Settling.UNANIMOUS
    )
    teams = models.ManyToManyField(Team, blank=True, related_name="queues")
    lane_attribute = models.CharField(_("language attribute"), max_length=64, blank=True)
    languages: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    blinding: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    #: What decides on which side an output stands, for as long as the queue lives; kept inside.
    sides_key = models.CharField(max_length=64, default=new_key, editable=False)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    qualified_only = models.BooleanField(_("only qualified people"), default=False)
    #: Since when only tasks that somebody has begun are handed out.
    drained_at = models.DateTimeField(null=True, blank=True)
    #: The queue whose untouched tasks moved here, under a later rubric version.
    succeeds = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors"
    )
    #: The queue whose tasks are judged again here; on trial: some of them, to see what changes.
    relabels = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="relabelings"
    )
    on_trial = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = QueueQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(overlap__gte=1, overlap__lte=50), name="overlap_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(overlap_percent__gte=1, overlap_percent__lte=100),
                name="overlap_share_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(lease_minutes__gte=1, lease_minutes__lte=480),
                name="lease_in_range",
            ),
            models.CheckConstraint(
                condition=(models.Q(cap_each__isnull=True) | models.Q(cap_each__gte=1))
                & (models.Q(cap_daily__isnull=True) | models.Q(cap_daily__gte=1)),
                name="caps_leave_work",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if odd := [tag for tag in self.languages if not is_language(tag)]:
            message = _("“%(part)s” is no language; write codes, for example en de.")
            raise ValidationError({"languages": message % {"part": odd[0]}})
        if self.sensitive and self.cap_daily is None:
            message = _("Say how many sensitive items one person may judge a day.")
            raise ValidationError({"cap_daily": message})

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/queues/{self.uid}/"

    @property
    def capped(self) -> bool:
        """Whether one person may judge only so many of its items."""
        return self.cap_each is not None or self.cap_daily is not None

    @property
    def draining(self) -> bool:
        """Whether it only finishes what somebody has begun, and then closes."""
        return self.drained_at is not None and self.state in (self.State.OPEN, self.State.PAUSED)

    @property
    def shows_prediction(self) -> bool:
        return bool(self.blinding.get("show", {}).get("prediction"))

    def is_for(self, member: Membership) -> bool:
        """Whether this member speaks one of the languages that the queue is limited to, if any."""
        return not self.languages or member.speaks(self.languages)

    def lanes_of(self, member: Membership) -> list[str] | None:
        """The lanes that this member may work in; None stands for all of them."""
        if not self.lane_attribute:
            return [""]
        return sorted({*member.languages, ""}) if member.languages else None

    def takes(
        self,
        member: Membership,
        lane: str,
        teams: Collection[int],
        qualified: Collection[int] | None = None,
    ) -> bool:
        """Whether this annotator may work in a lane; teams, qualified: those it is limited to."""
        lanes = self.lanes_of(member)
        return (
            (not teams or member.team_id in teams)
            and (qualified is None or member.pk in qualified)
            and self.is_for(member)
            and (lanes is None or lane in lanes)
        )


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User | AnonymousUser) -> TaskQuerySet:
        """Tasks of the projects this user is a member of; where access begins."""
        return self.filter(queue__project__in=Project.objects.visible_to(user))

    def disputed(self) -> TaskQuerySet:
        return self.filter(state=Task.State.DISPUTED)

    def unclaimed(self) -> TaskQuerySet:
        """Tasks that no adjudicator is working on at this moment."""
        return self.filter(models.Q(claimed_until__isnull=True) | models.Q(claimed_until__lt=Now()))

    def adjudicable_by(self, member: Membership) -> TaskQuerySet:
        """Disputed tasks of this member's project that they have not annotated themselves."""
        return (
            self.disputed()
            .filter(queue__project=member.project, item__erased_at=None)
            .exclude(annotations__annotator__user=member.user)
        )


class Task(Row):
    """One item in one queue."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SETTLED = "settled", _("settled")
        DISPUTED = "disputed", _("disputed")
        ADJUDICATED = "adjudicated", _("adjudicated")
        ATTENTION = "attention", _("needs attention")
        SET_ASIDE = "set_aside", _("set aside")

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tasks")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="tasks")
    sampled_item = models.ForeignKey(
        SampledItem, null=True, on_delete=models.PROTECT, related_name="tasks"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    lane = models.CharField(max_length=40, blank=True)
    #: What is compared or judged beside the item: texts of versions, which it does not name.
    outputs: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    claimed_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claim_token = models.UUIDField(null=True, blank=True, unique=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "item"], name="one_task_per_item"),
        ]
        indexes = [models.Index(fields=["queue", "state", "id"], name="task_by_state")]

    def __str__(self) -> str:
        return f"{self.item} in {self.queue}"


class SlotQuerySet(models.QuerySet["Slot"]):
    def pending(self) -> SlotQuerySet:
        """Slots whose annotation is still awaited."""
        return self.filter(annotation__isnull=True)

    def free(self) -> SlotQuerySet:
        """Pending slots that nobody works on, by the database's own clock."""
        unleased = models.Q(leased_until__isnull=True)
        return self.pending().filter(unleased | models.Q(leased_until__lt=Now()))

    def held_by(self, member: Membership) -> SlotQuerySet:
        """Pending slots that were lent to this member and went to nobody else since."""
        return self.pending().filter(annotator=member)

    def give_back(self) -> int:
        """Free these slots; they are offered again before untouched ones."""
        return self.update(annotator=None, token=None, leased_until=None, held=False, early=True)


class Slot(models.Model):
    """One of a task's places for an annotator: open, held, leased, done."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="slots")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="slots")
    number = models.PositiveSmallIntegerField()
    place = models.BigIntegerField()
    lane = models.CharField(max_length=40, blank=True)
    early = models.BooleanField(default=False)
    annotator = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="slots"
    )
    token = models.UUIDField(null=True, blank=True, unique=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    held = models.BooleanField(default=False)
    annotation = models.ForeignKey(
        "labeling.Annotation", null=True, blank=True, on_delete=models.PROTECT, related_name="slots"
    )

    objects = SlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="slot_numbered_once"),
            models.UniqueConstraint(
                fields=["task", "annotator"],
                condition=models.Q(annotator__isnull=False),
                name="one_slot_each",
                violation_error_message=_("You already have a place on this task."),
            ),
            models.UniqueConstraint(
                fields=["annotation"],
                condition=models.Q(annotation__isnull=False),
                name="one_slot_per_annotation",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    annotator__isnull=True,
                    token__isnull=True,
                    leased_until__isnull=True,
                    annotation__isnull=True,
                )
                | models.Q(
                    annotator__isnull=False, token__isnull=False, leased_until__isnull=False
                ),
                name="lease_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "lane", "early", "place", "id"],
                name="slot_pending",
                condition=models.Q(annotation__isnull=True),
            ),
            models.Index(
                fields=["annotator", "queue"],
                name="slot_of_annotator",
                condition=models.Q(annotation__isnull=True, annotator__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.number}"


class Seat(models.Model):
    """One annotator's place in one queue; its row locks all they do there."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="seats")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="seats")
    cursor = models.BigIntegerField(null=True, blank=True)
    lanes = models.TextField(blank=True)
    #: When they joined; `NEVER` for who has declined the queue and not come back.
    joined_at = models.DateTimeField(default=timezone.now)
    #: When they saw the card that a queue begins with.
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    NEVER: ClassVar = datetime(9999, 1, 1, tzinfo=UTC)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "annotator"], name="one_seat_each")]

    def __str__(self) -> str:
        return f"{self.annotator} in {self.queue}"


class Offer(models.Model):
    """A task shown to an annotator under a token; kept when its slot has gone to somebody else."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="offers")
    annotator = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="offers")
    token = models.UUIDField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.task} to {self.annotator}"
