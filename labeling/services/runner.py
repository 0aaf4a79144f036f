"""How a job is run: claimed by one, kept by a lease, finished under its attempt number."""

from __future__ import annotations

import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from labeling.errors import Conflict
from labeling.models import Job, Membership, Project, RecurringWork, RunnerHeartbeat, StoredFile
from labeling.models.jobs import JobQuerySet
from labeling.services.jobs import (
    RECURRING,
    JobFailed,
    Kind,
    enqueue,
    kind_of,
    publish,
    recurring_kinds,
    tell_ended,
)

LEASE = timedelta(seconds=60)
RENEW_EVERY = 15.0  # seconds
REPORT_EVERY = 0.5  # seconds between two writes of a job's progress
STALE_AFTER = timedelta(seconds=10)
REPUBLISH_AT_MOST = 500
LONGEST_WAIT = timedelta(minutes=5)

logger = logging.getLogger(__name__)


class Stopped(BaseException):
    """Unwinds a job's function that was canceled or has lost its lease; not for it to catch."""


@dataclass
class ClaimedJob:
    """A job in this runner's hands; `attempt` is the fencing token of everything it writes."""

    row: Job
    attempt: int
    _written: float = 0.0
    _checked: float = 0.0
    arguments: dict[str, Any] = field(init=False)
    project: Project | None = field(init=False)
    by: Membership | None = field(init=False)

    def __post_init__(self) -> None:
        self.arguments, self.project, self.by = (
            self.row.arguments,
            self.row.project,
            self.row.created_by,
        )

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Write how far the work is, at most twice a second and at the end."""
        now = time.monotonic()
        if now - self._written < REPORT_EVERY and done != total:
            return
        self._written = now
        if not self._update(done=done, total=total, message=message[:200]):
            raise Stopped
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Raise `Stopped` once somebody has canceled the job or another runner holds it."""
        now = time.monotonic()
        if now - self._checked < REPORT_EVERY:
            return
        self._checked = now
        if not self._mine().filter(cancel_requested=False).exists():
            raise Stopped

    def keep_file(self, file: StoredFile) -> None:
        """Offer this file for download on the Jobs page."""
        self._update(file=file)

    def renew(self) -> bool:
        """Keep the lease for another while; False when the job is no longer ours."""
        return self._update(leased_until=Now() + LEASE)

    def finish(self, result: dict[str, Any] | None) -> None:
        """The work is done."""
        self._end(Job.State.DONE, result=result or {}, error="")

    def cancel(self) -> None:
        """The work was stopped because somebody asked."""
        self._end(Job.State.CANCELED)

    def fail(self, error: str) -> None:
        """The work is given up: a dead letter that a person can look at and retry."""
        self._end(Job.State.FAILED, error=error)

    def give_back(self, *, wait: timedelta, error: str = "") -> None:
        """Back into the queue for another attempt."""
        self._update(
            state=Job.State.QUEUED, leased_until=None, not_before=Now() + wait, error=error
        )

    @transaction.atomic
    def _end(self, state: Job.State, **fields: Any) -> None:
        fields |= {"state": state, "leased_until": None, "finished_at": timezone.now()}
        if not self._update(**fields):
            logger.warning("job %s ended after another runner had taken it over", self.row.uid)
        elif state != Job.State.DONE:
            self.row.refresh_from_db()
            tell_ended(self.row)

    def _update(self, **fields: Any) -> bool:
        return self._mine().update(**fields) == 1

    def _mine(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.row.pk, attempt=self.attempt, state=Job.State.RUNNING)


def claim(uid: UUID) -> ClaimedJob | None:
    """Take a due job: one conditional UPDATE, so of many runners exactly one succeeds."""
    seen = Job.objects.due().filter(uid=uid).first()
    if seen is None:
        return None
    taken = Job.objects.due().filter(pk=seen.pk, attempt=seen.attempt)
    if not taken.update(
        state=Job.State.RUNNING,
        attempt=F("attempt") + 1,
        leased_until=Now() + LEASE,
        started_at=Now(),
    ):
        return None
    row = Job.objects.select_related("project", "created_by__user", "created_by__team").get(
        pk=seen.pk
    )
    return ClaimedJob(row, seen.attempt + 1)


def run_job(uid: UUID) -> None:
    """Do one job if it is due and nobody else has it."""
    if job := claim(uid):
        run_and_renew(job)


def run_and_renew(job: ClaimedJob) -> None:
    """Do a claimed job, keeping the lease from a thread of its own while the work goes on."""
    done = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(job, done), daemon=True)
    thread.start()
    try:
        _run(job)
    finally:
        done.set()
        thread.join()


def give_back(job: ClaimedJob) -> None:
    """Let the next runner begin at once with a job that this one has no time to end."""
    job.give_back(wait=timedelta(0))


def _run(job: ClaimedJob) -> None:
    """Run the job's function and write down how it ended."""
    try:
        result = kind_of(job.row.kind).run(job)
    except Stopped:
        job.cancel()
    except (JobFailed, Conflict, ValidationError) as error:
        job.fail(_sentence(error))
    except Exception as error:
        logger.exception("job %s (%s) broke", job.row.uid, job.row.kind)
        _retry_or_fail(job, error)
    else:
        job.finish(result)


def next_due() -> UUID | None:
    """The job that has waited longest; projects with nothing under way come first."""
    busy = Job.objects.filter(state=Job.State.RUNNING, project=OuterRef("project"))
    due = Job.objects.due().annotate(busy=Exists(busy)).order_by("busy", "not_before", "pk")
    return due.values_list("uid", flat=True).first()


def tick() -> None:
    """What the clock does: create due recurring work, bury what died, wake workers again."""
    for kind in recurring_kinds():
        _enqueue_if_due(kind)
    for job in Job.objects.exhausted():
        _bury(job)
    stale = Job.objects.due().filter(not_before__lt=Now() - STALE_AFTER)
    try:
        for uid in stale.values_list("uid", flat=True)[:REPUBLISH_AT_MOST]:
            publish(uid)
    except BrokerError as error:
        logger.warning("the broker does not answer (%s)", type(error).__name__)


def note_seen() -> None:
    """Write down that this machine's runner or worker is alive."""
    kind = "worker" if settings.REDIS_URL else "runner"
    RunnerHeartbeat.objects.update_or_create(
        name=f"{kind}@{socket.gethostname()}"[:100],
        defaults={"kind": kind, "seen_at": timezone.now()},
    )


@transaction.atomic
def _enqueue_if_due(kind: Kind) -> None:
    """One conditional UPDATE decides which of several ticks creates the row."""
    assert kind.every is not None
    if kind.when and not kind.when():
        return
    _row, new = RecurringWork.objects.get_or_create(kind=kind.name)
    waiting = RecurringWork.objects.filter(kind=kind.name, asked_at__lte=Now() - kind.every)
    if new or waiting.update(asked_at=Now()):
        enqueue(kind.name, key=RECURRING)


@transaction.atomic
def _bury(job: Job) -> None:
    message = _("The job was started %(count)d times and each time its runner died.")
    if (
        Job.objects.exhausted()
        .filter(pk=job.pk, attempt=job.attempt)
        .update(
            state=Job.State.FAILED,
            error=message % {"count": job.attempt},
            leased_until=None,
            finished_at=timezone.now(),
        )
    ):
        job.refresh_from_db()
        tell_ended(job)


def _renew_until(job: ClaimedJob, done: threading.Event) -> None:
    try:
        while not done.wait(RENEW_EVERY):
            _renew(job)
    finally:
        connection.close()


def _renew(job: ClaimedJob) -> None:
    try:
        job.renew()
        note_seen()
    except DatabaseError as error:  # the lease lasts for three more tries
        logger.warning("lease of job %s not renewed (%s)", job.row.uid, type(error).__name__)
        connection.close()


def _retry_or_fail(job: ClaimedJob, error: Exception) -> None:
    said = _("It stopped with an error (%(kind)s); the server's log has it under %(uid)s.") % {
        "kind": type(error).__name__,
        "uid": job.row.uid,
    }
    if job.attempt >= job.row.max_attempts:
        job.fail(said)
    else:
        job.give_back(wait=_back_off(job.attempt), error=said)


def _back_off(attempt: int) -> timedelta:
    return min(timedelta(seconds=5 * 3 ** (attempt - 1)), LONGEST_WAIT)


def _sentence(error: Exception) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
