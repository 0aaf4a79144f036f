"""Fettle in one foreground command: migrate, serve, run jobs, end cleanly."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import User
from labeling.services.accounts import make_set_up_link
from maintenance.supervisor import Child, Supervisor


class Command(BaseCommand):
    help = "Set up the database, serve Fettle and run its jobs until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with a demo project to look at")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1: this machine only")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        url = os.environ.get("FETTLE_URL") or f"http://{_shown(host)}:{port}"
        lock = _lock(settings.FETTLE_DATA)
        _require_free(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        if options["demo"]:
            call_command("demo", stdout=self.stdout)
        self._tell(url)
        Supervisor(children(host, port, url)).run()
        lock.close()
        self.stdout.write("Fettle has stopped.")

    def _tell(self, url: str) -> None:
        self.stdout.write(f"Fettle {settings.FETTLE_VERSION} at {url} (Ctrl-C ends it)")
        if not User.objects.exists():
            self.stdout.write(f"Set it up, once, at {url}{urlsplit(make_set_up_link()).path}")
        self.stdout.flush()


def children(host: str, port: int, url: str) -> list[Child]:
    """The processes to keep: the web server, and what does the jobs."""
    metrics = settings.FETTLE_DATA / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    for folder in (metrics, Path(settings.STATIC_ROOT)):
        folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "FETTLE_URL": url,
        "BIND": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
    }
    counted = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    python, here = sys.executable, str(settings.BASE_DIR)
    web = [python, "-m", "gunicorn", "--chdir", here, "-c", "python:maintenance.serving"]
    celery = [python, "-m", "celery", "--quiet", "--workdir", here, "-A", "maintenance"]
    beat = ["beat", "--schedule", str(settings.FETTLE_DATA / "beat"), "--pidfile", ""]
    served = Child("the web server", [*web, "maintenance.wsgi"], counted, grace=12)
    if not settings.REDIS_URL:
        runner = [python, str(settings.BASE_DIR / "manage.py"), "run_jobs"]
        return [served, Child("the job runner", runner, environment)]
    return [
        served,
        Child("the worker", [*celery, "worker", "--concurrency", "2"], environment, grace=30),
        Child("the clock", [*celery, *beat], environment),
    ]


def _shown(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _lock(folder: Path) -> IO[str]:
    """One `up` per data folder; the lock ends with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "up.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CommandError(
            f"Fettle is already running on the data folder {folder}. End that one first, or set "
            "FETTLE_DATA to another folder."
        ) from error
    return lock


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). End what is there, or "
                f"choose another one: manage.py up --port {port + 1}"
            ) from error
