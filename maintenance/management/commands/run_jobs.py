"""The embedded job runner: what does the work where there is no Redis."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from labeling.services import runner
from labeling.services.runner import ClaimedJob

POLL_EVERY = 0.2  # seconds
TICK_EVERY = 2.0
SEEN_EVERY = 20.0
GRACE = 8.0  # seconds that running jobs get to end before they go back into the queue

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run queued jobs and the recurring ones, without a broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due, then end")
        parser.add_argument("--threads", type=int, default=2, help="jobs at a time (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            runner.tick()
            while work_once({}):
                pass
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        _run_until(stop, options["threads"])


def work_once(current: dict[int, ClaimedJob]) -> bool:
    """Do the job that has waited longest; False when none is due."""
    uid = runner.next_due()
    if uid is None:
        return False
    if job := runner.claim(uid):
        current[threading.get_ident()] = job
        runner.run_and_renew(job)
        current.pop(threading.get_ident(), None)
    return True


def _run_until(stop: threading.Event, count: int) -> None:
    """Workers in threads; this one is the clock."""
    current: dict[int, ClaimedJob] = {}
    threads = [
        threading.Thread(target=_work, args=(stop, current), daemon=True) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    _keep_time(stop)
    deadline = time.monotonic() + GRACE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    for job in list(current.values()):
        runner.give_back(job)


def _keep_time(stop: threading.Event) -> None:
    seen = -SEEN_EVERY
    while not stop.is_set():
        with _database():
            if time.monotonic() - seen >= SEEN_EVERY:
                runner.note_seen()
                seen = time.monotonic()
            runner.tick()
        stop.wait(TICK_EVERY)


def _work(stop: threading.Event, current: dict[int, ClaimedJob]) -> None:
    while not stop.is_set():
        worked = False
        with _database():
            worked = work_once(current)
        if not worked:
            stop.wait(POLL_EVERY)


@contextmanager
def _database() -> Iterator[None]:
    """A database that goes away costs a moment, not the runner."""
    close_old_connections()
    try:
        yield
    except DatabaseError as error:
        logger.warning("the database does not answer (%s)", type(error).__name__)
        connection.close()
        time.sleep(1)
