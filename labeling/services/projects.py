"""Projects and who is in them: the only writer of projects, teams and memberships."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import ContentField, Membership, Project, Task, Team, User
from labeling.policy.languages import is_language, is_level
from labeling.policy.roles import Role, Verb, grantable
from labeling.services import audit
from labeling.services.assignment import release_all
from labeling.services.tokens import issue_token, revoke_all

__all__ = [
    "add_machine",
    "add_member",
    "add_team",
    "change_member",
    "change_project",
    "create_project",
    "deactivate",
    "issue_token",
    "may_manage",
    "reactivate",
    "rename_team",
    "require_grant",
    "show_fields",
]

#: What a machine's address ends with: reserved, so that no mail ever leaves for it.
MACHINE_DOMAIN = "machines.invalid"


@transaction.atomic
def create_project(
    name: str, slug: str, by: User, *, roles: Iterable[str] = (), description: str = ""
) -> Project:
    """Begin a project; who begins it is its first admin, with further roles if asked for."""
    try:
        with transaction.atomic():
            project = Project.objects.create(name=name, slug=slug, description=description)
    except IntegrityError as error:
        raise ValidationError({"slug": _("This address is taken; choose another.")}) from error
    member = Membership.objects.create(
        project=project, user=by, roles=_checked_roles([Role.ADMIN.value, *roles])
    )
    audit.record(member, "created_project", project, name=name, slug=slug)
    return project


@transaction.atomic
def change_project(
    project: Project, *, name: str, description: str, amend_minutes: int, by: Membership
) -> None:
    """Say anew what a project is called and about, and how long people amend; its address stays."""
    project.name, project.description, project.amend_minutes = name, description, amend_minutes
    project.save(update_fields=["name", "description", "amend_minutes"])
    audit.record(by, "changed_project", project, name=name, amend_minutes=amend_minutes)


@transaction.atomic
def show_fields(
    project: Project,
    visibility: dict[str, str],
    labels: dict[str, str],
    renderings: dict[str, str] | None = None,
    *,
    by: Membership,
) -> None:
    """Decide which content fields annotators see, see masked, or do not see, and as what."""
    fields = list(ContentField.objects.select_for_update().filter(project=project))
    changed = {}
    for field in fields:
        wanted = (renderings or {}).get(field.name, field.rendering)
        if wanted != field.rendering:
            field.rendering = changed[field.name] = wanted
        field.visibility = visibility.get(field.name, field.visibility)
        field.label = labels.get(field.name, field.label)
    ContentField.objects.bulk_update(fields, ["visibility", "label", "rendering"])
    facts: dict[str, Any] = {"renderings": changed} if changed else {}
    shown = {field.name: field.visibility for field in fields}
    audit.record(by, "showed_fields", project, fields=shown, **facts)


@transaction.atomic
def add_member(
    project: Project,
    user: User,
    roles: Iterable[str],
    *,
    team: Team | None = None,
    languages: dict[str, str] | None = None,
    by: Membership | None,
    kind: str = Membership.Kind.PERSON,
) -> Membership:
    """Take somebody into a project; `by` is None for the site's own doing."""
    wanted, spoken = _checked_roles(roles), _checked_languages(languages or {})
    require_grant(by, wanted, team)
    if team is not None and team.project_id != project.pk:
        raise ValidationError({"team": _("This team is not one of the project's.")})
    try:
        with transaction.atomic():
            member = Membership.objects.create(
                project=project, user=user, roles=wanted, team=team, languages=spoken, kind=kind
            )
    except IntegrityError as error:
        raise Conflict("already_member", _("This person is already a member.")) from error
    audit.record(by, "added_member", member, project=project, roles=wanted, kind=str(kind))
    return member


@transaction.atomic
def add_machine(project: Project, name: str, *, by: Membership | None) -> Membership:
    """Take a machine annotator in: it cannot log in and answers through a token."""
    address = f"machine-{uuid.uuid4().hex}@{MACHINE_DOMAIN}"
    user = User.objects.create_user(address, None, name=name)
    kind = Membership.Kind.MACHINE
    return add_member(project, user, [Role.ANNOTATOR], by=by, kind=kind)


@transaction.atomic
def change_member(
    member: Membership,
    *,
    roles: Iterable[str],
    team: Team | None,
    languages: dict[str, str],
    by: Membership,
) -> Membership:
    """Give a member other roles, another team, other languages, as far as `by` may."""
    member = _locked(member)
    wanted, spoken = _checked_roles(roles), _checked_languages(languages)
    _require_management(by, member)
    _require_change(by, member, wanted, team)
    if Role.ADMIN not in wanted:
        _require_another_admin(member)
    before = {"roles": member.roles, "team": str(member.team or "")}
    member.roles, member.team, member.languages = wanted, team, spoken
    member.save(update_fields=["roles", "team", "languages"])
    after = {"roles": wanted, "team": str(team or ""), "languages": spoken}
    audit.record(by, "changed_member", member, before=before, after=after)
    return member


@transaction.atomic
def deactivate(member: Membership, *, by: Membership) -> None:
    """End a membership from the next request on; what was done stays, what is held is freed."""
    member = _locked(member)
    _require_management(by, member)
    if member.deactivated_at is not None:
        return
    _require_another_admin(member)
    member.deactivated_at = timezone.now()
    member.save(update_fields=["deactivated_at"])
    tokens, leases = revoke_all([member]), _release_leases(member)
    audit.record(by, "deactivated_member", member, tokens=tokens, leases=leases)


@transaction.atomic
def reactivate(member: Membership, *, by: Membership) -> None:
    """Take a former member back with the roles they had; their drafts are still there."""
    member = _locked(member)
    _require_management(by, member)
    if member.deactivated_at is None:
        return
    member.deactivated_at = None
    member.save(update_fields=["deactivated_at"])
    audit.record(by, "reactivated_member", member, roles=member.roles)


@transaction.atomic
def add_team(project: Project, name: str, kind: str, *, by: Membership) -> Team:
    """Name the people of one employer."""
    with _one_team_per_name():
        team = Team.objects.create(project=project, name=name, kind=kind)
    audit.record(by, "added_team", team, name=name, kind=kind)
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, by: Membership) -> Team:
    """Call a team something else; internal or vendor it stays, since people were shown by it."""
    team.name = name
    with _one_team_per_name():
        team.save(update_fields=["name"])
    audit.record(by, "renamed_team", team, name=name)
    return team


def require_grant(by: Membership | None, roles: Iterable[str], team: Team | None) -> None:
    """Refuse roles or a team that `by` may not give; None is the site itself."""
    if by is None:
        return
    if not _grantable(by).issuperset(roles) or (by.is_vendor and team != by.team):
        raise PermissionDenied(_("Your role does not let you give these roles."))


def may_manage(by: Membership, member: Membership) -> bool:
    """Whether `by` may change a membership: it is their own, or its roles are theirs to give."""
    fits = by.pk == member.pk or _grantable(by).issuperset(member.roles)
    near = by.project_id == member.project_id
    near = near and (not by.is_vendor or by.team_id == member.team_id)
    return near and fits and by.may(Verb.MANAGE_MEMBERS)


def _checked_roles(roles: Iterable[str]) -> list[str]:
    wanted = {str(role) for role in roles}
    if not wanted or not wanted <= set(Role):
        raise ValidationError({"roles": _("Choose at least one role.")})
    return [role.value for role in Role if role in wanted]


def _checked_languages(languages: dict[str, str]) -> dict[str, str]:
    if not all(is_language(tag) and is_level(level) for tag, level in languages.items()):
        raise ValidationError({"languages": _("Write languages as de:native en:fluent.")})
    return languages


def _locked(member: Membership) -> Membership:
    """The member as of now, behind its project's lock: who is the last admin is decided here."""
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    return Membership.objects.select_related("project", "team", "user").get(pk=member.pk)


def _require_management(by: Membership, member: Membership) -> None:
    if not may_manage(by, member):
        raise PermissionDenied(_("You may not change this person's membership."))


def _require_change(
    by: Membership, member: Membership, wanted: list[str], team: Team | None
) -> None:
    """Nobody gains by their own hand, and nobody gives or takes what is not theirs to give."""
    if by.pk == member.pk and not set(wanted) <= set(member.roles):
        raise PermissionDenied(_("Somebody else has to give you more roles."))
    touched = set(wanted) ^ set(member.roles)
    if by.pk != member.pk and not _grantable(by).issuperset(touched):
        raise PermissionDenied(_("Your role does not let you give these roles."))
    if team != member.team and not by.may(Verb.MANAGE_TEAMS):
        raise PermissionDenied(_("Only an admin moves people between teams."))
    if team is not None and team.project_id != member.project_id:
        raise ValidationError({"team": _("This team is not one of the project's.")})


def _grantable(by: Membership) -> frozenset[Role]:
    return grantable(by.roles, vendor=by.is_vendor)


def _require_another_admin(member: Membership) -> None:
    """Refuse to lose the last admin of a project; the project's lock is held."""
    if Role.ADMIN not in member.roles:
        return
    others = Membership.objects.active().people().filter(project=member.project)
    roles = others.exclude(pk=member.pk).values_list("roles", flat=True)
    if not any(Role.ADMIN in theirs for theirs in roles):
        raise Conflict("last_admin", _("A project needs an admin: name another one first."))


def _release_leases(member: Membership) -> int:
    """Give back what somebody holds; their drafts stay for when they come back."""
    Task.objects.filter(claimed_by=member).update(
        claimed_by=None, claim_token=None, claimed_until=None
    )
    return release_all(member)


@contextmanager
def _one_team_per_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError({"name": _("There is already a team of this name.")}) from error
