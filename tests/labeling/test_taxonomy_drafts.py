"""Drafts of taxonomies: changed by steps, taken back, published once, by one person at a time."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.errors import Conflict
from labeling.models import AuditEvent, TaxonomyDraft
from labeling.services.taxonomies import save_taxonomy
from labeling.services.taxonomy_drafts import (
    change_draft,
    discard_draft,
    publish_draft,
    start_draft,
    undo_change,
)
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db

NODES = [
    {"key": "money", "label": "Money"},
    {"key": "refund", "parent": "money", "label": "Refund"},
    {"key": "charge", "parent": "money", "label": "Charge"},
]


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def version(lead):
    return save_taxonomy(lead.project, "Intents", NODES, by=lead)


@pytest.fixture
def draft(version, lead):
    return start_draft(version.taxonomy, by=lead)


def labels(row):
    return [node["label"] for node in row.nodes]


def test_steps_become_the_next_version_and_stay_on_record(version, draft, lead):
    draft = change_draft(
        draft, {"op": "add", "label": "Late fee", "parent": "money"}, revision=1, by=lead
    )
    draft = change_draft(
        draft, {"op": "merge", "key": "refund", "into": "charge"}, revision=2, by=lead
    )
    made = publish_draft(draft, revision=3, by=lead)

    assert (made.number, labels(made)) == (2, ["Money", "Charge", "Late fee"])
    assert [step["op"] for step in made.changes] == ["add", "merge"]
    assert made.changes[0]["key"] == "late_fee"
    version.refresh_from_db()
    assert labels(version) == ["Money", "Refund", "Charge"]
    assert not TaxonomyDraft.objects.exists()
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-4:] == [
        "started_taxonomy_draft",
        "changed_taxonomy_draft",
        "changed_taxonomy_draft",
        "saved_taxonomy",
    ]


def test_undo_takes_one_step_back_at_a_time(draft, lead):
    draft = change_draft(draft, {"op": "deprecate", "key": "money"}, revision=1, by=lead)
    draft = change_draft(
        draft, {"op": "rename", "key": "refund", "label": "Back"}, revision=2, by=lead
    )
    draft = undo_change(draft, revision=3, by=lead)
    assert labels(draft) == ["Money", "Refund", "Charge"]
    assert draft.nodes[0]["deprecated"] is True

    draft = undo_change(draft, revision=4, by=lead)
    assert draft.nodes == draft.before.nodes
    with pytest.raises(Conflict):
        undo_change(draft, revision=5, by=lead)


def test_whoever_read_an_older_draft_is_told_and_changes_nothing(draft, lead):
    step = {"op": "rename", "key": "refund", "label": "Back"}
    change_draft(draft, step, revision=1, by=lead)

    for late in (
        lambda: change_draft(draft, {**step, "label": "Other"}, revision=1, by=lead),
        lambda: undo_change(draft, revision=1, by=lead),
        lambda: publish_draft(draft, revision=1, by=lead),
        lambda: discard_draft(draft, revision=1, by=lead),
    ):
        with pytest.raises(Conflict) as caught:
            late()
        assert caught.value.code == "stale_draft"
    assert labels(TaxonomyDraft.objects.get()) == ["Money", "Back", "Charge"]


def test_a_step_that_does_not_fit_is_told_by_its_field(draft, lead):
    with pytest.raises(ValidationError) as caught:
        change_draft(draft, {"op": "move", "key": "money", "parent": "refund"}, revision=1, by=lead)

    assert caught.value.message_dict == {
        "parent": ["A label cannot go into itself or below itself."]
    }
    draft.refresh_from_db()
    assert (draft.revision, draft.changes) == (1, [])


def test_a_file_takes_the_place_of_the_tree_and_can_be_taken_back(draft, lead):
    nodes = [{"key": "refund"}, {"key": "new", "parent": "refund", "deprecated": True}]
    draft = change_draft(draft, {"op": "replace", "nodes": nodes}, revision=1, by=lead)
    assert [(node["key"], node.get("deprecated", False)) for node in draft.nodes] == [
        ("refund", False),
        ("new", True),
    ]

    assert labels(undo_change(draft, revision=2, by=lead)) == ["Money", "Refund", "Charge"]


def test_a_draft_does_not_overtake_a_version_that_was_brought_in(version, draft, lead):
    draft = change_draft(draft, {"op": "deprecate", "key": "refund"}, revision=1, by=lead)
    save_taxonomy(lead.project, "Intents", NODES[:2], by=lead)

    with pytest.raises(Conflict) as caught:
        publish_draft(draft, revision=2, by=lead)

    assert caught.value.code == "newer_version"
    discard_draft(draft, revision=2, by=lead)
    assert labels(start_draft(version.taxonomy, by=lead)) == ["Money", "Refund"]


def test_there_is_one_draft_and_an_unchanged_one_is_no_version(version, draft, lead):
    assert start_draft(version.taxonomy, by=lead) == draft
    with pytest.raises(Conflict) as caught:
        publish_draft(draft, revision=1, by=lead)

    assert caught.value.code == "nothing_changed"
    assert version.taxonomy.versions.count() == 1
    publish = change_draft(draft, {"op": "deprecate", "key": "refund"}, revision=1, by=lead)
    publish_draft(publish, revision=2, by=lead)
    with pytest.raises(Conflict) as caught:
        publish_draft(publish, revision=2, by=lead)
    assert caught.value.code == "not_a_draft"
