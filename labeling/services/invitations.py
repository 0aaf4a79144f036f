"""Invitations: single-use links into a project, sent by a job, accepted once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.formats.people_files import PersonRow
from labeling.formats.rows import Refusal
from labeling.models import Invitation, Membership, Project, Team, User
from labeling.policy.roles import Role, grantable
from labeling.services import audit, mail
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.projects import add_member, require_grant

LASTS = timedelta(days=14)
MOST_OPEN = 2000


@dataclass
class Outcome:
    """What became of a list of people: who is invited, and which lines were refused."""

    invitations: list[Invitation] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


class LinkInvalid(ValidationError):  # noqa: N818 - what it says to the person
    """One answer for a link that is unknown, used, revoked or past its end."""

    def __init__(self) -> None:
        message = _("This link is not valid, or not any more. Ask for a new one.")
        super().__init__(message, code="link_invalid")


@transaction.atomic
def invite(
    project: Project, rows: Iterable[PersonRow | Refusal], *, valid_only: bool, by: Membership
) -> Outcome:
    """Invite the people of a list: all, the valid ones only, or nobody if a line is refused."""
    outcome = _checked(project, rows, by)
    if outcome.refusals and not valid_only:
        return Outcome(refusals=outcome.refusals)
    if Invitation.objects.filter(project=project).open().count() >= MOST_OPEN:
        raise Conflict("too_many_invitations", _("Too many invitations are open; revoke some."))
    _end_expired(project, outcome.invitations)
    try:
        with transaction.atomic():
            Invitation.objects.bulk_create(outcome.invitations)
    except IntegrityError as error:
        message = _("Somebody else has just invited one of these people.")
        raise Conflict("already_invited", message) from error
    _send(project, outcome.invitations, by)
    uids = [str(invitation.uid) for invitation in outcome.invitations]
    if uids:
        audit.record(by, "invited_people", project, count=len(uids), invitations=uids)
    return outcome


@transaction.atomic
def resend(invitation: Invitation, *, by: Membership) -> None:
    """Send the letter again with a new link; the old one ends."""
    _require_pending(invitation, by)
    _send(invitation.project, [invitation], by)
    audit.record(by, "resent_invitation", invitation)


@transaction.atomic
def make_link(invitation: Invitation, *, by: Membership) -> str:
    """A new link to hand over by other means than mail; the old one ends."""
    _require_pending(invitation, by)
    secret = _renew(invitation)
    audit.record(by, "made_invitation_link", invitation)
    return link(secret)


@transaction.atomic
def revoke(invitation: Invitation, *, by: Membership) -> None:
    """End an invitation before anybody accepts it."""
    _require_pending(invitation, by)
    Invitation.objects.filter(pk=invitation.pk).pending().update(revoked_at=timezone.now())
    audit.record(by, "revoked_invitation", invitation)


def find_open(secret: str) -> Invitation:
    """The invitation behind a link, while who sent it may still give what it promises."""
    invitation = (
        Invitation.objects.open()
        .select_related("project", "team", "invited_by__user", "invited_by__team")
        .filter(digest=_digest(secret), project__archived_at__isnull=True)
        .first()
    )
    if invitation is None or not _still_granted(invitation):
        raise LinkInvalid
    return invitation


@transaction.atomic
def accept(secret: str, user: User) -> Membership:
    """Join a project by the link sent to one's own address; it works once."""
    invitation = find_open(secret)
    if user.email.lower() != invitation.email.lower():
        raise LinkInvalid
    now = timezone.now()
    if not Invitation.objects.filter(pk=invitation.pk).open().update(accepted_at=now):
        raise LinkInvalid
    member = _join(invitation, user)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=member)
    audit.record(member, "accepted_invitation", invitation, at=now)
    return member


@transaction.atomic
def accept_as_new(secret: str, name: str, password: str, *, language: str = "") -> User:
    """Make an account for the invited address and join with it."""
    email = find_open(secret).email
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, language=language)
    except IntegrityError as error:
        raise LinkInvalid from error
    audit.record(user, "made_account", user)
    accept(secret, user)
    return user


def link(secret: str) -> str:
    return mail.absolute(reverse("invite", args=[secret]))


@job_kind("send_invitations")
def send_invitations(job: RunningJob) -> dict[str, int]:
    """Write to everybody in the list who has not been written to since it was asked for."""
    waiting = Invitation.objects.open().filter(uid__in=job.arguments["invitations"])
    waiting = waiting.exclude(sent_at__gt=job.row.created_at)
    invitations = list(waiting.select_related("project", "invited_by__user"))
    for number, invitation in enumerate(invitations, start=1):
        job.check_cancelled()
        language = invitation.invited_by.user.language if invitation.invited_by else ""
        context = {"invitation": invitation, "url": link(_renew(invitation))}
        mail.send_letter("invitation", invitation.email, context, language=language)
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now())
        job.progress(number, len(invitations))
    return {"sent": len(invitations)}


def _checked(project: Project, rows: Iterable[PersonRow | Refusal], by: Membership) -> Outcome:
    """The list as invitations not yet stored, and the lines that cannot be any."""
    teams = {team.name.lower(): team for team in Team.objects.seen_by(by)}
    taken = _taken(project, by)
    outcome, seen = Outcome(), set()
    for row in rows:
        if isinstance(row, Refusal):
            outcome.refusals.append(row)
            continue
        email = row.email.lower()
        team = teams.get(row.team.lower()) if row.team else by.team if by.is_vendor else None
        reason = _("is twice in this list") if email in seen else taken.get(email, "")
        reason = reason or _problem(row, team, by)
        seen.add(email)
        if reason:
            outcome.refusals.append(Refusal(row.line, f"{row.email}: {reason}"))
        else:
            outcome.invitations.append(_prepared(project, row, team, by))
    return outcome


def _taken(project: Project, by: Membership) -> dict[str, str]:
    """Addresses that cannot be invited, with the reason, as far as `by` may know of them."""
    members = Membership.objects.active().seen_by(by).annotate(address=Lower("user__email"))
    invited = Invitation.objects.open().seen_by(by).annotate(address=Lower("email"))
    reasons = dict.fromkeys(invited.values_list("address", flat=True), _("is invited already"))
    joined = dict.fromkeys(members.values_list("address", flat=True), _("is a member already"))
    return {**reasons, **joined}


def _problem(row: PersonRow, team: Team | None, by: Membership) -> str:
    try:
        Invitation._meta.get_field("email").clean(row.email, None)
    except ValidationError:
        return _("this is not an e-mail address")
    if not row.roles or not set(row.roles) <= set(Role):
        return _("name one or more roles: %(roles)s") % {"roles": ", ".join(Role)}
    if not grantable(by.roles, vendor=by.is_vendor).issuperset(row.roles):
        return _("you may not give this role")
    if row.team and team is None:
        return _("there is no team of this name")
    return ""


def _prepared(project: Project, row: PersonRow, team: Team | None, by: Membership) -> Invitation:
    return Invitation(
        project=project,
        email=row.email,
        roles=[role.value for role in Role if role in row.roles],
        team=team,
        languages=row.languages,
        digest=_digest(secrets.token_urlsafe(32)),
        invited_by=by,
        expires_at=timezone.now() + LASTS,
    )


def _end_expired(project: Project, invitations: list[Invitation]) -> None:
    """An invitation past its end makes room for a new one to the same address."""
    addresses = [invitation.email.lower() for invitation in invitations]
    pending = Invitation.objects.pending().filter(project=project, expires_at__lte=timezone.now())
    pending.annotate(address=Lower("email")).filter(address__in=addresses).update(
        revoked_at=timezone.now()
    )


def _send(project: Project, invitations: list[Invitation], by: Membership) -> None:
    if invitations:
        uids = [str(invitation.uid) for invitation in invitations]
        enqueue("send_invitations", {"invitations": uids}, project=project, by=by)


def _require_pending(invitation: Invitation, by: Membership) -> None:
    require_grant(by, invitation.roles, invitation.team)
    if invitation.accepted_at or invitation.revoked_at:
        raise Conflict("invitation_ended", _("This invitation has been used or revoked."))


def _renew(invitation: Invitation) -> str:
    """Give an open invitation a new secret and a full term; only the secret's digest is kept."""
    secret = secrets.token_urlsafe(32)
    changes = {"digest": _digest(secret), "expires_at": timezone.now() + LASTS}
    if not Invitation.objects.filter(pk=invitation.pk).pending().update(**changes):
        raise Conflict("invitation_ended", _("This invitation has been used or revoked."))
    return secret


def _still_granted(invitation: Invitation) -> bool:
    by = invitation.invited_by
    if by is None:
        return True
    try:
        require_grant(by, invitation.roles, invitation.team)
    except PermissionDenied:
        return False
    return by.deactivated_at is None and by.user.is_active


def _join(invitation: Invitation, user: User) -> Membership:
    """A new membership, or a former one taken up again with what the invitation gives."""
    former = Membership.objects.filter(
        project=invitation.project, user=user, deactivated_at__isnull=False
    ).first()
    if former is None:
        return _join_anew(invitation, user)
    former.roles, former.team = invitation.roles, invitation.team
    former.languages, former.deactivated_at = invitation.languages, None
    former.save(update_fields=["roles", "team", "languages", "deactivated_at"])
    return former


def _join_anew(invitation: Invitation, user: User) -> Membership:
    try:
        return add_member(
            invitation.project,
            user,
            invitation.roles,
            team=invitation.team,
            languages=invitation.languages,
            by=invitation.invited_by,
        )
    except Conflict as error:
        raise LinkInvalid from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
