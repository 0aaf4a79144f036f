from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.models.projects import Membership, Project, User


class Taxonomy(Row):
    """A tree of labels with stable keys that a criterion can ask for; its versions never change."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="taxonomies")
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_taxonomy_per_name",
                violation_error_message=_("There is already a taxonomy of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TaxonomyVersion(Row):
    """One state of a taxonomy: rows of (key, parent, label, synonyms, description), immutable."""

    taxonomy = models.ForeignKey(Taxonomy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    nodes: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    digest = models.CharField(max_length=64)
    #: The steps from the version before to this one, where it was edited here.
    changes: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "number"], name="taxonomy_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.taxonomy} v{self.number}"


class RubricQuerySet(models.QuerySet["Rubric"]):
    def visible_to(self, user: User | AnonymousUser) -> RubricQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))


class Rubric(Row):
    """What annotators are asked; its meaning lives in its versions."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rubrics")
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    #: Who confirms changes of meaning; with nobody named, any lead does.
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = RubricQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_rubric_per_name",
                violation_error_message=_("There is already a rubric of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.project.slug}/rubrics/{self.uid}/"


class RubricVersionQuerySet(models.QuerySet["RubricVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> RubricVersionQuerySet:
        return self.filter(rubric__project__in=Project.objects.visible_to(user))

    def published(self) -> RubricVersionQuerySet:
        return self.filter(state=RubricVersion.State.PUBLISHED)


class RubricVersion(Row):
    """One wording of a rubric; while a draft it may change, once published it never does."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("retired")

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    guidance = models.TextField(blank=True)
    guidance_html = models.TextField(blank=True)
    translations: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies"
    )
    decisions: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )

    objects = RubricVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "number"], name="rubric_numbered_once"),
            models.UniqueConstraint(
                fields=["rubric"],
                condition=models.Q(state="draft"),
                name="one_draft_per_rubric",
                violation_error_message=_("This rubric already has a draft."),
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(published_at__isnull=False),
                name="published_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} v{self.number}"

    def before(self) -> RubricVersion | None:
        """The version that was published before this one, which it is measured against."""
        earlier = RubricVersion.objects.filter(rubric=self.rubric_id, number__lt=self.number)
        return earlier.exclude(state=self.State.DRAFT).select_related("rubric").first()


class Criterion(Row):
    """One question of a rubric version."""

    class Kind(models.TextChoices):
        SINGLE_CHOICE = "single_choice", _("single choice")
        SEVERAL_CHOICES = "several_choices", _("several choices")
        ORDINAL = "ordinal", _("ordinal scale")
        YES_NO = "yes_no", _("yes or no")
        TAXONOMY = "taxonomy", _("taxonomy")
        NUMBER = "number", _("number")
        PREFERENCE = "preference", _("preference between two outputs")
        RANKING = "ranking", _("ranking of several outputs")
        SPANS = "spans", _("spans of the text")
        CORRECTED_OUTPUT = "corrected_output", _("corrected output")
        FREE_TEXT = "free_text", _("free text")

    class Subject(models.TextChoices):
        INPUT = "input", _("the input")
        OUTPUT = "output", _("the output of one version")
        PAIR = "pair", _("a pair of outputs")

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="criteria")
    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=10, choices=Subject.choices, default=Subject.INPUT)
    prompt = models.CharField(max_length=500)
    help = models.TextField(blank=True)
    help_html = models.TextField(blank=True)
    required = models.BooleanField(default=True)
    cannot_tell = models.BooleanField(default=True)
    options: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    taxonomy = models.ForeignKey(
        TaxonomyVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="criteria"
    )
    translations: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    #: What its kind lets the author say of an answer, see `labeling.policy.terms`.
    terms: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    #: The earlier criterion and its answers under which this one is asked; empty: always.
    when: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    #: Whether "none of these" may be answered, with a label that is missed.
    propose = models.BooleanField(default=False)
    #: Whether a wrong answer here is grave enough to fail an output by itself.
    critical = models.BooleanField(default=False)
    #: Whether answers count in agreement, and by which distance; empty: that of the kind.
    counts = models.BooleanField(default=True)
    distance = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key"],
                name="one_criterion_per_key",
                violation_error_message=_("Two criteria share this key."),
            ),
        ]

    def __str__(self) -> str:
        return self.prompt


class RubricChange(Row):
    """A change that came with a published version, and what was decided about earlier answers."""

    class Decision(models.TextChoices):
        CARRY_OVER = "carry_over", _("carry over")
        MAP = "map", _("map to another answer")
        RELABEL = "relabel", _("judge again")
        INVALIDATE = "invalidate", _("invalidate")

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="changes")
    before = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    ident = models.CharField(max_length=255)
    kind = models.CharField(max_length=20)
    part = models.CharField(max_length=20)
    criterion = models.CharField(max_length=60, blank=True)
    what = models.CharField(max_length=130)
    touch = models.CharField(max_length=20)
    keys: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    into: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    edits: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    is_meaning = models.BooleanField()
    decision = models.CharField(max_length=20, choices=Decision.choices)
    mapping: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    decided_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "ident"], name="one_decision_per_change"),
        ]

    def __str__(self) -> str:
        return f"{self.ident} in {self.version}"


class ProposedLabel(Row):
    """A label that annotators missed in a criterion of a rubric, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("taken up")
        DISMISSED = "dismissed", _("dismissed")

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="proposed_labels")
    criterion = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    first_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["criterion", "label"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "criterion", "label"], name="one_proposal_per_label"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class TaxonomyDraft(Row):
    """A taxonomy on its way to its next version: the tree so far and the steps that led there."""

    taxonomy = models.OneToOneField(Taxonomy, on_delete=models.CASCADE, related_name="draft")
    before = models.ForeignKey(TaxonomyVersion, on_delete=models.PROTECT, related_name="+")
    nodes: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    changes: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    revision = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"draft of {self.taxonomy}"


class Qualification(Row):
    """That an annotator may judge under a rubric version whose queues ask for it."""

    annotator = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="qualifications"
    )
    rubric_version = models.ForeignKey(
        RubricVersion, on_delete=models.PROTECT, related_name="qualifications"
    )
    granted_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "rubric_version"],
                condition=models.Q(ended_at__isnull=True),
                name="qualified_once",
                violation_error_message=_("This person is qualified already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} for {self.rubric_version}"
