"""The only Celery tasks: one job, and the clock. Messages carry uids, never content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery.signals import worker_ready

from labeling.services import runner
from maintenance.celery import app


@app.task(name="maintenance.tasks.run_job")  # type: ignore[untyped-decorator]
def run_job(uid: str) -> None:
    """Do one job, if it still waits for somebody."""
    runner.run_job(UUID(uid))


@app.task(name="maintenance.tasks.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """Ask for recurring work, and show that a worker is alive."""
    runner.note_seen()
    runner.tick()


@worker_ready.connect  # type: ignore[untyped-decorator]
def begin(**_: Any) -> None:
    """A worker that has just started does not wait for the clock to show that it is there."""
    tick.delay()
