"""What people wait for: invitations that nobody has taken up."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Invitation, Membership
from maintenance.reports.todos.todo import ToDo


def invitations(member: Membership) -> Iterator[ToDo]:
    """Invitations that have run out, and those that are still good for a while."""
    now = timezone.now()
    counted = Invitation.objects.seen_by(member).pending()
    found = counted.aggregate(
        over=Count("pk", filter=Q(expires_at__lte=now)),
        good=Count("pk", filter=Q(expires_at__gt=now)),
        ends=Min("expires_at", filter=Q(expires_at__gt=now)),
    )
    path = f"/p/{member.project.slug}/people/invitations/"
    if found["over"]:
        sentence = ngettext(
            "%(count)s invitation has run out: send it again or take it back.",
            "%(count)s invitations have run out: send them again or take them back.",
            found["over"],
        )
        yield ToDo(sentence % {"count": found["over"]}, _("See the invitations"), path)
    if found["good"]:
        sentence = ngettext(
            "%(count)s invitation has not been accepted yet.",
            "%(count)s invitations have not been accepted yet.",
            found["good"],
        )
        due = timezone.localdate(found["ends"])
        yield ToDo(sentence % {"count": found["good"]}, _("See the invitations"), path, due=due)
