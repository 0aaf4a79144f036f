"""The only writer of audit events: one per state change, in the change's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from labeling.models import AuditEvent, Membership, Project, User
from labeling.models.base import Row


def record(
    by: Membership | User | None,
    verb: str,
    subject: Row | None = None,
    *,
    at: datetime | None = None,
    project: Project | None = None,
    **detail: Any,
) -> AuditEvent:
    """Write who did what; `by` is None for the site's own recurring work."""
    member = by if isinstance(by, Membership) else None
    user = by if isinstance(by, User) else member and member.user
    return AuditEvent.objects.create(
        project=project or (member and member.project),
        at=at or timezone.now(),
        member=member,
        user=user,
        verb=verb,
        subject_kind=subject._meta.model_name if subject else "",
        subject_uid=subject.uid if subject else None,
        detail=detail,
    )
