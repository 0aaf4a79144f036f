"""Taxonomies for programs: a tree in, steps on its draft, the next version."""

from __future__ import annotations

import pytest

from labeling.models import TaxonomyDraft
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db

NODES = [
    {"key": "money"},
    {"key": "refund", "parent": "money", "label": "Refund"},
    {"key": "charge", "parent": "money", "label": "Charge"},
]


@pytest.fixture
def program(call):
    return call(make_member(make_project("shop"), "lead"), "manage")


@pytest.fixture
def version(program):
    body = {"name": "Intents", "nodes": NODES}
    return program.post("/api/v1/projects/shop/taxonomies/", body, format="json").json()


@pytest.fixture
def draft(program, version):
    return program.post(f"/api/v1/taxonomies/{version['taxonomy']}/drafts/").json()


def change(program, draft, **body):
    path = f"/api/v1/taxonomy-drafts/{draft['uid']}/changes/"
    return program.post(path, body, format="json")


def test_a_tree_is_brought_in_and_listed(program, version):
    assert (version["number"], version["uses"]) == (1, {})
    assert [node["key"] for node in version["nodes"]] == ["money", "refund", "charge"]

    (listed,) = program.get("/api/v1/projects/shop/taxonomies/").json()["results"]

    assert (listed["uid"], listed["name"]) == (version["taxonomy"], "Intents")
    assert [row["uid"] for row in listed["versions"]] == [version["uid"]]
    assert listed["draft"] is None


def test_steps_are_done_taken_back_and_published(program, draft):
    split = change(
        program,
        draft,
        op="split",
        key="refund",
        parts=[{"label": "Full"}, {"label": "Part"}],
        revision=1,
    ).json()
    assert [node["key"] for node in split["nodes"]] == ["money", "full", "part", "charge"]
    change(program, draft, op="deprecate", key="charge", revision=2)
    undone = program.post(
        f"/api/v1/taxonomy-drafts/{draft['uid']}/undo/", {"revision": 3}, format="json"
    ).json()
    assert [step["op"] for step in undone["changes"]] == ["split"]

    path = f"/api/v1/taxonomy-drafts/{draft['uid']}/publish/"
    made = program.post(path, {"revision": undone["revision"]}, format="json").json()

    assert made["number"] == 2
    assert [step["op"] for step in made["changes"]] == ["split"]
    read = program.get(f"/api/v1/taxonomy-versions/{made['uid']}/").json()
    assert read["nodes"][1]["replaces"] == ["refund"]
    assert program.post(path, {"revision": 1}, format="json").status_code == 404


def test_an_older_revision_is_a_conflict(program, draft):
    change(program, draft, op="deprecate", key="refund", revision=1)

    late = change(program, draft, op="deprecate", key="charge", revision=1)

    assert (late.status_code, late.json()["code"]) == (409, "stale_draft")
    fresh = program.get(f"/api/v1/taxonomy-drafts/{draft['uid']}/").json()
    assert (fresh["revision"], len(fresh["changes"])) == (2, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"op": "explode"}, "op"),
        ({"op": "merge", "key": "refund"}, "into"),
        ({"op": "rename", "key": "refund", "label": "Charge"}, "label"),
        ({"op": "rename", "key": "refund", "label": "X", "into": "charge"}, "into"),
        ({"op": "add", "label": "X", "key": "No Key"}, "key"),
        ({"op": "split", "key": "refund", "parts": []}, "into"),
        ({"op": "replace", "nodes": {}}, "nodes"),
        ({"op": "move", "key": "money", "parent": "refund"}, "parent"),
        ({"op": "edit", "key": "money", "synonyms": ["a\u202eb"]}, "op"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_told_by_its_field(program, draft, body, field):
    answer = change(program, draft, **body, revision=1)

    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert TaxonomyDraft.objects.get().changes == []


def test_a_draft_is_discarded(program, draft):
    path = f"/api/v1/taxonomy-drafts/{draft['uid']}/discard/"

    assert program.post(path, {"revision": 1}, format="json").status_code == 204
    assert not TaxonomyDraft.objects.exists()
