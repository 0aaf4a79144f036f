from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evaluation.models import ModelVersion
from evaluation.services.versions import move_version, register_version
from labeling.errors import Conflict
from labeling.models import AuditEvent
from tests.evaluation.makers import make_version
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def test_a_version_is_registered_with_what_is_known_of_it():
    engineer = make_member(None, "engineer")
    parent = make_version(engineer.project, "v1")
    version = register_version(
        engineer.project,
        "v2",
        by=engineer,
        parent=parent,
        digest="sha256:ab",
        commit="9f2c",
        link="https://example.org/v2",
        training_digest="sha256:cd",
    )
    assert version.state == "candidate"
    assert list(parent.children.all()) == [version]
    assert verbs() == ["registered_version"]


def test_a_name_is_used_once():
    engineer = make_member(None, "engineer")
    register_version(engineer.project, "v1", by=engineer)
    with pytest.raises(Conflict, match="already a version"):
        register_version(engineer.project, "v1", by=engineer)
    register_version(make_project(), "v1", by=None)


def test_a_link_that_is_no_address_is_refused():
    engineer = make_member(None, "engineer")
    with pytest.raises(ValidationError):
        register_version(engineer.project, "v1", by=engineer, link="javascript:alert(1)")


def test_making_a_version_live_retires_the_one_before():
    engineer = make_member(None, "engineer")
    first = register_version(engineer.project, "v1", state="live", by=engineer)
    second = register_version(engineer.project, "v2", by=engineer)
    move_version(second, "live", by=engineer)
    first.refresh_from_db()
    assert (first.state, second.project.versions.get(state="live")) == ("retired", second)
    assert verbs() == [
        "registered_version", "moved_version", "registered_version", *["moved_version"] * 2
    ]  # fmt: skip


def test_moving_a_version_to_where_it_is_changes_nothing():
    version = make_version(make_project())
    with pytest.raises(Conflict):
        move_version(version, "candidate", by=None)
    assert verbs() == []


def test_the_database_knows_one_live_version_only():
    project = make_project()
    make_version(project, state="live")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_version(project, state="live")
    assert ModelVersion.objects.filter(project=project).count() == 1
