"""The only Celery tasks: one job, and the clock. Messages carry uids, never content."""

from __future__ import annotations

from uuid import UUID

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
