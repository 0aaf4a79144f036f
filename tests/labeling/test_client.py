"""The one-file client: from an empty environment, against a real server, through bad weather."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import venv
from email.message import Message
from urllib.error import HTTPError, URLError

import pytest
from django.test import Client
from django.utils import timezone

from labeling.formats.manifests import differences
from labeling.models import Item
from labeling.services.settling import settle_if_complete
from tests.factories import make_annotation, make_items, make_member, make_queue, make_token
from tests.jobs import run_jobs
from tests.programs import load_client

URL = "http://fettle.test"


@pytest.fixture
def client_module(tmp_path_factory):
    return load_client(tmp_path_factory.mktemp("client"))


@pytest.fixture
def fettle(client_module):
    """A client whose answers are given one by one; it does not really wait."""

    class Weather:
        def __init__(self):
            self.asked, self.waits, self.answers = [], [], []
            self.fettle = client_module.Fettle(URL, "secret", "support")
            self.fettle._sleep = self.waits.append
            self.fettle._open = self.open

        def open(self, request, timeout):
            body = request.data if request.data is None or isinstance(request.data, bytes) else None
            body = request.data.read() if body is None and request.data is not None else body
            self.asked.append((request.method, request.full_url, body))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return io.BytesIO(json.dumps(answer).encode())

    return Weather()


def refused(status: int, **headers: str) -> HTTPError:
    said = Message()
    for name, value in headers.items():
        said[name.replace("_", "-")] = value
    body = json.dumps({"code": "throttled", "message": "Slowly.", "request_id": "1"}).encode()
    return HTTPError(URL, status, "Too many", said, io.BytesIO(body))


def test_the_file_is_public_and_needs_nothing_but_python():
    response = Client().get("/client.py")
    source = response.content.decode()
    assert response["Content-Type"].startswith("text/x-python")
    nodes = list(ast.walk(ast.parse(source, feature_version=(3, 9))))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) == {"pandas"}


def test_a_busy_server_is_asked_again_after_the_time_it_names(fettle):
    page = {"next": None, "previous": None, "results": [{"name": "Week 5"}]}
    fettle.answers = [refused(429, Retry_After="7"), URLError("no route"), page]
    assert list(fettle.fettle.queues()) == [{"name": "Week 5"}]
    assert fettle.waits[0] == 7
    assert len(fettle.waits) == 2


def test_the_same_body_is_sent_again_whole(fettle):
    done = {"uid": "1", "state": "done", "accepted": 2, "refused_rows": [], "refused": 0}
    fettle.answers = [refused(503), done]
    rows = ({"external_id": str(number), "content": {"text": "x"}} for number in range(2))
    fettle.fettle.push(rows)
    first, second = (body for _method, _url, body in fettle.asked)
    assert first == second
    assert first.count(b"\n") == 2


def test_what_the_server_refuses_is_said_in_its_words_and_not_tried_again(fettle, client_module):
    fettle.answers = [refused(403)]
    with pytest.raises(client_module.FettleError) as error:
        list(fettle.fettle.queues())
    assert (error.value.code, error.value.status) == ("throttled", 403)
    assert not fettle.waits


def test_a_server_that_stays_away_is_given_up(fettle, client_module):
    fettle.answers = [URLError("no route")] * 6
    with pytest.raises(client_module.FettleError, match="does not answer"):
        list(fettle.fettle.queues())
    assert len(fettle.asked) == 6


def test_the_token_follows_no_page_to_another_server(fettle):
    away = {"next": "https://evil.test/api/v1/x/?cursor=1", "results": []}
    fettle.answers = [away, {"next": None, "results": []}]
    assert list(fettle.fettle.queues()) == []
    assert fettle.asked[1][1] == f"{URL}/api/v1/x/?cursor=1"


def test_a_client_without_settings_says_which_are_missing(client_module, monkeypatch):
    monkeypatch.delenv("FETTLE_TOKEN", raising=False)
    with pytest.raises(client_module.FettleError, match="FETTLE_TOKEN"):
        client_module.Fettle(URL, project="support")
    with pytest.raises(client_module.FettleError, match="http"):
        client_module.Fettle("file:///etc", "secret", "support")


@pytest.fixture
def shell(live_server, tmp_path, settings):
    """Runs the client as people do: a file of its own in an environment that is empty."""
    settings.ALLOWED_HOSTS = ["*"]
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    fetched = tmp_path / "client.py"
    fetched.write_bytes(Client().get("/client.py").content)
    engineer = make_member(None, "engineer", "lead")
    environment = {
        "FETTLE_URL": live_server.url,
        "FETTLE_PROJECT": engineer.project.slug,
        "FETTLE_TOKEN": make_token(engineer, "items", "read", "exports"),
    }

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess:
        return subprocess.run(  # noqa: S603 - our own file
            [python, "-I", fetched, *arguments],
            env=environment | changed,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    run.member = engineer
    run.folder = tmp_path
    return run


@pytest.mark.django_db(transaction=True)
def test_items_go_in_and_labels_come_out_from_an_empty_environment(shell):
    # given a file of items, pushed twice
    rows = [
        {"external_id": f"c{number}", "content": {"text": f"Hello {number}"}} for number in range(3)
    ]
    (shell.folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first = shell("push", "items.jsonl")
    second = shell("push", "items.jsonl")
    assert (first.returncode, first.stdout) == (0, "3 accepted, 0 unchanged, 0 refused\n"), first
    assert second.stdout == "0 accepted, 3 unchanged, 0 refused\n"

    # when two people judge them alike
    project = shell.member.project
    queue = make_queue(project, list(Item.objects.order_by("pk")), name="Week 5")
    people = [make_member(project), make_member(project)]
    for task in queue.tasks.all():
        for person in people:
            make_annotation(task, person, {"topic": "refund"})
        settle_if_complete(task, at=timezone.now())

    # then the labels come out, page by page or as an archive that verifies
    labels = shell("labels", "Week 5")
    found = [json.loads(line) for line in labels.stdout.splitlines()]
    assert [row["external_id"] for row in found] == ["c0", "c1", "c2"], labels
    assert {row["answers"]["topic"]["value"] for row in found} == {"refund"}
    answers = shell("annotations", str(queue.uid))
    assert len(answers.stdout.splitlines()) == 6


@pytest.mark.django_db(transaction=True)
def test_refused_lines_are_named_and_the_exit_status_is_one(shell):
    (shell.folder / "items.jsonl").write_text('{"external_id": "1"}\n')
    found = shell("push", "items.jsonl")
    assert found.returncode == 1
    assert "line 1" in found.stderr
    assert not Item.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_token_is_one_clear_line(shell):
    found = shell("queues", FETTLE_TOKEN="fettle_wrong")
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert "not_authenticated" in found.stderr


@pytest.mark.django_db(transaction=True)
def test_an_export_is_waited_for_and_arrives_whole(live_server, client_module, settings, tmp_path):
    settings.ALLOWED_HOSTS = ["*"]
    member = make_member(None, "engineer")
    make_items(member.project, 3)
    token = make_token(member, "exports")
    seen = []
    fettle = client_module.Fettle(live_server.url, token, member.project.slug)
    fettle._sleep = lambda _seconds: run_jobs()
    manifest = fettle.export(tmp_path / "items.zip", "items", "csv", progress=seen.append)
    assert manifest["files"][0]["rows"] == 3
    assert seen[-1]["state"] == "done"
    assert differences(tmp_path / "items.zip") == []
    assert [file.name for file in tmp_path.iterdir()] == ["items.zip"]


@pytest.mark.django_db(transaction=True)
def test_a_notebook_gets_a_frame(live_server, client_module, settings):
    pytest.importorskip("pandas")
    settings.ALLOWED_HOSTS = ["*"]
    member = make_member(None, "lead")
    queue = make_queue(member.project, make_items(member.project, 1))
    task = queue.tasks.get()
    for _person in range(2):
        make_annotation(task, None, {"topic": "other"})
    settle_if_complete(task, at=timezone.now())
    fettle = client_module.Fettle(
        live_server.url, make_token(member, "exports"), member.project.slug
    )
    frame = fettle.frame(str(queue.uid))
    assert list(frame["topic"]) == ["other"]
    assert "content.text" in frame.columns
