"""`manage.py up` as a person starts it: a process of its own, on a folder and port of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager

import pytest
from django.conf import settings
from django.core.management import CommandError

from maintenance import supervisor
from maintenance.management.commands import up
from maintenance.supervisor import Child, Supervisor


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    """Status and body, once there is an answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def eventually(condition, seconds=40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def start(folder, port, *options):
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "up", "--port", str(port), *options],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "FETTLE_DATA": str(folder), "WEB_WORKERS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(folder, port):
    process = start(folder, port)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def test_it_serves_runs_jobs_prints_the_set_up_link_and_ends_cleanly(tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(tmp_path, port) as process:
        assert eventually(lambda: get(f"{address}/healthz") == (200, "ok\n"))
        assert eventually(lambda: get(f"{address}/readyz")[0] == 200)
        process.send_signal(signal.SIGTERM)
        printed, errors = process.communicate(timeout=40)
    assert process.returncode == 0, errors
    assert f"at {address} " in printed
    assert re.search(rf"{re.escape(address)}/set-up/[\w-]{{30,}}/", printed)
    assert "Traceback" not in errors
    assert get(f"{address}/healthz") == (0, "")
    with closing(sqlite3.connect(tmp_path / "fettle.sqlite3")) as database:
        assert database.execute("SELECT kind FROM labeling_runnerheartbeat").fetchall()


def test_a_taken_port_is_said_in_words(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            up._require_free("127.0.0.1", port)


def test_with_redis_the_children_are_a_worker_and_its_clock(settings, tmp_path):
    settings.FETTLE_DATA = tmp_path
    settings.REDIS_URL = ""
    names = [child.name for child in up.children("127.0.0.1", 8000, "http://localhost")]
    assert names == ["the web server", "the job runner"]
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    names = [child.name for child in up.children("::1", 8000, "http://localhost")]
    assert names == ["the web server", "the worker", "the clock"]


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")],  # noqa: S104
)
def test_the_address_shown_is_one_that_can_be_opened(host, shown):
    assert up._shown(host) == shown


def child(code, **options):
    return Child("a child", [sys.executable, "-c", code], dict(os.environ), **options)


def test_a_child_that_ends_is_started_again_after_a_longer_wait_each_time():
    failing = child("raise SystemExit(3)")
    failing.start()
    waits = []
    for _ in range(2):
        failing.process.wait()
        failing.keep_running()
        waits.append(round(failing.next_start - time.monotonic()))
        failing.next_start = 0
        failing.keep_running()
    failing.stop()
    assert waits == [1, 2]


def test_a_child_that_ran_long_has_recovered(monkeypatch):
    monkeypatch.setattr(supervisor, "STEADY_AFTER", -1)
    failing = child("raise SystemExit(3)", failures=5)
    failing.start()
    failing.process.wait()
    failing.keep_running()
    assert failing.failures == 1


def test_a_child_that_does_not_end_is_made_to():
    stubborn = child(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('ready', flush=True); time.sleep(60)",
        grace=0.2,
    )
    stubborn.start()
    time.sleep(0.5)
    stubborn.stop()
    assert stubborn.process.returncode == -signal.SIGKILL


def test_children_are_stopped_in_the_opposite_order(monkeypatch):
    stopped = []
    monkeypatch.setattr(Child, "start", lambda self: None)
    monkeypatch.setattr(Child, "stop", lambda self: stopped.append(self.name))
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)
    watch = Supervisor([Child("web", [], {}), Child("worker", [], {}), Child("clock", [], {})])
    watch.stopping.set()
    watch.run()
    assert stopped == ["clock", "worker", "web"]


def test_there_is_no_second_up_on_the_same_folder(tmp_path):
    with up._lock(tmp_path), pytest.raises(CommandError, match="already running on the data"):
        up._lock(tmp_path)
    up._lock(tmp_path).close()
