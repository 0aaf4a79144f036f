"""Several choices, numbers, conditions and preferences on the judging page, by keyboard only."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.models import Annotation, Draft
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FAULTS = topic("late", "rude", "wrong", key="faults", kind="several_choices", prompt="What faults?")
DELAY = {
    "key": "delay",
    "kind": "number",
    "prompt": "How late was it?",
    "terms": {"unit": "min", "lowest": 0, "highest": 90, "decimals": 1},
    "when": {"criterion": "faults", "answers": ["late"]},
}
BETTER = {"key": "better", "kind": "preference", "prompt": "Which is better?"}


@pytest.fixture
def judging(page, log_in):
    ann = make_annotator(make_project("shop"))
    version = make_rubric_version(ann.project, [FAULTS, DELAY, BETTER])
    make_queue(ann.project, make_items(ann.project, 5), overlap=1, version=version)
    log_in(ann)
    page.goto("/p/shop/judge/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What faults?", exact=True)).to_be_visible()
    return page


def type_keys(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def hand_in(page):
    before = page.locator("#answers").get_attribute("data-token")
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-token="{before}"]')).to_have_count(0)
    expect(page.locator(".saved")).to_have_text("saved")


def stored():
    rows = Annotation.objects.order_by("pk")
    return [
        dict(row.answers.values_list("criterion__key", "value"))
        for row in rows.prefetch_related("answers")
    ]


def test_boxes_a_number_and_a_preference_are_answered_by_keyboard(judging):
    delay = judging.locator('[data-criterion="delay"]')
    expect(delay).to_be_hidden()

    # digits toggle boxes, and the question that depends on one of them comes with it
    type_keys(judging, "3", "1", "2", "2")
    expect(delay).to_be_visible()
    expect(judging.locator('[data-criterion="faults"] [data-state]')).to_have_text("Late, Wrong")
    type_keys(judging, "ArrowDown", "1", "2", ",", "5", "Enter")
    expect(judging.locator(".criterion.focused")).to_contain_text("Which is better?")
    type_keys(judging, "2")
    hand_in(judging)

    # without the fault there is no question about it
    type_keys(judging, "2", "ArrowDown", "3")
    hand_in(judging)

    assert stored() == [
        {"faults": '["late","wrong"]', "delay": "12.5", "better": "a"},
        {"faults": '["rude"]', "better": "tie"},
    ]


def test_cannot_tell_and_boxes_take_each_other_back(judging):
    type_keys(judging, "1", "0")
    faults = judging.locator('[data-criterion="faults"]')
    expect(faults.locator("[data-state]")).to_have_text("Cannot tell")

    type_keys(judging, "ArrowUp", "2")
    expect(faults.locator("[data-state]")).to_have_text("Rude")


def test_what_is_ticked_and_typed_is_there_after_a_reload(judging):
    with judging.expect_response("**/draft/"):
        type_keys(judging, "1", "2", "ArrowDown", "7")
    assert Draft.objects.get().answers == {"faults": '["late","rude"]', "delay": "7"}

    judging.evaluate("localStorage.clear()")
    judging.reload()

    expect(judging.locator('[data-criterion="faults"] [data-state]')).to_have_text("Late, Rude")
    expect(judging.locator('[data-criterion="delay"] [data-state]')).to_have_text("7 min")
