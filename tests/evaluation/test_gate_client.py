"""A gate from any machine: one file, a URL and a token; the exit status is the verdict."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from evaluation.services.gates import register_gate
from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_member, make_project, make_token
from tests.jobs import run_jobs
from tests.programs import load_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client_module(tmp_path):
    return load_client(tmp_path)


@pytest.fixture
def project(live_server, monkeypatch, client_module):
    """Three versions and a gate; whoever waits has the jobs run meanwhile."""
    project = make_project("support")
    frozen = make_set_version(project, ["a"] * 60)
    register_gate(project, "Live", frozen, [{"scope": "overall", "margin": 0.1}], by=None)
    for name, given, state in (
        ("v1", "a", "live"),
        ("v2", "a", "candidate"),
        ("v3", "b", "candidate"),
    ):
        make_predictions(make_version(project, name, state=state), frozen, [given] * 60)
    make_version(project, "v4")
    token = make_token(make_member(project, "engineer"), "evaluate")
    settings = {"URL": live_server.url, "PROJECT": "support", "TOKEN": token}
    for name, value in settings.items():
        monkeypatch.setenv(f"FETTLE_{name}", value)
    monkeypatch.setattr(client_module.Fettle, "_sleep", staticmethod(lambda _seconds: run_jobs()))
    return project


@pytest.mark.parametrize(("candidate", "status"), [("v2", 0), ("v3", 1), ("v4", 3)])
def test_the_exit_status_is_the_verdict(project, client_module, candidate, status):
    assert client_module.main(["gate", "Live", candidate, "--wait"]) == status


def test_junit_is_written_and_waited_for(project, client_module, tmp_path, capsys):
    path = tmp_path / "gate.xml"
    assert client_module.main(["gate", "Live", "v3", "--junit", str(path)]) == 1
    root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own server's
    assert root.get("failures") == "1"
    assert capsys.readouterr().out.startswith("fail: Say no: ")


def test_asking_without_waiting_is_not_decided(project, client_module):
    assert client_module.main(["gate", "Live", "v2"]) == 3


@pytest.mark.parametrize(
    "arguments", [["None", "v2"], ["Live", "v9"], ["Live", "v1"], ["Live", "v2", "--baseline", "x"]]
)
def test_what_cannot_be_asked_is_wrong_usage(project, client_module, arguments):
    assert client_module.main(["gate", *arguments, "--wait"]) == 2


def test_no_network_is_no_verdict(project, client_module, monkeypatch):
    monkeypatch.setenv("FETTLE_URL", "http://127.0.0.1:9")
    assert client_module.main(["gate", "Live", "v2", "--wait"]) == 2
