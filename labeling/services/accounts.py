"""People's own accounts: the first one, passwords, profile, and what happens under attack."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from axes.helpers import get_cool_off
from axes.utils import reset as forget_failures
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Membership, Project, SetUpLink, User
from labeling.policy.roles import Role
from labeling.services import audit, mail
from labeling.services.invitations import LinkInvalid
from labeling.services.jobs import RunningJob, enqueue, job_kind
from labeling.services.projects import create_project
from labeling.services.tokens import revoke_all

#: One reset letter per address in this many seconds, however often it is asked for.
RESET_PAUSE = 300
#: How many letters may be asked for from one place in this many seconds.
RESETS_FROM_ONE_PLACE, RESET_WINDOW = 30, 3600


@transaction.atomic
def make_set_up_link() -> str:
    """The address where the first site admin of an empty installation is made; older ones end."""
    if User.objects.exists():
        raise Conflict("already_set_up", _("This installation has its people already."))
    SetUpLink.objects.all().delete()
    secret = secrets.token_urlsafe(32)
    SetUpLink.objects.create(digest=_digest(secret))
    return mail.absolute(reverse("set_up", args=[secret]))


def require_set_up_link(secret: str) -> SetUpLink:
    """The unused set-up link with this secret, on an installation that has nobody yet."""
    link = SetUpLink.objects.filter(digest=_digest(secret), used_at__isnull=True).first()
    if link is None or User.objects.exists():
        raise LinkInvalid
    return link


@transaction.atomic
def set_up(
    secret: str, *, name: str, email: str, password: str, project: str, slug: str
) -> tuple[User, Project]:
    """Make the first site admin and the first project, which they run in every role but judging."""
    link = require_set_up_link(secret)
    if not SetUpLink.objects.filter(pk=link.pk, used_at__isnull=True).update(
        used_at=timezone.now()
    ):
        raise LinkInvalid
    user = User.objects.create_superuser(email, password, name=name)
    audit.record(user, "set_up_site", user)
    return user, create_project(project, slug, user, roles=[Role.LEAD, Role.ENGINEER])


@transaction.atomic
def change_profile(user: User, *, name: str, time_zone: str, language: str) -> None:
    """Change what somebody is called and how times and words are shown to them."""
    user.name, user.time_zone, user.language = name, time_zone, language
    user.save(update_fields=["name", "time_zone", "language"])
    audit.record(user, "changed_profile", user)


@transaction.atomic
def change_keys(user: User, keys: dict[str, str]) -> None:
    """Keep the keys that somebody has chosen for judging."""
    user.judging_keys = keys
    user.save(update_fields=["judging_keys"])
    audit.record(user, "changed_keys", user)


@transaction.atomic
def change_account(user: User, *, active: bool, site_admin: bool, by: User) -> None:
    """End an account or take it up again, and say who runs the installation; never one's own."""
    if user.pk == by.pk:
        raise PermissionDenied(_("Another site admin changes your account."))
    user.is_active, user.is_superuser, user.is_staff = active, site_admin, site_admin
    user.save(update_fields=["is_active", "is_superuser", "is_staff"])
    ended = 0 if active else revoke_all(Membership.objects.filter(user=user))
    audit.record(by, "changed_account", user, active=active, site_admin=site_admin, tokens=ended)


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """Set a new password; every other session of this person ends with the old one."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(user, "changed_password", user)


def ask_for_reset(email: str) -> None:
    """Queue a reset letter; known or not, the same happens until the job looks the address up."""
    if cache.add(f"reset:{_digest(email.lower())}", 1, timeout=RESET_PAUSE):
        enqueue("send_password_reset", {"email": email})


def may_ask_for_reset(address: str) -> bool:
    """Whether fewer letters than the limit were asked for from this network address lately."""
    key = f"resets-from:{address}"
    cache.add(key, 0, timeout=RESET_WINDOW)
    try:
        return cache.incr(key) <= RESETS_FROM_ONE_PLACE
    except ValueError:  # the window ended between the two calls
        return True


@job_kind("send_password_reset")
def send_password_reset(job: RunningJob) -> None:
    """Write to who can log in under this address; the link is made here, so no row holds it."""
    people = User.objects.filter(email__iexact=job.arguments["email"], is_active=True)
    for user in people:
        if user.has_usable_password():
            token = default_token_generator.make_token(user)
            url = mail.absolute(reverse("password_reset_confirm", args=[user.uid, token]))
            mail.send_letter("password_reset", user.email, {"url": url}, language=user.language)


def find_by_reset_link(uid: Any, token: str) -> User:
    """Whose reset link this is, while it is unused and young enough."""
    user = User.objects.filter(uid=uid, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, token):
        raise LinkInvalid
    return user


@transaction.atomic
def reset_password(uid: Any, token: str, password: str) -> User:
    """Set a password by a reset link; all sessions and tokens end, a lock-out is lifted."""
    User.objects.select_for_update().filter(uid=uid).first()
    user = find_by_reset_link(uid, token)
    user.set_password(password)
    user.save(update_fields=["password"])
    ended = revoke_all(Membership.objects.filter(user=user))
    forget_failures(username=user.email)
    audit.record(user, "reset_password", user, tokens=ended)
    return user


def note_lockout(email: str, address: str) -> None:
    """Record once per window that log-ins for an account are refused for a while."""
    window = get_cool_off()
    seconds = int(window.total_seconds()) if window else 0
    key = f"lockout:{_digest(f'{email.lower()} {address}')}"
    if cache.add(key, 1, timeout=seconds):
        user = User.objects.filter(email__iexact=email).first()
        audit.record(None, "locked_out", user, address=address)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
