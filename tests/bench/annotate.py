"""Annotations a second when people submit and go on without a pause, through the whole stack.

The server is the one of ``manage.py up``, asked over HTTP by sessions of the browser's kind; the
drivers share its machine. ``FETTLE_BENCH_SECONDS`` is how long each case is driven.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.bench import picker_keys
from tests.bench.harness import Row, within
from tests.bench.scratch import scratch_database

OVERLAP = 3
CASES = ((1, 100_000), (16, 100_000), (64, 100_000), (16, 10_000), (16, 1_000_000))
SECONDS = float(os.environ.get("FETTLE_BENCH_SECONDS", "15"))
WARM_UP = 3.0
BARE_TASKS = 100_000  # enough for three cases at a thousand a second
PORT = int(os.environ.get("FETTLE_BENCH_PORT", "8977"))
P50, P95 = 100.0, 250.0  # milliseconds wanted with 16 annotators
PAGE_LIMIT, QUERY_LIMIT = 150.0, 8.0
DRIVERS = 2
ROOT = Path(__file__).parents[2]


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("Set DATABASE_URL to a PostgreSQL server; SQLite serves one writer.")
    with scratch_database():
        from labeling.services.queues import analyze

        queues = {case: filled(f"case-{n}", *case) for n, case in enumerate(CASES)}
        people = sorted({count for count, _tasks in CASES})
        bare = {count: filled(f"bare-{count}", count, BARE_TASKS) for count in people}
        analyze()
        with served("tests.bench.bare:application()", PORT + 1), served("maintenance.wsgi", PORT):
            for case, queue in queues.items():
                yield from timed(*case, queue, bare[case[0]])
            yield page_weight(queues[CASES[0]])
            yield from picker_keys.rows(PORT)
        yield queries_per_submit(queues[CASES[0]])


def timed(people: int, tasks: int, queue: Any, bare_queue: Any) -> Iterator[Row]:
    """How many are stored, and how long one waits for the next item.

    The bare view is asked before and after, so that what else the machine does hits both alike.
    """
    plan = {"port": PORT, "project": queue.project.slug, "people": logged_in(queue)}
    barely = {"port": PORT + 1, "project": "", "people": without_session(bare_queue)}
    driven(barely, WARM_UP)
    driven(plan, WARM_UP)
    before = rate_of(driven(barely, SECONDS / 2))
    times = driven(plan, SECONDS)
    bare = (before + rate_of(driven(barely, SECONDS / 2))) / 2
    rate = rate_of(times)
    name = f"{people} annotator{'s' * (people > 1)}, {tasks} tasks"
    against = "bare view, claim and insert only"
    yield Row(f"{name}, stored", rate, "annotations/s", against, bare, rate / bare)
    cuts = statistics.quantiles([1000 * spent for own in times for spent in own], n=20)
    for label, value, limit in (("p50", cuts[9], P50), ("p95", cuts[18], P95)):
        case = f"{name}, {label}"
        yield within(case, value, "ms", limit) if people == 16 else Row(case, value, "ms")


def rate_of(times: list[list[float]]) -> float:
    """Requests a second of people who send the next one as soon as the last is answered."""
    return sum(len(own) / sum(own) for own in times)


def driven(plan: dict[str, Any], duration: float) -> list[list[float]]:
    """Let everybody go at once, from two processes; the seconds each one's requests took."""
    parts = [plan["people"][n::DRIVERS] for n in range(DRIVERS)]
    drivers = []
    for part in parts:
        if not part:
            continue
        driver = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.annotators"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        job = {**plan, "people": part, "seconds": duration}
        assert driver.stdin is not None
        driver.stdin.write(json.dumps(job).encode())
        driver.stdin.close()
        drivers.append(driver)
    times: list[list[float]] = []
    for driver in drivers:
        assert driver.stdout is not None
        times += json.loads(driver.stdout.read())
        assert driver.wait() == 0
    return times


@contextmanager
def served(application: str, port: int) -> Iterator[None]:
    """The web server as `manage.py up` starts it, on a port of its own."""
    from maintenance.management.commands.up import children

    os.environ["API_RATE"] = "1000000/min"  # people who never pause are no attack here
    web = children("127.0.0.1", port, f"http://127.0.0.1:{port}")[0]
    web.command = [*web.command[:-1], application]
    web.environment = {**web.environment, "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}
    web.start()
    try:
        wait_until_up(port)
        yield
    finally:
        web.stop()


def wait_until_up(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz")
        except urllib.error.HTTPError:
            return  # the bare view: it answers, if only that there is no such page
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start.")


def logged_in(queue: Any) -> list[dict[str, Any]]:
    """The annotators with a browser session each."""
    people = []
    for member in queue.project.memberships.select_related("user"):
        token = hashlib.sha256(str(member.pk).encode()).hexdigest()[:32]
        cookies = f"sessionid={session_of(member)}; csrftoken={token}"
        people.append({"headers": f"Cookie: {cookies}\r\nX-CSRFToken: {token}\r\n"})
    return people


def session_of(member: Any) -> str:
    """The key of a new session of this member's person."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from labeling.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(member.user_id)
    session[BACKEND_SESSION_KEY] = "labeling.sessions.PersonBackend"
    session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def without_session(queue: Any) -> list[dict[str, Any]]:
    """The same people for the view that asks nobody who they are."""
    version = queue.rubric_version_id
    members = queue.project.memberships.values_list("pk", flat=True)
    return [
        {"headers": "", "body": {"queue": queue.pk, "annotator": pk, "version": version}}
        for pk in members
    ]


def page_weight(queue: Any) -> Row:
    """All that the browser loads for the judging page, not compressed."""
    cookie = logged_in(queue)[0]["headers"].split("\r\n")[0].removeprefix("Cookie: ")
    seen: dict[str, int] = {}
    waiting = [f"/p/{queue.project.slug}/judge/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        asked = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers={"Cookie": cookie})
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            content = answer.read()
        seen[path] = len(content)
        text = content.decode(errors="replace")
        folder = path.rpartition("/")[0]
        waiting += re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
        if path.endswith(".js"):
            waiting += [f"{folder}/{name}" for name in re.findall(r'from "\./([^"]+)"', text)]
    return within("page weight", sum(seen.values()) / 1000, "kB", PAGE_LIMIT)


def queries_per_submit(queue: Any) -> Row:
    """The statements of one submit that answers with the next item, session and all."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    setup_test_environment()
    client = Client()
    client.force_login(
        queue.project.memberships.first().user,
        backend="labeling.sessions.PersonBackend",
    )
    path = f"/api/v1/projects/{queue.project.slug}/claims/"
    shown = client.post(path, {}, content_type="application/json").json()
    counts = []
    for _ in range(3):
        path = f"/api/v1/leases/{shown['lease']['token']}/submit/"
        body = {"answers": {"topic": "refund"}, "next": True}
        with CaptureQueriesContext(connection) as queries:
            shown = client.post(path, body, content_type="application/json").json()["next"]
        asked = [query for query in queries if query["sql"] not in {"BEGIN", "COMMIT"}]
        counts.append(len(asked))
    return within("queries per submit", max(counts), "queries", QUERY_LIMIT)


def filled(slug: str, people: int, tasks: int) -> Any:
    """A queue with its tasks and slots, made by one INSERT … SELECT each."""
    from django.db import connection

    from labeling.models import Queue, Sample
    from tests.factories import make_annotator, make_import, make_project, make_rubric_version

    project = make_project(slug)
    for _ in range(people):
        make_annotator(project)
    batch = make_import(project)
    sample = Sample.objects.create(
        project=project, name="All", design="simple", seed=1, state="drawn", size=tasks
    )
    queue = Queue.objects.create(
        project=project,
        name="Bench",
        rubric_version=make_rubric_version(project),
        sample=sample,
        overlap=OVERLAP,
        state="open",
        order="arrival",
    )
    values = {"project": project.pk, "batch": batch.pk, "queue": queue.pk, "tasks": tasks}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check row by row here
        for statement in (ITEMS, TASKS, SLOTS):
            cursor.execute(statement, {**values, "overlap": OVERLAP})
        cursor.execute("SET session_replication_role = DEFAULT")
    return queue


ITEMS = """
INSERT INTO labeling_item (uid, project_id, batch_id, external_id, content, attributes, "group",
  model_version, imported_at, salt, content_digest, twin_key, row_digest, erased_why)
SELECT gen_random_uuid(), %(project)s, %(batch)s, 'item-' || n,
  jsonb_build_object('text', 'Message ' || n || repeat(' where is my order', 16)), '{}', '', '',
  now(), '', '', '', '', '' FROM generate_series(1, %(tasks)s) n"""
TASKS = """
INSERT INTO labeling_task (uid, queue_id, item_id, state, lane, outputs)
SELECT gen_random_uuid(), %(queue)s, id, 'open', '', '[]' FROM labeling_item
WHERE batch_id = %(batch)s ORDER BY id"""
SLOTS = """
INSERT INTO labeling_slot (queue_id, task_id, number, place, lane, early, held)
SELECT queue_id, id, number, row_number() OVER (PARTITION BY number ORDER BY id) - 1, '', false,
  false FROM labeling_task, generate_series(0, %(overlap)s - 1) number
WHERE queue_id = %(queue)s"""
