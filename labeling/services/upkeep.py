"""Recurring work of the site: seal the record, drop what has expired."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from labeling import storage
from labeling.models import AuditEvent, Job
from labeling.services import audit
from labeling.services.jobs import RECURRING, RunningJob, job_kind

KEEP_RECURRING = timedelta(days=1)


@job_kind(
    audit.SEAL,
    every=timedelta(seconds=5),
    when=lambda: AuditEvent.objects.unsealed().exists(),
)
def seal_audit(job: RunningJob) -> dict[str, int]:
    """Number and chain the audit events written since the last time."""
    return {"events": audit.seal()}


@job_kind("expire_files", every=timedelta(minutes=10), when=lambda: storage.expired().exists())
def expire_files(job: RunningJob) -> dict[str, int]:
    """Remove files past their time."""
    gone = 0
    for file in storage.expired().iterator():
        job.check_cancelled()
        storage.remove(file)
        gone += 1
    return {"files": gone}


@job_kind("forget_jobs", every=timedelta(hours=1))
def forget_jobs(job: RunningJob) -> dict[str, int]:
    """Drop the rows of recurring work that went well; failures stay to be looked at."""
    old = Job.objects.filter(
        key=RECURRING,
        state=Job.State.DONE,
        finished_at__lt=timezone.now() - KEEP_RECURRING,
    )
    return {"jobs": old.delete()[0]}
