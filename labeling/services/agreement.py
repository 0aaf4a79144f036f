"""Computing a queue's agreement in the background, where it is too much for a page."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.models import Job, Membership, Queue, Snapshot
from labeling.reports.agreement import KIND, TooLarge, agreement_of
from labeling.reports.snapshots import body_of
from labeling.services.jobs import JobFailed, RunningJob, enqueue, job_kind


def ask_for_agreement(queue: Queue, *, by: Membership) -> Job:
    """Compute the agreement anew; asking while that is under way gives the same job."""
    arguments = {"queue": str(queue.uid)}
    return enqueue("agreement", arguments, project=queue.project, by=by, key=str(queue.uid))


@job_kind("agreement")
def run_agreement(job: RunningJob) -> dict[str, Any]:
    """The job behind `ask_for_agreement`."""
    queue = Queue.objects.select_related("project", "rubric_version").get(
        uid=job.arguments["queue"]
    )
    try:
        report = agreement_of(queue)
    except TooLarge as error:
        message = _("“%(criterion)s” has too many answers and options to compare at once.")
        raise JobFailed(message % {"criterion": error}) from error
    job.check_cancelled()
    Snapshot.objects.update_or_create(
        kind=KIND,
        subject_uid=queue.uid,
        defaults={
            "project": queue.project,
            "body": body_of(report),
            "computed_at": timezone.now(),
        },
    )
    return {"criteria": len(report.criteria)}
