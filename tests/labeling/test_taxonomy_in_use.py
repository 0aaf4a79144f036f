"""A tree that is edited, taken by a rubric and judged with: earlier answers follow its labels."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.rubric_changes import decide_changes
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from labeling.services.taxonomies import save_taxonomy
from labeling.services.taxonomy_drafts import change_draft, publish_draft
from labeling.services.taxonomy_drafts import start_draft as start_tree
from tests.factories import make_annotator, make_items, make_member, make_project, make_queue
from tests.labeling.test_rubric_decisions import adjudicate
from tests.labeling.test_rubric_mapping import rows_of

pytestmark = pytest.mark.django_db

NODES = [
    {"key": "money", "label": "Money"},
    {"key": "refund", "parent": "money", "label": "Refund"},
    {"key": "charge", "parent": "money", "label": "Charge"},
    {"key": "fax", "label": "Fax"},
]


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


def question(tree):
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": str(tree.uid)}
    return {"name": "Topics", "criteria": [asked]}


@pytest.fixture
def first(lead):
    tree = save_taxonomy(lead.project, "Intents", NODES, by=lead)
    return publish(create_rubric(lead.project, question(tree), by=lead), by=lead)


def edited(lead, rubric_version, *steps):
    draft = start_tree(rubric_version.criteria.get().taxonomy.taxonomy, by=lead)
    for step in steps:
        draft = change_draft(draft, step, revision=draft.revision, by=lead)
    return publish_draft(draft, revision=draft.revision, by=lead)


def test_a_merge_in_the_tree_maps_the_answers_of_a_rubric_that_takes_it(lead, first, browse):
    queue = make_queue(lead.project, version=first)
    tasks = queue.tasks.order_by("pk")
    for task, value in zip(tasks, ("refund", "charge", "fax"), strict=True):
        adjudicate(task, value)
    tree = edited(
        lead,
        first,
        {"op": "merge", "key": "refund", "into": "charge"},
        {"op": "deprecate", "key": "fax"},
    )
    draft = start_draft(first.rubric, by=lead)
    assert draft.criteria.get().taxonomy == first.criteria.get().taxonomy
    page = browse(lead).get(reverse("rubric", args=["shop", first.rubric.uid])).content.decode()
    assert "There is a newer version of this tree" in page
    draft = save_draft(draft, question(tree), revision=1, by=lead)
    decide_changes(draft, {"topic.node.merged.charge": {"decision": "map"}}, by=lead)
    publish(draft, by=lead, reason="One label for both.")

    mapped = [row["mapped"]["topic"] for row in rows_of(queue)]
    assert [(row["value"], row["decision"]) for row in mapped] == [
        ("charge", "map"),
        ("charge", "carry_over"),
        ("fax", "carry_over"),
    ]


def test_a_deprecated_label_is_neither_offered_nor_taken(lead, first, browse):
    tree = edited(lead, first, {"op": "deprecate", "key": "fax"})
    draft = save_draft(start_draft(first.rubric, by=lead), question(tree), revision=1, by=lead)
    second = publish(draft, by=lead)
    ann = make_annotator(lead.project)
    lease = claim(make_queue(lead.project, make_items(lead.project, 1), version=second), ann)

    with pytest.raises(ValidationError) as caught:
        submit(ann, lease.token, Payload({"topic": "fax"}), at=timezone.now())

    assert "topic" in caught.value.message_dict
    shown = browse(ann).post(reverse("judge", args=["shop"]), follow=True).content.decode()
    assert 'value="=charge"' in shown
    assert 'value="=fax"' not in shown
