from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.models import Annotation, Draft, Skip
from tests.browser.sitting import (
    answer_by_keyboard,
    log_in_in_another_tab,
    stored,
    token,
    wait_until_held,
    wait_until_ready,
)
from tests.factories import make_items, make_queue, make_rubric_version, make_taxonomy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_three_items_are_judged_by_keyboard_only(judging):
    answer_by_keyboard(judging, "1", "2", "Enter")
    answer_by_keyboard(judging, "2", "0", "Enter")
    answer_by_keyboard(judging, "3", "ArrowUp", "1", "2", "Control+Enter")

    assert stored() == [("refund", "bad"), ("delivery", ""), ("refund", "bad")]
    expect(judging.locator("[data-today]")).to_have_text("3 today")


def test_enter_leads_to_what_is_missing(judging):
    judging.keyboard.press("ArrowDown")
    judging.keyboard.press("1")
    judging.keyboard.press("Enter")

    expect(judging.get_by_role("alert")).to_contain_text("What is it about?")
    expect(judging.locator(".criterion.focused")).to_contain_text("What is it about?")
    assert not Annotation.objects.exists()


def test_keys_are_letters_while_somebody_types(judging):
    judging.keyboard.press("c")
    judging.keyboard.type("su1?")
    judging.keyboard.press("Escape")

    expect(judging.locator("#comment")).to_have_value("su1?")
    expect(judging.locator("dialog[open]")).to_have_count(0)
    judging.keyboard.press("?")
    expect(judging.locator("dialog#keys")).to_be_visible()


def test_a_reload_keeps_what_was_typed(judging):
    judging.keyboard.press("2")
    judging.keyboard.press("c")
    judging.keyboard.type("half a thought")

    judging.reload()

    expect(judging.locator("#comment")).to_have_value("half a thought")
    expect(judging.locator('[value="=delivery"]')).to_be_checked()


def test_what_was_typed_reaches_the_server_by_itself(judging):
    with judging.expect_response("**/draft/"):
        judging.keyboard.press("2")

    assert Draft.objects.get().answers == {"topic": "delivery"}


def test_undo_brings_the_item_back_with_its_answers(judging):
    first = judging.locator(".item .text").inner_text()
    answer_by_keyboard(judging, "1", "2", "Enter")
    judging.keyboard.press("u")

    expect(judging.locator(".item .text")).to_have_text(first)
    expect(judging.locator('[name="answer-tone"][value="=bad"]')).to_be_checked()
    answer_by_keyboard(judging, "2", "1", "Enter")
    assert stored() == [("refund", "bad"), (), ("delivery", "good")]


def test_a_skip_asks_for_its_reason(judging):
    before = token(judging)
    judging.keyboard.press("s")
    judging.keyboard.press("2")
    judging.keyboard.press("Enter")

    expect(judging.locator(f'[data-token="{before}"]')).to_have_count(0)
    assert Skip.objects.get().reason == "broken_item"


def test_without_a_network_the_answers_wait_and_go_out_by_themselves(judging, context):
    judging.keyboard.press("c")
    judging.keyboard.type("written on a train")
    judging.keyboard.press("Escape")
    context.set_offline(True)
    judging.keyboard.press("1")
    judging.keyboard.press("1")
    judging.keyboard.press("Enter")

    expect(judging.locator(".saved")).to_have_text("not sent yet")
    expect(judging.locator("#comment")).to_have_value("written on a train")
    before = token(judging)
    context.set_offline(False)
    expect(judging.locator(f'[data-token="{before}"]')).to_have_count(0)
    assert [row.comment for row in Annotation.objects.all()] == ["written on a train"]


def test_when_the_session_has_ended_the_answers_go_out_after_the_next_log_in(judging, context, ann):
    context.clear_cookies(name="sessionid")
    for key in ("1", "1", "Enter"):
        judging.keyboard.press(key)
    expect(judging.get_by_role("alert")).to_contain_text("Your session has ended")
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    assert not Annotation.objects.exists()

    log_in_in_another_tab(context, ann)

    expect(judging.locator("[data-today]")).to_have_text("1 today")
    expect(judging.locator(".saved")).to_have_text("saved")
    expect(judging.get_by_role("alert")).to_be_empty()
    assert stored() == [("refund", "good")]


def test_the_next_item_is_on_the_screen_before_the_server_has_answered(judging, context):
    wait_until_held(judging)
    waiting = []
    context.route("**/submit/", lambda route: waiting.append(route))
    first = judging.locator(".item .text").inner_text()

    for key in ("1", "2", "Enter"):
        judging.keyboard.press(key)

    expect(judging.locator(".saved")).to_have_text("saving")
    expect(judging.locator(".item .text")).not_to_have_text(first)
    assert not Annotation.objects.exists()
    waiting[0].continue_()
    expect(judging.locator(".saved")).to_have_text("saved")
    expect(judging.locator("[data-today]")).to_have_text("1 today")
    assert stored() == [("refund", "bad")]


def test_what_could_not_be_sent_is_sent_after_a_reload(judging, context):
    wait_until_held(judging)
    context.route("**/submit/", lambda route: route.abort())
    for key in ("1", "2", "Enter", "2", "1", "Enter"):
        judging.keyboard.press(key)
    expect(judging.locator(".saved")).to_have_text("2 not sent yet")
    assert not Annotation.objects.exists()
    context.unroute("**/submit/")

    judging.reload()

    expect(judging.locator("[data-today]")).to_have_text("2 today")
    expect(judging.locator(".saved")).to_have_text("saved")
    assert stored() == [("refund", "bad"), ("delivery", "good")]


def test_what_the_server_refuses_comes_back_to_the_screen(judging, ann):
    wait_until_held(judging)
    before = token(judging)
    ann.project.queues.update(state="closed")

    for key in ("1", "1", "Enter"):
        judging.keyboard.press(key)

    expect(judging.locator(f'[data-token="{before}"]')).to_have_count(1)
    expect(judging.get_by_role("alert")).to_contain_text("closed")
    expect(judging.locator('[value="=refund"]')).to_be_checked()


def test_a_closed_queue_is_told_and_the_text_is_kept(judging, ann):
    ann.project.queues.update(state="closed")
    judging.keyboard.press("1")
    judging.keyboard.press("1")
    judging.keyboard.press("Enter")

    expect(judging.get_by_role("alert")).to_contain_text("closed")
    expect(judging.locator('[value="=refund"]')).to_be_checked()


def test_a_label_is_picked_from_a_taxonomy_by_typing(ann, page, log_in):
    nodes = [("money", None), ("refund", "money"), ("double-charge", "money"), ("other", None)]
    intents = make_taxonomy(ann.project, nodes)
    intent = {"key": "intent", "kind": "taxonomy", "prompt": "Intent?", "taxonomy": intents}
    version = make_rubric_version(ann.project, [intent])
    make_queue(ann.project, make_items(ann.project, 2), version=version)
    log_in(ann)
    page.goto("/p/shop/judge/")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Intent?")).to_be_visible()
    wait_until_ready(page)

    page.keyboard.type("dou")
    page.keyboard.press("Enter")
    answer_by_keyboard(page, "Enter")

    assert stored() == [("double-charge",)]


def test_the_page_fits_a_phone(judging):
    judging.set_viewport_size({"width": 390, "height": 844})

    assert judging.evaluate("document.documentElement.scrollWidth") <= 390
    expect(judging.get_by_role("button", name="Submit and next")).to_be_in_viewport()
