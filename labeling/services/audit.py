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
    return AuditEvent.objects.create(
        project=project or (member.project if member else None),
        at=at or timezone.now(),
        member=member,
        user=by.user if isinstance(by, Membership) else by,
        verb=verb,
        subject_kind=subject._meta.model_name or "" if subject else "",
        subject_uid=subject.uid if subject else None,
        detail=detail,
    )
