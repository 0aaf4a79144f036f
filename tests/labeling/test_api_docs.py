"""The API's description: whole, private, and shown without a script."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.test import Client

from labeling.api.docs import described
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_the_document_is_whole_and_without_warnings(tmp_path):
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--file",
        str(tmp_path / "schema.yaml"),
        stderr=io.StringIO(),
    )


def test_strangers_get_neither_document_nor_page():
    assert Client().get("/api/schema/").status_code == 401
    assert Client().get("/api/docs/").status_code == 302


def test_whoever_is_logged_in_gets_both(browse, call):
    member = make_member()
    document = browse(member).get("/api/schema/?format=json")
    assert "/api/v1/queues/{uid}/labels/" in document.json()["paths"]
    assert call(member, "read").get("/api/schema/").status_code == 200
    page = browse(member).get("/api/docs/").content.decode()
    assert "/api/v1/projects/{project}/exports/" in page
    assert not re.search(r"style=|<script>|\son\w+=", page)


def test_every_operation_says_what_it_does_and_what_it_answers():
    operations = [operation for _noun, rows in described() for operation in rows]
    assert len(operations) > 20
    for operation in operations:
        assert operation.about, operation.name
        assert operation.answers, operation.name
