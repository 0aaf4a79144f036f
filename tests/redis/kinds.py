"""Kinds of job for a worker that is going to be killed; it is told to import this module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from labeling.services.jobs import RunningJob, job_kind


@job_kind("write_line")
def write_line(job: RunningJob) -> None:
    """A side effect that can be counted."""
    _note(job, "done")


@job_kind("slow_at_first")
def slow_at_first(job: RunningJob) -> dict[str, Any]:
    """Takes a minute the first time, none the second."""
    _note(job, f"attempt {job.row.attempt}")
    if job.row.attempt == 1:
        time.sleep(60)
    return {"attempt": job.row.attempt}


@job_kind("poison", attempts=2)
def poison(job: RunningJob) -> None:
    """Kills the process that runs it."""
    _note(job, f"attempt {job.row.attempt}")
    os.kill(os.getpid(), signal.SIGKILL)


def _note(job: RunningJob, text: str) -> None:
    with Path(job.arguments["path"]).open("a") as file:
        file.write(f"{job.row.uid} {text}\n")
