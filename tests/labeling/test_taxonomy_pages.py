"""The taxonomy's editor in the browser: each step through a form, and what is said back."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling.models import TaxonomyDraft, TaxonomyVersion
from labeling.services.taxonomies import save_taxonomy
from labeling.services.taxonomy_drafts import change_draft, start_draft
from tests.factories import (
    make_annotation,
    make_member,
    make_project,
    make_rubric_version,
    make_task,
)

pytestmark = pytest.mark.django_db

NODES = [
    {"key": "money", "label": "Money"},
    {"key": "refund", "parent": "money", "label": "Refund", "synonyms": ["Chargeback"]},
    {"key": "charge", "parent": "money", "label": "Charge", "description": "Taken twice."},
    {"key": "other", "label": "Other"},
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


@pytest.fixture
def page(browse, lead):
    return browse(lead)


def url(name, row, *more):
    return reverse(name, args=["shop", row.uid, *more])


def do(page, draft, op, **fields):
    """Post one step as the page's form does."""
    body = {"op": op, "revision": draft.revision, **fields}
    answer = page.post(url("taxonomy_draft", draft), body)
    draft.refresh_from_db()
    return answer


def keys(draft):
    return [node["key"] for node in draft.nodes]


def test_editing_begins_a_draft_and_goes_on_with_it(page, version):
    first = page.post(url("taxonomy_edit", version))
    second = page.post(url("taxonomy_edit", version))

    assert first.url == second.url == url("taxonomy_draft", TaxonomyDraft.objects.get())
    assert "Open the draft" in page.get(url("taxonomy", version)).content.decode()


def test_every_step_has_its_form(page, draft):
    shown = page.get(url("taxonomy_draft", draft), {"at": "refund"}).content.decode()
    for op in ("add", "rename", "edit", "move", "merge", "split", "deprecate"):
        assert f'name="op" value="{op}"' in shown

    do(page, draft, "add", key="money", label="Late fee", parent="Money", synonyms="Fine\nPenalty")
    do(page, draft, "rename", key="refund", label="Money back")
    do(page, draft, "edit", key="charge", synonyms="Debit", description="Twice.")
    do(page, draft, "move", key="other", parent="money")
    do(page, draft, "merge", key="refund", into="charge")
    do(page, draft, "split", key="other", into="This\nThat")
    do(page, draft, "deprecate", key="charge")
    do(page, draft, "rekey", key="late_fee", to="fee")

    assert keys(draft) == ["money", "charge", "fee", "this", "that"]
    rows = {node["key"]: node for node in draft.nodes}
    assert rows["fee"]["synonyms"] == ["Fine", "Penalty"]
    assert rows["charge"]["deprecated"] is True
    assert rows["charge"]["synonyms"] == ["Debit", "Money back", "Chargeback"]
    assert rows["this"]["replaces"] == ["other"]
    told = page.get(url("taxonomy_draft", draft)).content.decode()
    for sentence in (
        "“Late fee” is new, below “Money”",
        "“Refund” is called “Money back”",
        "“Money back” is merged into “Charge”",
        "“Other” is split into “This”, “That”",
    ):
        assert sentence in told
    changes = page.get(url("taxonomy_publish", draft)).content.decode()
    assert changes.count("“Other” is split into “This”, “That”") == 2  # as a change and as a step


def test_a_step_leads_to_what_came_of_it(page, draft):
    assert do(page, draft, "merge", key="refund", into="charge").url.endswith("?at=charge#label")
    assert do(page, draft, "split", key="other", into="A\nB").url.endswith("?at=a#label")
    assert do(page, draft, "remove", key="b").url == url("taxonomy_draft", draft)


def test_what_does_not_fit_is_said_beside_its_field_and_kept(page, draft):
    answer = do(page, draft, "move", key="money", parent="refund")
    assert answer.status_code == 400
    assert "cannot go into itself" in answer.content.decode()

    answer = do(page, draft, "add", key="", label="Refund", parent="Money", own_key="No key")
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="No key"' in shown
    assert "There is already a label of this name" in shown

    answer = do(page, draft, "merge", key="refund", into="nothing")
    assert "There is no such label" in answer.content.decode()
    assert draft.changes == []


def test_two_leads_at_once_lose_nothing(page, draft, lead):
    change_draft(draft, {"op": "deprecate", "key": "other"}, revision=1, by=lead)

    body = {"op": "rename", "key": "refund", "label": "Money back", "revision": 1}
    answer = page.post(url("taxonomy_draft", draft), body)

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed this draft" in shown
    assert 'value="Money back"' in shown
    assert 'name="revision" value="2"' in shown
    assert "“Other” is no longer offered" in shown


def test_undo_and_discard(page, draft, version):
    do(page, draft, "deprecate", key="money")
    page.post(url("taxonomy_undo", draft), {"revision": draft.revision, "at": "money"})
    draft.refresh_from_db()
    assert draft.nodes == version.nodes

    page.post(url("taxonomy_discard", draft), {"revision": draft.revision})
    assert not TaxonomyDraft.objects.exists()


def test_publishing_shows_what_changes_and_how_often_it_was_answered(page, draft, version, lead):
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": version}
    rubric = make_rubric_version(lead.project, [asked])
    for _ in range(2):
        make_annotation(make_task(lead.project, version=rubric), answers={"topic": "refund"})
    do(page, draft, "merge", key="refund", into="charge")

    shown = page.get(url("taxonomy_publish", draft)).content.decode()
    assert "“Refund” is merged into “Charge”" in shown
    assert '<td class="number">2</td>' in shown
    answer = page.post(url("taxonomy_publish", draft), {"revision": draft.revision})

    newest = TaxonomyVersion.objects.get(number=2)
    assert answer.url == url("taxonomy", newest)
    assert "What has changed since version 1" in page.get(answer.url).content.decode()
    assert "There is a newer version" in page.get(url("taxonomy", version)).content.decode()


def test_a_label_is_found_by_name_synonym_key_and_definition(page, draft):
    for query in ("refu", "chargeb", "money refund", "taken twice"):
        shown = page.get(url("taxonomy_draft", draft), {"q": query}).content.decode()
        assert "1 label fits." in shown
    assert "0 labels fit." in page.get(url("taxonomy_draft", draft), {"q": "x"}).content.decode()


@pytest.mark.parametrize("kind", ["json", "yaml", "csv"])
def test_a_file_that_was_taken_out_can_replace_the_draft(page, draft, version, kind):
    written = page.get(url("taxonomy_file", version, kind))
    assert f"intents-v1.{kind}" in written["Content-Disposition"]
    do(page, draft, "deprecate", key="other")

    file = SimpleUploadedFile(f"tree.{kind}", written.content)
    body = {"file": file, "revision": draft.revision}
    answer = page.post(url("taxonomy_replace", draft), body)

    draft.refresh_from_db()
    assert answer.url == url("taxonomy_publish", draft)
    assert draft.nodes == version.nodes
    assert draft.changes[-1]["op"] == "replace"


def test_a_file_that_is_no_tree_changes_nothing(page, draft):
    for name, content in [("tree.txt", b"x"), ("tree.json", b"{"), ("tree.json", b"[]")]:
        body = {"file": SimpleUploadedFile(name, content), "revision": draft.revision}
        assert page.post(url("taxonomy_replace", draft), body).status_code == 400
    draft.refresh_from_db()
    assert draft.revision == 1


def test_whoever_may_only_look_sees_no_forms(browse, draft, version):
    viewer = browse(make_member(draft.taxonomy.project, "viewer"))

    shown = viewer.get(url("taxonomy_draft", draft), {"at": "refund"}).content.decode()

    assert "Chargeback" in shown
    assert 'name="op"' not in shown
    assert viewer.post(url("taxonomy_draft", draft), {"op": "deprecate"}).status_code == 403
    assert viewer.post(url("taxonomy_edit", version)).status_code == 403


def test_a_step_that_there_is_not_is_not_found(page, draft):
    assert do(page, draft, "explode", key="money").status_code == 404
    assert do(page, draft, "replace", nodes="[]").status_code == 404
