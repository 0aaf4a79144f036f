"""Looking back, amending, own keys and what is blurred, as somebody at the keyboard sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Annotation, Queue, Slot
from tests.browser.sitting import answer_by_keyboard, log_in_in_another_tab, stored, token
from tests.factories import make_items, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_last_judgment_is_amended_by_keyboard_only(judging):
    answer_by_keyboard(judging, "1", "2", "Enter")
    expect(judging.locator("[data-today]")).to_have_text("1 today")
    judging.keyboard.press("ArrowLeft")
    expect(judging.get_by_role("heading", name="Amend")).to_be_attached()
    expect(judging.locator('[name="answer-tone"][value="=bad"]')).to_be_checked()
    expect(judging.locator("body[data-ready]")).to_be_attached()

    judging.keyboard.press("2")
    judging.keyboard.press("n")
    judging.keyboard.press("Control+Enter")

    expect(judging.get_by_text("Amended: your new answers stand.")).to_be_visible()
    assert stored() == [("refund", "bad"), ("delivery", "bad")]
    assert Annotation.objects.counted().get().unsure


@pytest.fixture
def amending(judging):
    """The first judgment, to be amended, with another answer and a comment not handed in yet."""
    answer_by_keyboard(judging, "1", "2", "Enter")
    judging.keyboard.press("ArrowLeft")
    expect(judging.get_by_role("heading", name="Amend")).to_be_attached()
    expect(judging.locator("body[data-ready]")).to_be_attached()
    judging.keyboard.press("1")
    judging.keyboard.press("c")
    judging.keyboard.type("On second thought")
    judging.keyboard.press("Escape")
    return judging


def kept_in(page):
    return page.evaluate("Object.keys(localStorage).filter((name) => /^fettle:/.test(name))")


def test_what_was_changed_and_not_handed_in_is_there_in_the_next_tab(amending, context):
    address = amending.url
    amending.close()
    again = context.new_page()
    again.goto(address)

    expect(again.locator("#comment")).to_have_value("On second thought")
    expect(again.get_by_text("have not handed in is shown again")).to_be_visible()
    again.keyboard.press("Control+Enter")
    expect(again.get_by_text("Amended: your new answers stand.")).to_be_visible()
    assert Annotation.objects.counted().get().comment == "On second thought"
    assert kept_in(again) == []


def test_what_was_handed_in_comes_back_when_asked_for(amending):
    amending.reload()
    amending.get_by_role("button", name="Show what I handed in").click()

    expect(amending.get_by_text("have not handed in is shown again")).to_be_hidden()
    expect(amending.locator("#comment")).to_have_value("")
    expect(amending.locator('[name="answer-topic"][value="=refund"]')).to_be_checked()


def test_a_session_that_ends_while_amending_costs_nothing(amending, context, ann):
    context.clear_cookies(name="sessionid")
    amending.keyboard.press("Enter")
    expect(amending.get_by_role("alert")).to_contain_text("Your session has ended")
    expect(amending.locator("#comment")).to_have_value("On second thought")
    assert Annotation.objects.count() == 1

    log_in_in_another_tab(context, ann)
    amending.keyboard.press("Enter")

    expect(amending.get_by_text("Amended: your new answers stand.")).to_be_visible()
    assert Annotation.objects.counted().get().comment == "On second thought"


def test_a_server_that_is_away_while_amending_is_told_and_asked_again(amending, context):
    context.route("**/amend/**", lambda route: route.fulfill(status=502))
    amending.keyboard.press("Enter")
    expect(amending.get_by_role("alert")).to_contain_text("The server does not answer")
    context.unroute("**/amend/**")
    amending.keyboard.press("Enter")

    expect(amending.get_by_text("Amended: your new answers stand.")).to_be_visible()
    assert Annotation.objects.counted().get().comment == "On second thought"


def test_an_amendment_that_comes_too_late_is_told_and_what_was_typed_stays(amending):
    Annotation.objects.update(submitted_at=timezone.now() - timedelta(days=30))
    amending.keyboard.press("Enter")

    expect(amending.get_by_role("alert")).not_to_be_empty()
    expect(amending.locator("#comment")).to_have_value("On second thought")
    assert Annotation.objects.count() == 1


def test_a_chosen_key_is_printed_and_works_and_the_usual_one_does_not(judging, ann):
    ann.user.judging_keys = {"skip": "k", "advance": "no"}
    ann.user.save()
    judging.reload()
    expect(judging.locator("[data-act=skip] > kbd")).to_have_text("K")

    judging.keyboard.press("s")
    expect(judging.locator("dialog[open]")).to_have_count(0)
    judging.keyboard.press("k")
    expect(judging.locator("dialog#skip")).to_be_visible()
    judging.keyboard.press("Escape")
    judging.keyboard.press("1")
    expect(judging.locator(".criterion.focused")).to_contain_text("What is it about?")


def test_a_letter_of_another_script_counts_by_its_place(judging):
    judging.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " { key: 'ы', code: 'KeyS', bubbles: true }))"
    )
    expect(judging.locator("dialog#skip")).to_be_visible()


def test_a_sensitive_item_stays_blurred_until_its_key_and_only_that_item(judging, ann):
    Queue.objects.update(sensitive=True)
    judging.reload()
    veiled = judging.locator(".veiled")
    expect(veiled).to_have_attribute("inert", "")
    expect(veiled.locator("section")).not_to_have_css("filter", "none")
    judging.keyboard.press("v")
    expect(veiled).not_to_have_attribute("inert", "")
    expect(veiled.locator("section")).to_have_css("filter", "none")
    judging.reload()
    expect(judging.locator(".veiled")).not_to_have_attribute("inert", "")
    answer_by_keyboard(judging, "1", "2", "Enter")
    expect(judging.locator(".veiled")).to_have_attribute("inert", "")


def test_another_queue_begins_with_a_card_and_one_enter(judging, ann):
    shown = Slot.objects.get(token=token(judging)).task
    shown.queue.tasks.exclude(pk=shown.pk).update(state="set_aside")
    judging.reload()
    make_queue(ann.project, make_items(ann.project, 1), name="The other queue")
    answer_by_keyboard(judging, "1", "2", "Enter")

    expect(judging.get_by_role("heading", name="Before you begin")).to_be_visible()
    expect(judging.get_by_text("The other queue")).to_be_visible()
    judging.keyboard.press("Enter")
    expect(judging.locator("[data-answers]")).to_be_visible()
