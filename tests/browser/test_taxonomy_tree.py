"""The taxonomy's editor by keyboard: walking the tree, finding, changing, with and without help."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.services.taxonomies import save_taxonomy
from labeling.services.taxonomy_drafts import start_draft
from tests.factories import make_member, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NODES = [
    {"key": "money", "label": "Money"},
    {"key": "refund", "parent": "money", "label": "Refund"},
    {"key": "charge", "parent": "money", "label": "Charge"},
    {"key": "other", "label": "Other"},
    {"key": "greeting", "parent": "other", "label": "Greeting"},
]


@pytest.fixture
def draft():
    lead = make_member(make_project("shop"), "lead")
    return start_draft(save_taxonomy(lead.project, "Intents", NODES, by=lead).taxonomy, by=lead)


@pytest.fixture
def editor(draft, page, log_in):
    log_in(draft.updated_by)
    page.goto(f"/p/shop/taxonomies/drafts/{draft.uid}/")
    expect(page.get_by_role("tree")).to_be_visible()
    return page


def names(page):
    return page.get_by_role("treeitem").locator("bdi:visible").all_inner_texts()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_the_tree_is_walked_unfolded_and_folded_by_keys(editor):
    assert names(editor) == ["Money", "Other"]
    editor.locator('[role=treeitem][tabindex="0"]').focus()

    press(editor, "ArrowDown", "ArrowRight", "ArrowRight")
    expect(editor.get_by_role("treeitem", name="Greeting")).to_be_focused()
    press(editor, "ArrowLeft", "ArrowLeft", "Home", "ArrowRight", "r")
    expect(editor.get_by_role("treeitem", name="Refund")).to_be_focused()
    assert names(editor) == ["Money", "Refund", "Charge", "Other"]

    press(editor, "Enter")
    expect(editor.get_by_role("heading", name="Refund")).to_be_visible()
    # what was unfolded still is, and the label has the focus, ready for its forms
    assert names(editor) == ["Money", "Refund", "Charge", "Other"]
    expect(editor.locator("#label")).to_be_focused()


def test_a_label_is_renamed_and_the_step_taken_back_by_keys(editor, draft):
    editor.goto(f"/p/shop/taxonomies/drafts/{draft.uid}/?at=refund#label")
    editor.locator("summary", has_text="Rename").press("Enter")
    editor.locator("#id_rename_label").fill("Money back")
    press(editor, "Enter")

    expect(editor.get_by_role("heading", name="Money back")).to_be_visible()
    expect(editor.locator(".steps")).to_contain_text("“Refund” is called “Money back”")
    editor.get_by_role("button", name="Undo the last step").press("Enter")
    expect(editor.get_by_role("heading", name="Refund")).to_be_visible()


def test_typing_in_the_filter_leaves_what_fits_and_brings_the_tree_back(editor):
    editor.locator("#q").fill("gree")
    expect(editor.get_by_text("1 label fits.")).to_be_visible()
    expect(editor.locator(".tree a")).to_have_count(1)

    editor.locator("#q").fill("")
    expect(editor.get_by_role("treeitem", name="Money")).to_be_visible()


def test_without_scripts_every_label_can_be_reached(draft, chromium, live_server, log_in, context):
    log_in(draft.updated_by)
    plain = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = plain.new_page()
    page.goto(f"/p/shop/taxonomies/drafts/{draft.uid}/")
    page.get_by_role("link", name="Greeting").click()
    page.get_by_role("button", name="Deprecate").click()

    expect(page.locator(".steps")).to_contain_text("“Greeting” is no longer offered")
    plain.close()
