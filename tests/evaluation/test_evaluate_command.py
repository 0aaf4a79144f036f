from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.evaluation.makers import make_predictions, make_set_version, make_version
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_how_good_a_version_is():
    project = make_project()
    version, frozen = make_version(project, "v2"), make_set_version(project, "aab")
    make_predictions(version, frozen, "aaa")
    asked = (project.slug, "v2", frozen.evaluation_set.name)
    assert said(*asked).startswith(f"v2 answers 66.7% of {frozen} rightly")
    result = json.loads(said(*asked, "--json", "--number", "1"))
    assert result["accuracy"]["value"] == pytest.approx(2 / 3)


def test_the_command_says_why_there_is_no_result():
    project = make_project()
    frozen = make_set_version(project, "aab")
    name = frozen.evaluation_set.name
    make_version(project, "v2")
    with pytest.raises(CommandError, match="3 examples have no prediction"):
        said(project.slug, "v2", name)
    with pytest.raises(CommandError, match="no such version"):
        said(project.slug, "v3", name)
    with pytest.raises(CommandError, match="no such frozen set"):
        said(project.slug, "v2", name, "--number", "2")
