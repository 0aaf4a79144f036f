"""Running background work inside a test."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from labeling.models import Job
from labeling.services.runner import next_due, run_job


def run_jobs(*, may_fail: bool = False) -> list[Job]:
    """Run everything that is queued, and what that queues, here and now; waits are skipped."""
    ran = []
    while True:
        Job.objects.filter(state="queued").update(not_before=timezone.now() - timedelta(seconds=1))
        uid = next_due()
        if uid is None:
            break
        run_job(uid)
        ran.append(uid)
    jobs = list(Job.objects.filter(uid__in=ran).order_by("pk"))
    failed = [f"{job.kind}: {job.error}" for job in jobs if job.state == "failed"]
    assert may_fail or not failed, failed
    return jobs
