"""API tokens: shown once, stored as a hash, scoped, expiring."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models import Membership, Token
from labeling.policy.roles import Verb, scopes_for
from labeling.services import audit

LONGEST_DAYS = 365
MOST_LIVE_TOKENS = 50


@transaction.atomic
def issue_token(
    member: Membership, name: str, scopes: Iterable[str], *, days: int = 90, by: Membership | None
) -> tuple[Token, str]:
    """Make a token for oneself, or for a machine by who manages members; its secret is not kept."""
    _require_own_or_machine(member, by)
    wanted = list(dict.fromkeys(scopes))
    _check(member, wanted, days)
    secret = f"fettle_{secrets.token_urlsafe(32)}"
    now = timezone.now()
    token = Token.objects.create(
        member=member,
        name=name,
        prefix=secret[:12],
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=wanted,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(by, "issued_token", token, project=member.project, at=now, scopes=wanted)
    return token, secret


@transaction.atomic
def revoke_token(token: Token, *, by: Membership) -> None:
    """End a token at once; ending it twice changes nothing."""
    _require_own_or_machine(token.member, by)
    now = timezone.now()
    if Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
        audit.record(by, "revoked_token", token, at=now)


def revoke_all(members: Iterable[Membership]) -> int:
    """End every live token of these members; the caller's own audit event tells why."""
    live = Token.objects.filter(member__in=list(members), revoked_at__isnull=True)
    return live.update(revoked_at=timezone.now())


def _require_own_or_machine(member: Membership, by: Membership | None) -> None:
    if by is None or by.pk == member.pk:
        return
    manages = by.project_id == member.project_id and by.may(Verb.MANAGE_TEAMS)
    if member.kind != Membership.Kind.MACHINE or not manages:
        raise PermissionDenied(_("People make and end their own tokens."))


def _check(member: Membership, scopes: list[str], days: int) -> None:
    allowed = set(scopes_for(member.roles, vendor=member.is_vendor))
    if not scopes or not allowed.issuperset(scopes):
        raise ValidationError({"scopes": _("Choose at least one of the scopes offered.")})
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": _("A token lasts from 1 to 365 days.")})
    live = member.tokens.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())
    if live.count() >= MOST_LIVE_TOKENS:
        raise ValidationError(_("There are too many live tokens already; revoke one first."))
