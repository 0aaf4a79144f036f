"""The rubric's editor by keyboard: adding, moving, saving, and where the focus goes meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.services.rubrics import create_rubric
from tests.factories import make_member, make_project, topic

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft():
    lead = make_member(make_project("shop"), "lead")
    return create_rubric(lead.project, {"name": "Topics", "criteria": [topic()]}, by=lead)


@pytest.fixture
def editor(draft, page, log_in):
    log_in(draft.created_by)
    page.goto(draft.rubric.get_absolute_url())
    return page


def field(page, name):
    return page.locator(f'[name="{name}"]')


def test_what_is_added_or_moved_has_the_focus(editor, draft):
    editor.get_by_role("button", name="Add an option").press("Enter")
    expect(field(editor, "criteria.0.options.3.label")).to_be_focused()
    editor.keyboard.type("Praise")
    editor.locator('button[value="up 0.3"]').press("Enter")
    expect(field(editor, "criteria.0.options.2.label")).to_be_focused()
    expect(field(editor, "criteria.0.options.2.label")).to_have_value("Praise")
    editor.get_by_role("button", name="Add a question").press("Enter")
    expect(field(editor, "criteria.1.prompt")).to_be_focused()
    editor.keyboard.type("Is it polite?")
    field(editor, "criteria.1.kind").select_option("yes_no")
    expect(field(editor, "criteria.1.kind")).to_be_focused()
    field(editor, "name").press("Enter")
    expect(editor.get_by_text("Saved.")).to_be_visible()
    first, second = draft.criteria.all()
    assert [option["label"] for option in first.options] == [
        "Refund",
        "Delivery",
        "Praise",
        "Other",
    ]
    assert (second.prompt, second.kind) == ("Is it polite?", "yes_no")


def test_a_refusal_begins_with_why_and_leads_to_the_field(editor, draft):
    field(editor, "criteria.0.prompt").fill("")
    field(editor, "name").press("Enter")
    expect(editor.get_by_role("alert")).to_be_focused()
    editor.keyboard.press("Tab")
    editor.keyboard.press("Enter")
    expect(field(editor, "criteria.0.prompt")).to_be_focused()
