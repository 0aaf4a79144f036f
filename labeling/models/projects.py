from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.base import Row
from labeling.policy.languages import Level
from labeling.policy.roles import Verb, may

if TYPE_CHECKING:
    from collections.abc import Iterable


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person; without a password they cannot log in until they set one."""
        user = self.model(email=self.normalize_email(email).strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a site admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin, Row):
    """A person (or a machine annotator's identity) known to the installation."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    language = models.CharField(_("language"), max_length=10, blank=True)
    #: The keys that this person has chosen for judging, by action; the others are the usual ones.
    judging_keys: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    is_staff = models.BooleanField(_("site admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_user_per_email",
                violation_error_message=_("This e-mail address is already in use."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User | AnonymousUser) -> ProjectQuerySet:
        """Projects this person is an active member of; where access begins."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(memberships__user=user, memberships__deactivated_at__isnull=True)


class Project(Row):
    """One production model (or use case) under maintenance, with its people."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    amend_minutes = models.PositiveIntegerField(_("minutes for amending"), default=60)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"


class TeamQuerySet(models.QuerySet["Team"]):
    def seen_by(self, member: Membership) -> TeamQuerySet:
        """The teams this member may know of: a vendor's people know only their own."""
        rows = self.filter(project=member.project)
        return rows.filter(memberships=member) if member.is_vendor else rows


class Team(Row):
    """The people of one employer inside a project: internal, or an outside vendor."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("internal")
        VENDOR = "vendor", _("vendor")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.INTERNAL)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_team_per_name",
                violation_error_message=_("There is already a team of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        return self.filter(deactivated_at__isnull=True, user__is_active=True)

    def people(self) -> MembershipQuerySet:
        return self.filter(kind=Membership.Kind.PERSON)

    def machines(self) -> MembershipQuerySet:
        return self.filter(kind=Membership.Kind.MACHINE)

    def seen_by(self, member: Membership) -> MembershipQuerySet:
        """Who this member may know of: a vendor's people know only their own team."""
        rows = self.filter(project=member.project)
        return rows.filter(team=member.team) if member.is_vendor else rows


LEVEL_NAMES = {
    Level.NATIVE: _("native"),
    Level.FLUENT: _("fluent"),
    Level.WORKING: _("working"),
}


class Membership(Row):
    """A person, or a machine annotator, in a project: roles, a team, languages."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        MACHINE = "machine", _("machine")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    roles: models.JSONField[list[str], list[str]] = models.JSONField(_("roles"), default=list)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    languages: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        _("languages"), default=dict, blank=True
    )
    joined_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"],
                name="one_membership_each",
                violation_error_message=_("This person is already a member."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.project.slug, self.uid])

    @property
    def is_vendor(self) -> bool:
        return self.team is not None and self.team.kind == Team.Kind.VENDOR

    def may(self, verb: Verb) -> bool:
        """Whether one of this member's roles carries the verb."""
        return self.deactivated_at is None and may(self.roles, verb, vendor=self.is_vendor)

    @property
    def judges(self) -> bool:
        return self.may(Verb.ANNOTATE)

    @property
    def spoken(self) -> list[tuple[str, str]]:
        """Each language with its level in words."""
        return [(tag, str(LEVEL_NAMES[Level(level)])) for tag, level in self.languages.items()]

    def speaks(self, languages: Iterable[str]) -> bool:
        return not self.languages or any(language in self.languages for language in languages)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; perhaps past its end."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def open(self) -> InvitationQuerySet:
        """Still good for joining."""
        return self.pending().filter(expires_at__gt=timezone.now())

    def visible_to(self, user: User | AnonymousUser) -> InvitationQuerySet:
        return self.filter(project__in=Project.objects.visible_to(user))

    def seen_by(self, member: Membership) -> InvitationQuerySet:
        """A vendor's people know only of who is invited to their own team."""
        rows = self.filter(project=member.project)
        return rows.filter(team=member.team) if member.is_vendor else rows


class Invitation(Row):
    """A single-use link into a project, for one e-mail address."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"), max_length=254)
    roles: models.JSONField[list[str], list[str]] = models.JSONField(_("roles"), default=list)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    languages: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="invitations_sent"
    )
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "project",
                Lower("email"),
                Coalesce("team", 0, output_field=models.BigIntegerField()),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_each",
                violation_error_message=_("This address already has an open invitation."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()


class SetUpLink(models.Model):
    """The one-time link that makes the first site admin of a new installation."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.created_at)


class TokenQuerySet(models.QuerySet["Token"]):
    def live(self) -> TokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


class Token(Row):
    """An API key of one member: shown once, stored as a hash, scoped, expiring."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
