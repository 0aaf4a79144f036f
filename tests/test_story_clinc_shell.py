"""The verdicts of the story of real traffic once more, from an empty environment's shell."""

from __future__ import annotations

import json
import subprocess
import urllib.request
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.clinc import Clinc, read_clinc
from tests.factories import make_member, make_project, make_token
from tests.jobs import run_jobs
from tests.programs import UNTHROTTLED

pytestmark = pytest.mark.django_db(transaction=True)
Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(live_server, tmp_path, settings, monkeypatch) -> Shell:
    """Runs the client as it is downloaded, with a URL, a token and a project, and nothing else."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.API_RATE = UNTHROTTLED
    # the server does its jobs itself, as soon as they are asked for
    monkeypatch.setattr("labeling.services.jobs.publish", lambda _uid: run_jobs())
    engineer = make_member(make_project("traffic"), "engineer")
    venv.create(tmp_path / "empty", with_pip=False)
    download(f"{live_server.url}/client.py", tmp_path / "client.py")
    python = tmp_path / "empty" / "bin" / "python"
    environment = {
        "PATH": str(python.parent),
        "FETTLE_URL": live_server.url,
        "FETTLE_PROJECT": "traffic",
        "FETTLE_TOKEN": make_token(engineer, "items", "evaluate", "manage"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own file
            [python, "-I", "client.py", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def download(url: str, path: Path) -> None:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        path.write_bytes(answer.read())


def test_the_exit_status_of_a_shell_is_the_verdict(shared_data, shell, tmp_path):
    clinc = read_clinc(shared_data)

    # given six weeks of traffic, and a thousand and forty right answers to queries of week six
    write(tmp_path / "traffic.jsonl", clinc.items.values())
    pushed = shell("push", "traffic.jsonl")
    assert pushed.stdout == "7774 accepted, 0 unchanged, 0 refused\n", pushed
    for name, size in (("Thousand", 1_000), ("Forty", 40)):
        write(tmp_path / "labels.jsonl", labels(clinc, size))
        asked = ("--file", "labels.jsonl", "--label", "intent", "--role", "rolling")
        frozen = said(shell("freeze", name, *asked))
        assert (frozen["state"], frozen["size"]) == ("frozen", size)
        assert frozen["quality"]["known"] is False

    # and what is asked of a candidate, registered before there is any result
    (tmp_path / "criteria.json").write_text(json.dumps(criteria(clinc)))
    for name in ("Thousand", "Forty"):
        said(shell("register-gate", name, name, "--criteria", "criteria.json"))

    # when three versions are there with their predictions; those of v1 came with its queries
    said(shell("register", "v1", "--state", "live"))
    for name in ("v2", "v3"):
        assert said(shell("register", name, "--commit", "9f2c"))["state"] == "candidate"
        write(tmp_path / f"{name}.jsonl", clinc.predictions[name])
        sent = shell("predict", name, f"{name}.jsonl")
        assert sent.stdout == "7774 accepted, 0 unchanged, 0 refused\n", sent
    accuracy = said(shell("evaluate", "v2", "Thousand"))["result"]["accuracy"]
    assert accuracy["low"] < clinc.accuracy("v2", clinc.week_six) < accuracy["high"]

    # then the gate says yes, no, and not decided, by its exit status and to a CI system
    better = shell("gate", "Thousand", "v2", "--wait", "--junit", "better.xml")
    assert (better.returncode, better.stdout[:14]) == (0, "pass: Say yes:"), better
    assert counts(tmp_path / "better.xml") == (12, 0, 0)
    broken = shell("gate", "Thousand", "v3", "--wait", "--junit", "broken.xml")
    assert broken.returncode == 1, broken
    assert broken.stdout.startswith("fail: Say no: on banking ")
    tests, failures, _errors = counts(tmp_path / "broken.xml")
    assert (tests, failures) == (12, 1)
    undecided = shell("gate", "Forty", "v2", "--wait", "--junit", "undecided.xml")
    assert undecided.returncode == 3, undecided
    assert undecided.stdout.startswith("inconclusive: Not decided: ")
    assert counts(tmp_path / "undecided.xml")[1] == 0


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def said(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The row that a command printed."""
    assert ran.returncode == 0, ran
    return dict(json.loads(ran.stdout))


def labels(clinc: Clinc, size: int) -> list[dict[str, str]]:
    """So many queries of week six by chance, each with its right answer."""
    drawn = Random(6).sample(clinc.week_six, size)
    return [{"external_id": name, "intent": clinc.truth[name]} for name in drawn]


def criteria(clinc: Clinc) -> list[dict[str, Any]]:
    """No worse overall by two points, in no branch by ten; a file brings no tree, so by name."""
    rows: list[dict[str, Any]] = [{"scope": "overall", "margin": 0.02}]
    for branch, intents in clinc.branches.items():
        conditions = [{"field": "reference", "operator": "one_of", "value": intents}]
        rows.append({"scope": "slice", "name": branch, "margin": 0.1, "conditions": conditions})
    return rows


def counts(path: Path) -> tuple[int, int, int]:
    """Tests, failures and errors of a JUnit file."""
    root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own server's
    tests, failures, errors = (int(root.attrib[name]) for name in ("tests", "failures", "errors"))
    return tests, failures, errors
