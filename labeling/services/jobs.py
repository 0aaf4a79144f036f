"""Long work in the background: its kinds, and how it is asked for, canceled and tried again.

The Job row is the truth. A kind registers itself with `job_kind`, a service asks with `enqueue`,
and `labeling.services.runner` does the work. The broker, if any, only carries a job's uid.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.errors import Conflict
from labeling.models import Job, Membership, Project, StoredFile
from labeling.services import audit

if TYPE_CHECKING:
    from labeling.models import User

logger = logging.getLogger(__name__)

#: The key under which recurring work is kept to one live job of its kind.
RECURRING = "recurring"
RUN_TASK = "maintenance.tasks.run_job"


class RunningJob(Protocol):
    """What a job's function is given: its arguments, and how it reports back."""

    row: Job
    arguments: dict[str, Any]
    project: Project | None
    by: Membership | None

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is; cheap to call often, never inside a transaction."""

    def check_cancelled(self) -> None:
        """Stop here if somebody canceled the job or another runner has taken it over."""

    def keep_file(self, file: StoredFile) -> None:
        """Offer this file for download on the Jobs page."""


Work = Callable[[RunningJob], dict[str, Any] | None]
Ended = Callable[[Job], None]


class JobFailed(Exception):  # noqa: N818 - what has happened, not a defect
    """Raised by a job's function with a sentence for people: final, not tried again."""


@dataclass(frozen=True)
class Kind:
    """One kind of job: its function, how often it is tried, and whether the clock asks for it."""

    name: str
    run: Work
    attempts: int
    every: timedelta | None
    when: Callable[[], bool] | None
    ended: Ended | None


_kinds: dict[str, Kind] = {}


def job_kind(
    name: str,
    *,
    attempts: int = 5,
    every: timedelta | None = None,
    when: Callable[[], bool] | None = None,
    ended: Ended | None = None,
) -> Callable[[Work], Work]:
    """Register a function as the work of one kind of job.

    every: the clock asks for it this often, if `when()` then says that there is something to do.
    ended: called with the row, in the same transaction, when the job failed or was canceled.
    """

    def register(run: Work) -> Work:
        _kinds[name] = Kind(name, run, attempts, every, when, ended)
        return run

    return register


def kind_of(name: str) -> Kind:
    """The kind of this name; KeyError for one that this version does not know."""
    return _kinds[name]


def recurring_kinds() -> Iterator[Kind]:
    return (kind for kind in _kinds.values() if kind.every)


@transaction.atomic
def enqueue(
    kind: str,
    arguments: dict[str, Any] | None = None,
    *,
    project: Project | None = None,
    by: Membership | None = None,
    key: str = "",
) -> Job:
    """Ask for work; with a key, asking for what is already under way gives the same job."""
    asked = {"project": project, "created_by": by, "arguments": arguments or {}}
    job = Job(kind=kind, key=key, max_attempts=kind_of(kind).attempts, **asked)
    if key and (live := _same_work(job)):
        return live
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError:
        if not key or not (live := _same_work(job)):
            raise
        return live
    publish_on_commit(job.uid)
    return job


@transaction.atomic
def cancel(job: Job, *, by: Membership | User) -> Job:
    """End a queued job at once; ask a running one to stop at its next step."""
    if Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELED, finished_at=timezone.now()
    ):
        job.refresh_from_db()
        tell_ended(job)
    elif Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True):
        job.refresh_from_db()
    else:
        raise Conflict("job_finished", _("This job has already ended."))
    audit.record(by, "canceled_job", job, project=job.project, kind=job.kind)
    return job


@transaction.atomic
def retry(job: Job, *, by: Membership | User) -> Job:
    """Put a failed or canceled job back into the queue, with all its attempts before it."""
    try:
        with transaction.atomic():
            back = Job.objects.retriable().filter(pk=job.pk).update(**_as_new())
    except IntegrityError as error:
        message = _("The same work is already under way in another job.")
        raise Conflict("job_already_running", message) from error
    if not back:
        raise Conflict("job_not_ended", _("Only a failed or canceled job can be tried again."))
    job.refresh_from_db()
    audit.record(by, "retried_job", job, project=job.project, kind=job.kind)
    publish_on_commit(job.uid)
    return job


def tell_ended(job: Job) -> None:
    """Let the job's kind tidy up after a failure or a cancellation; the job ends in any case."""
    kind = _kinds.get(job.kind)
    if not (kind and kind.ended):
        return
    try:
        with transaction.atomic():
            kind.ended(job)
    except Exception:
        logger.exception("job %s (%s) ended, but not what hangs on it", job.uid, job.kind)


def publish_on_commit(uid: UUID) -> None:
    """Wake a worker once the row is there; if the broker is away, the tick does it later."""
    transaction.on_commit(lambda: publish(uid), robust=True)


def publish(uid: UUID) -> None:
    """Send a job's uid to the workers; without a broker the runner polls, so nothing is sent."""
    if settings.REDIS_URL:
        current_app.send_task(RUN_TASK, args=[str(uid)], retry=False)


def _same_work(job: Job) -> Job | None:
    return Job.objects.live().filter(kind=job.kind, key=job.key).first()


def _as_new() -> dict[str, Any]:
    return {
        "state": Job.State.QUEUED,
        "attempt": 0,
        "error": "",
        "message": "",
        "done": 0,
        "cancel_requested": False,
        "not_before": Now(),
        "leased_until": None,
        "finished_at": None,
    }
