"""Keeps the processes of `manage.py up` running, and ends them in order."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

PR_SET_PDEATHSIG = 1
LONGEST_WAIT = 30.0  # seconds between two starts of a process that keeps failing
STEADY_AFTER = 60.0  # a process that ran this long has recovered

logger = logging.getLogger(__name__)


@dataclass
class Child:
    """One process of its own session: Ctrl-C reaches only the parent, which ends it in order."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    grace: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    next_start: float = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def keep_running(self) -> None:
        """Start again what has ended, each time after a longer wait."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.next_start:
                self.start()
        elif self.process.poll() is not None:
            self._note_failure(now, self.process.returncode)

    def stop(self) -> None:
        """Ask it to end, and after its grace make it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            logger.warning("%s did not end in time", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _note_failure(self, now: float, status: int) -> None:
        self.failures = 1 if now - self.started_at > STEADY_AFTER else self.failures + 1
        wait = min(2.0 ** (self.failures - 1), LONGEST_WAIT)
        logger.error("%s ended (status %s); again in %.0f s", self.name, status, wait)
        self.process, self.next_start = None, now + wait


@dataclass
class Supervisor:
    """Starts its children in order, keeps them running, stops them in the opposite order."""

    children: Sequence[Child]
    stopping: Event = field(default_factory=Event)

    def run(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self.stopping.set())
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    child.keep_running()
                self.stopping.wait(0.2)
        finally:
            for child in reversed(self.children):
                child.stop()


def _end_with_parent() -> None:
    """Linux ends the child when the parent is killed, so nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
