"""The record: a project's audit events, found again by who, what and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from labeling.models import AuditEvent, Membership


@dataclass(frozen=True)
class Search:
    """What is looked for; empty parts do not narrow it."""

    text: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None


def events(member: Membership, search: Search) -> QuerySet[AuditEvent]:
    """Events of the member's project, newest first."""
    rows = AuditEvent.objects.filter(project=member.project).select_related("user")
    if search.text:
        rows = rows.filter(
            Q(verb__icontains=search.text)
            | Q(subject_kind__iexact=search.text)
            | Q(user__name__icontains=search.text)
        )
    if search.since:
        rows = rows.filter(at__date__gte=search.since)
    if search.until:
        rows = rows.filter(at__date__lte=search.until)
    if search.before:
        rows = rows.filter(pk__lt=search.before)
    return rows.order_by("-pk")
