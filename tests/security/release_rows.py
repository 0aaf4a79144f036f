"""Releases for a world: one on its way, and more of them that have ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from labeling.models import Membership, Project
from labeling.models.base import Row
from maintenance.models import Override, Release
from maintenance.services.releases import enter_stage, hold, resume
from tests.maintenance.makers import (
    make_alert,
    make_monitor,
    make_release,
    make_signal,
    make_verdict,
)


def release_rows(project: Project, member: Membership) -> dict[str, Row]:
    """A release in its first stage, with an override for the next."""
    release = make_release(project, by=member)
    make_verdict(release, asked_by=member)
    enter_stage(release, by=member)
    _vouch(release, member)
    return {"release": release}


def grow_releases(project: Project, member: Membership, rows: dict[str, Any]) -> None:
    """One more release that has ended; more words, alerts and history of the world's own."""
    own = Release.objects.get(uid=rows["release"])
    _vouch(own, member)
    make_alert(make_monitor(make_signal(project)), severity="critical", opened_at=timezone.now())
    hold(own, "odd", by=member)
    resume(own, by=member)
    was, now = own.state, timezone.now()
    Release.objects.filter(pk=own.pk).update(state="done", ended_at=now)
    more = make_release(project, by=member)
    Release.objects.filter(pk=more.pk).update(state="given_up", ended_at=now)
    Release.objects.filter(pk=own.pk).update(state=was, ended_at=None)


def _vouch(release: Release, by: Membership) -> None:
    now = timezone.now()
    stage = release.stages.filter(entered_at=None)[0]
    Override.objects.create(
        release=release,
        stage=stage,
        reason="Labels on Monday",
        expires_at=now + timedelta(days=1),
        granted_by=by,
        granted_at=now,
    )
