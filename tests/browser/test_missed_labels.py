"""A label that is missed, and when to use which option, on the judging page by keyboard only."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.models import Answer, Draft
from tests.browser.sitting import wait_until_ready
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    make_taxonomy,
    topic,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EXPLAINED = {"use_when": "Somebody asks for money.", "counterexamples": ["Where is my parcel?"]}


@pytest.fixture
def judging(page, log_in):
    ann = make_annotator(make_project("shop"))
    tree = make_taxonomy(ann.project, [("money", None), ("parcel", None)])
    about = topic(propose=True)
    about["options"] = [about["options"][0] | EXPLAINED, about["options"][1] | EXPLAINED]
    part = {"key": "part", "kind": "taxonomy", "prompt": "Which part?", "taxonomy": tree}
    faults = topic("late", key="faults", kind="several_choices", prompt="What faults?")
    criteria = [about, part | {"propose": True}, faults | {"propose": True, "required": False}]
    version = make_rubric_version(ann.project, criteria)
    make_queue(ann.project, make_items(ann.project, 3), overlap=1, version=version)
    log_in(ann)
    page.goto("/p/shop/judge/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What is it about?", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    wait_until_ready(page)
    return page


def missed(page, key):
    return page.locator(f'[name="proposed-{key}"]')


def test_none_of_these_asks_for_the_label_and_goes_on(judging):
    expect(missed(judging, "topic")).to_be_hidden()
    judging.keyboard.press("3")
    expect(missed(judging, "topic")).to_be_focused()
    judging.keyboard.type("Gift 1 card")
    judging.keyboard.press("Enter")

    # in a tree, where nothing fits what is typed, it has a key of its own
    judging.keyboard.type("gift")
    for key in ("Escape", "Escape", "9"):
        judging.keyboard.press(key)
    expect(missed(judging, "part")).to_be_focused()
    with judging.expect_response(lambda answer: "/draft/" in answer.url):
        judging.keyboard.type("Shop")
    assert Draft.objects.get().proposed == {"topic": "Gift 1 card", "part": "Shop"}

    # a label takes the place of "none of these", and what was typed is not handed in
    judging.keyboard.press("Enter")
    for key in ("2", "Escape", "1"):
        judging.keyboard.press(key)
    boxes = judging.locator('[data-criterion="faults"] input:checked')
    expect(boxes).to_have_count(1)
    expect(boxes).to_have_value("=late")
    token = judging.locator("#answers").get_attribute("data-token")
    judging.keyboard.press("Control+Enter")
    expect(judging.locator(f'[data-token="{token}"]')).to_have_count(0)
    expect(judging.locator(".saved")).to_have_text("saved")
    said = {row.criterion.key: (row.value, row.proposed) for row in Answer.objects.all()}
    assert said == {
        "topic": ("none_of_these", "Gift 1 card"),
        "part": ("none_of_these", "Shop"),
        "faults": ('["late"]', ""),
    }


def test_when_to_use_which_opens_and_closes_by_a_key(judging):
    codebook = judging.locator('[data-criterion="topic"] .codebook')
    words = codebook.get_by_text("Somebody asks for money.").first
    expect(words).to_be_hidden()
    judging.keyboard.press("i")
    expect(words).to_be_visible()
    judging.keyboard.press("i")
    expect(words).to_be_hidden()


def test_what_was_typed_survives_a_reload(judging):
    judging.keyboard.press("3")
    judging.keyboard.type("Gift card")
    judging.reload()
    expect(missed(judging, "topic")).to_have_value("Gift card")
