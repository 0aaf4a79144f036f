"""Checks of the record: a job recomputes a project's chain, and what it finds is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from labeling.models import Job, Membership, Project, Snapshot
from labeling.services import audit
from labeling.services.jobs import RunningJob, enqueue, job_kind
from maintenance.reports.record import CHECK_KIND


def request_check(project: Project, *, by: Membership) -> Job:
    """Have a project's chain recomputed; asked again meanwhile, it is the same job."""
    return enqueue("check_record", project=project, by=by, key=str(project.uid))


@job_kind("check_record")
def check_record(job: RunningJob) -> dict[str, Any]:
    """Recompute the chain of one project."""
    assert job.project is not None
    return _check(job.project)


@job_kind("check_records", every=timedelta(days=1))
def check_records(job: RunningJob) -> dict[str, int]:
    """Recompute the chains of all projects, once a day."""
    broken = 0
    for done, project in enumerate(Project.objects.order_by("pk"), start=1):
        job.check_cancelled()
        broken += _check(project)["broken"] is not None
        job.progress(done)
    return {"broken": broken}


def _check(project: Project) -> dict[str, Any]:
    found = audit.verify(project)
    body = {"sealed": found.sealed, "head": found.head, "broken": found.broken}
    Snapshot.objects.update_or_create(
        kind=CHECK_KIND,
        subject_uid=project.uid,
        defaults={"project": project, "body": body, "computed_at": timezone.now()},
    )
    return body
