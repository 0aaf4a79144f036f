"""A broker that forgets and a worker that dies lose no work and do none of it twice.

With a Redis server and a Celery worker of their own, on a data folder of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings

pytestmark = pytest.mark.redis

BEGIN = "import django; django.setup(); from tests.redis import kinds; "
ENQUEUE = BEGIN + (
    "import sys, time; from labeling.services.jobs import enqueue; begin = time.monotonic();"
    "[enqueue(sys.argv[1], {'path': sys.argv[3]}) for _ in range(int(sys.argv[2]))];"
    "print(time.monotonic() - begin)"
)
ROLL_BACK = BEGIN + (
    "from django.db import transaction; from labeling.services.jobs import enqueue\n"
    "with transaction.atomic():\n"
    "    enqueue('write_line', {'path': '/dev/null'})\n"
    "    transaction.set_rollback(True)\n"
)
TICK = BEGIN + "from labeling.services import runner; runner.tick()"


class Installation:
    """A data folder with its database and Redis server, and what happens there."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            "PATH": os.environ["PATH"],
            "FETTLE_DATA": str(folder),
            "REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "DJANGO_SETTINGS_MODULE": "maintenance.settings",
            "LOG_LEVEL": "WARNING",
        }
        self.broker = redis.Redis(port=self.port)
        self.notes = folder / "notes"

    def python(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, *arguments],
            env=self.environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        return done.stdout

    def enqueue(self, kind: str, count: int = 1) -> float:
        """Ask for work; how long the asking took, in seconds."""
        return float(self.python("-c", ENQUEUE, kind, str(count), str(self.notes)))

    def tick(self) -> None:
        """The clock, for jobs that have waited and leases that have ended long enough."""
        past = "2020-01-01 00:00:00"
        self.query("UPDATE labeling_job SET not_before = ?", past)
        self.query("UPDATE labeling_job SET leased_until = ? WHERE state = 'running'", past)
        self.python("-c", TICK)

    def query(self, sql: str, *values: str) -> list[tuple]:
        file = self.folder / "fettle.sqlite3"
        with closing(sqlite3.connect(file, timeout=20, isolation_level=None)) as database:
            return database.execute(sql, values).fetchall()

    def states(self, kind: str) -> list[str]:
        sql = "SELECT state FROM labeling_job WHERE kind = ? ORDER BY id"
        return [state for (state,) in self.query(sql, kind)]

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    @contextmanager
    def redis_server(self):
        command = [self.server, "--port", str(self.port), "--bind", "127.0.0.1"]
        with subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--save", "", "--appendonly", "no", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                assert eventually(self.answers)
                yield
            finally:
                process.kill()

    def answers(self) -> bool:
        try:
            return self.broker.ping()
        except redis.ConnectionError:
            return False

    @contextmanager
    def worker(self):
        command = [sys.executable, "-m", "celery", "-A", "maintenance", "worker", "-c", "2"]
        with subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--include", "tests.redis.kinds", "--loglevel", "error"],
            env=self.environment,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                os.killpg(process.pid, signal.SIGKILL)


def eventually(condition, seconds=40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def server():
    found = shutil.which("redis-server")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no redis-server on the path")
        pytest.skip("no redis-server on the path")
    return found


@pytest.fixture(scope="module")
def empty_database(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    Installation(folder, server).python("manage.py", "migrate", "-v", "0")
    return folder / "fettle.sqlite3"


@pytest.fixture
def installation(server, empty_database, tmp_path):
    shutil.copy(empty_database, tmp_path)
    installation = Installation(tmp_path, server)
    with closing(installation.broker):
        yield installation


def test_work_outlives_a_broker_that_is_away_and_one_that_forgets(installation):
    assert installation.enqueue("write_line") < 10
    with installation.redis_server():
        installation.enqueue("write_line", 20)
        assert installation.broker.llen("fettle") == 20
        installation.broker.flushall()
        with installation.worker():
            installation.tick()
            assert eventually(lambda: installation.states("write_line") == ["done"] * 21)
    assert len(installation.noted()) == len(set(installation.noted())) == 21


def test_a_message_says_which_job_and_nothing_about_it(installation):
    with installation.redis_server():
        installation.enqueue("write_line")
        message = json.loads(installation.broker.lindex("fettle", 0))
        assert message["headers"]["task"] == "maintenance.tasks.run_job"
        assert str(installation.notes) not in json.dumps(message)


def test_work_that_was_rolled_back_is_never_published(installation):
    with installation.redis_server():
        installation.python("-c", ROLL_BACK)
        assert installation.broker.llen("fettle") == 0
        assert installation.states("write_line") == []


def test_work_outlives_the_worker_that_is_killed_in_the_middle_of_it(installation):
    with installation.redis_server():
        with installation.worker():
            installation.enqueue("slow_at_first")
            assert eventually(lambda: len(installation.noted()) == 1)
        with installation.worker():
            installation.tick()
            assert eventually(lambda: installation.states("slow_at_first") == ["done"])
    assert [note.split(" ", 1)[1] for note in installation.noted()] == ["attempt 1", "attempt 2"]


def test_a_job_that_kills_its_worker_stops_after_its_tries_and_others_go_on(installation):
    with installation.redis_server(), installation.worker():
        installation.enqueue("poison")
        for attempt in (1, 2):
            assert eventually(lambda number=attempt: len(installation.noted()) == number)
            time.sleep(0.5)
            installation.tick()
        assert eventually(lambda: installation.states("poison") == ["failed"])
        installation.enqueue("write_line")
        assert eventually(lambda: installation.states("write_line") == ["done"])
    (error,) = installation.query("SELECT error FROM labeling_job WHERE kind = 'poison'")[0]
    assert "started 2 times" in error
