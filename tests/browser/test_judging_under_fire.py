"""What happens to answers when the network, the server, the browser or the item gives way.

Each test ends with the same two questions: is what was typed still there, and does exactly one
annotation count?
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Error, expect

from labeling.models import Annotation, Draft, Slot
from tests.browser.sitting import log_in_in_another_tab, stored, token, wait_until_held
from tests.factories import make_annotator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THOUGHT = "half a thought, in full: \N{GRINNING FACE}"


def answer(page, *keys):
    for key in keys or ("1", "2", "Enter"):
        page.keyboard.press(key)


def write_a_thought(page):
    page.keyboard.press("c")
    page.keyboard.type(THOUGHT)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")


def counted():
    return Annotation.objects.counted().count()


def sent(page, count=1):
    """Wait until the page says that everything has been taken."""
    expect(page.locator("[data-today]")).to_have_text(f"{count} today")
    expect(page.locator(".saved")).to_have_text("saved")


def test_an_answer_whose_receipt_was_lost_is_stored_once(judging, context):
    lost = []

    def cut_before_the_response(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort("connectionreset")

    context.route("**/submit/", cut_before_the_response)
    answer(judging)

    sent(judging)
    assert lost == [200]
    assert stored() == [("refund", "bad")]


@pytest.mark.parametrize("status", [502, 504, 503, 429])
def test_a_server_that_is_away_for_a_moment_gets_the_answer_afterwards(judging, context, status):
    tries = []

    def away(route):
        tries.append(1)
        return route.fulfill(status=status) if len(tries) < 3 else route.continue_()

    context.route("**/submit/", away)
    write_a_thought(judging)
    answer(judging, "ArrowUp", "1", "2", "Enter")

    expect(judging.locator(".saved")).to_have_text("not sent yet")
    sent(judging)
    assert stored() == [("refund", "bad")]
    assert Annotation.objects.get().comment == THOUGHT


def crash(page):
    """Kill the tab's process, as running out of memory would."""
    with suppress(Error):
        page.goto("chrome://crash", timeout=5_000)
    page.close()


def test_what_a_crashed_tab_had_not_sent_goes_out_from_the_next_one(judging, context, page):
    wait_until_held(judging)
    context.route("**/submit/", lambda route: route.abort())
    answer(judging)
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    write_a_thought(judging)
    context.unroute("**/submit/")
    crash(judging)

    again = context.new_page()
    again.goto("/p/shop/judge/")

    sent(again)
    expect(again.locator("#comment")).to_have_value(THOUGHT)
    assert stored() == [("refund", "bad")]


def test_what_waits_to_be_sent_cannot_be_written_on(judging, context):
    context.set_offline(True)
    answer(judging)
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    answer(judging, "ArrowUp", "2", "c")
    judging.keyboard.type("too late")

    expect(judging.locator('[value="=refund"]')).to_be_checked()
    expect(judging.locator("#comment")).to_have_value("")
    context.set_offline(False)
    sent(judging)
    assert stored() == [("refund", "bad")]
    expect(judging.locator("#answers")).not_to_have_attribute("inert", "")


def give_to_somebody_else(project):
    """Let the time on the item that is shown end, and lend it to another annotator."""
    other = make_annotator(project)
    slot = Slot.objects.get(annotation=None, annotator__isnull=False, held=False)
    Slot.objects.filter(pk=slot.pk).update(
        annotator=other, token=uuid4(), leased_until=timezone.now() + timedelta(hours=1)
    )
    return slot.task


def test_an_item_that_went_to_somebody_else_takes_the_answer_all_the_same(judging, ann):
    write_a_thought(judging)
    task = give_to_somebody_else(ann.project)
    answer(judging, "ArrowUp", "1", "2", "Enter")

    sent(judging)
    row = Annotation.objects.get()
    assert (row.task, row.comment, counted()) == (task, THOUGHT, 0)
    assert "somebody" not in judging.locator("main").inner_text().lower()


def test_all_that_was_unsent_when_the_session_ended_goes_out_after_the_next_log_in(
    judging, context, ann
):
    wait_until_held(judging)
    write_a_thought(judging)
    context.clear_cookies(name="sessionid")
    answer(judging, "ArrowUp", "1", "2", "Enter")
    expect(judging.get_by_role("alert")).to_contain_text("Your session has ended")
    answer(judging, "2", "1", "Enter")
    expect(judging.locator(".saved")).to_have_text("2 not sent yet")
    crash(judging)
    log_in_in_another_tab(context, ann)

    again = context.new_page()
    again.goto("/p/shop/judge/")

    sent(again, 2)
    assert stored() == [("refund", "bad"), ("delivery", "good")]
    assert Annotation.objects.order_by("pk")[0].comment == THOUGHT


def test_what_waits_goes_out_in_no_other_name_and_is_kept_for_its_own(judging, context, ann):
    wait_until_held(judging)
    context.clear_cookies(name="sessionid")
    answer(judging)
    expect(judging.get_by_role("alert")).to_contain_text("Your session has ended")
    log_in_in_another_tab(context, make_annotator(ann.project))
    expect(judging.get_by_role("alert")).to_contain_text("Somebody else has logged in")
    assert not Annotation.objects.exists()

    log_in_in_another_tab(context, ann)

    sent(judging)
    assert [row.annotator for row in Annotation.objects.all()] == [ann]


def test_nothing_is_sent_in_the_name_of_whoever_logs_in_next(judging, context, ann, log_in):
    wait_until_held(judging)
    context.route("**/submit/", lambda route: route.abort())
    answer(judging)
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    context.unroute("**/submit/")
    log_in(make_annotator(ann.project))

    judging.goto("/p/shop/judge/")
    judging.keyboard.press("Enter")
    expect(judging.get_by_text("What is it about?")).to_be_visible()
    judging.wait_for_timeout(500)
    assert not Annotation.objects.exists()

    log_in(ann)
    judging.goto("/p/shop/judge/")
    sent(judging)
    assert [row.annotator for row in Annotation.objects.all()] == [ann]


@pytest.mark.parametrize(
    "hand_in",
    [
        lambda page: page.get_by_role("button", name="Submit and next").dblclick(),
        lambda page: answer(page, "Enter", "Control+Enter", "Enter"),
        lambda page: page.evaluate(
            "for (const n of [1, 2, 3]) document.getElementById('answers').requestSubmit()"
        ),
    ],
    ids=["double-click", "enter-three-times", "three-submits-at-once"],
)
def test_handing_in_twice_is_handing_in_once(judging, hand_in):
    answer(judging, "1", "2")
    hand_in(judging)

    sent(judging)
    assert stored() == [("refund", "bad")]


def test_the_same_request_twenty_times_at_once_is_one_annotation(judging, context):
    replies = []

    def twenty_times(route):
        replies.extend(route.fetch().status for _ in range(19))
        route.continue_()

    context.route("**/submit/", twenty_times)
    answer(judging)

    sent(judging)
    assert set(replies) == {200}
    assert stored() == [("refund", "bad")]


def test_the_second_of_two_tabs_is_told_that_the_item_is_submitted(judging, context):
    second = context.new_page()
    second.goto("/p/shop/judge/")
    assert token(second) == token(judging)
    answer(judging)
    sent(judging)

    second.bring_to_front()
    write_a_thought(second)
    answer(second, "ArrowUp", "2", "1", "Enter")

    expect(second.get_by_role("alert")).to_contain_text("the first ones stand")
    expect(second.locator("#comment")).to_have_value(THOUGHT)
    assert stored() == [("refund", "bad")]


def test_going_back_after_submitting_shows_no_empty_form_of_a_submitted_item(judging):
    first = token(judging)
    answer(judging)
    sent(judging)
    judging.goto("/p/shop/")
    judging.go_back()

    expect(judging.get_by_text("What is it about?")).to_be_visible()
    assert token(judging) != first


FORBIDDEN = """
const get = () => { throw new DOMException("denied", "SecurityError"); };
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get });
}"""
FULL = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };"""


@pytest.mark.parametrize("storage", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_without_the_browsers_storage_the_servers_draft_keeps_what_was_typed(
    judging, context, storage
):
    context.add_init_script(storage)
    judging.reload()
    with judging.expect_response("**/draft/"):
        write_a_thought(judging)
    judging.reload()
    expect(judging.locator("#comment")).to_have_value(THOUGHT)

    context.set_offline(True)
    answer(judging)
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    context.set_offline(False)

    sent(judging)
    answer(judging, "2", "1", "Enter")
    sent(judging, 2)
    assert stored() == [("refund", "bad"), ("delivery", "good")]


def test_a_queue_closed_while_somebody_writes_keeps_the_text_on_the_server(judging, ann):
    write_a_thought(judging)
    ann.project.queues.update(state="closed")
    answer(judging, "ArrowUp", "1", "2", "Enter")

    expect(judging.get_by_role("alert")).to_contain_text("closed")
    expect(judging.locator("#comment")).to_have_value(THOUGHT)
    assert Draft.objects.get().comment == THOUGHT
    ann.project.queues.update(state="open")
    answer(judging, "Enter")
    sent(judging)
    assert [row.comment for row in Annotation.objects.all()] == [THOUGHT]


def test_leaving_asks_only_while_something_is_unsent(judging, context):
    asked = []
    judging.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    answer(judging)
    sent(judging)
    judging.goto("/p/shop/judge/")
    assert asked == []

    wait_until_held(judging)
    context.route("**/submit/", lambda route: route.abort())
    answer(judging)
    expect(judging.locator(".saved")).to_have_text("not sent yet")
    with judging.expect_event("load"):
        judging.evaluate("setTimeout(() => location.reload())")
    assert asked == ["beforeunload"]


def test_a_browser_whose_clock_is_a_day_off_judges_like_any_other(judging, context):
    context.add_init_script("{ const now = Date.now; Date.now = () => now() + 86_400_000; }")
    judging.reload()
    answer(judging)

    sent(judging)
    row = Annotation.objects.get()
    assert row.active_ms is None or 0 <= row.active_ms < 60_000
    assert abs(row.submitted_at - timezone.now()) < timedelta(minutes=1)
