"""What the README promises of a verdict in five minutes, as it stands there."""

from __future__ import annotations

import shlex

import pytest
from django.conf import settings
from django.core.management import call_command

from evaluation.models import Verdict
from tests.factories import make_project

pytestmark = pytest.mark.django_db
PROGRAM = [".venv/bin/python", "manage.py"]


def commands() -> list[list[str]]:
    readme = (settings.BASE_DIR / "README.md").read_text()
    section = readme.split("## A verdict in five minutes")[1].split("\n## ")[0]
    return [shlex.split(line) for line in section.split("```")[1].strip().splitlines()]


def test_the_readmes_lines_lead_to_a_verdict(monkeypatch, tmp_path, capsys):
    lines = commands()
    make_project(lines[0][3])
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".readme").symlink_to(settings.BASE_DIR / ".readme")
    for line in lines:
        assert line[:2] == PROGRAM
        call_command(*line[2:])
    verdict = Verdict.objects.get()
    assert verdict.outcome == "pass"
    said = capsys.readouterr().out
    assert verdict.sentence in said
    assert "quality is unknown" in said
    assert (tmp_path / "gate.xml").read_bytes().startswith(b"<?xml")
