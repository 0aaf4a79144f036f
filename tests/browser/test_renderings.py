"""Finding, comparing and asking by keyboard, in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from labeling.models import ContentField, Question, Task
from tests.browser.sitting import log_in_in_another_tab, wait_until, wait_until_ready
from tests.factories import make_items, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LEFT = "The sea is blue.\n" * 60
RIGHT = "The sea is grey.\n" * 60
WIDTHS = {"wide": 1280, "narrow": 390}


@pytest.fixture
def begin(ann, page: Page, log_in):
    """The judging page on the first of two items with this content and these outputs."""

    def begun(content: dict[str, str], outputs: tuple[str, ...] = (), width: int = 1280) -> Page:
        ContentField.objects.all().delete()
        for name in content:
            ContentField.objects.create(
                project=ann.project, name=name, visibility="shown", rendering=name
            )
        make_queue(ann.project, make_items(ann.project, 2, content=content), overlap=1)
        Task.objects.update(outputs=list(outputs))
        log_in(ann)
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/p/shop/judge/")
        page.keyboard.press("Enter")
        expect(page.get_by_text("What is it about?")).to_be_visible()
        wait_until_ready(page)
        return page

    return begun


def seek(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_label("Find in the item")).to_be_focused()
    page.keyboard.type(words)


def marked(page: Page, name: str) -> list[str]:
    """What a highlight covers, in the order of the page."""
    return page.evaluate(
        "name => [...(CSS.highlights.get(name) ?? [])].map(range => range.toString())", name
    )


def test_a_word_is_found_counted_and_stepped_through_by_keyboard(begin):
    page = begin({"text": "Re\u200bfund me. " + "Nothing. " * 3_000 + "A REFUND, please."})
    seek(page, "refund")
    count = page.locator("[data-find] output")
    expect(count).to_have_text("1 of 2")
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 2")
    assert marked(page, "found-now") == ["REFUND"]
    assert page.locator("details.rest").evaluate("part => part.open")
    page.keyboard.press("Enter")
    expect(count).to_have_text("1 of 2")
    page.keyboard.press("Escape")
    assert marked(page, "found") == []
    expect(page.locator("[data-act=find]")).to_be_focused()


def test_the_next_item_can_be_searched_as_well(begin):
    page = begin({"text": "word " * 1_000})
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submitted.")).to_be_visible()
    seek(page, "word")
    expect(page.locator("[data-find] output")).to_have_text("1 of 1000")


def test_outputs_stand_beside_each_other_scroll_together_and_show_where_they_differ(begin):
    page = begin({"text": "Write a poem."}, (LEFT, RIGHT))
    left, right = (page.locator(f"[data-side={side}]") for side in "ab")
    boxes = [side.bounding_box() for side in (left, right)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert abs(boxes[0]["width"] - boxes[1]["width"]) < 1
    scroll = "document.querySelector('[data-side=a] .side').scrollBy(0, 5)"
    wait_until(page, f"{scroll}, document.querySelector('[data-side=b] .side').scrollTop > 100")
    page.keyboard.press("x")
    wait_until(page, "CSS.highlights.has('differs')")
    assert sorted(marked(page, "differs")) == ["blue"] * 60 + ["grey"] * 60
    page.keyboard.press("x")
    wait_until(page, "!CSS.highlights.has('differs')")


def test_on_a_phone_one_output_can_be_chosen(begin):
    page = begin({"text": "Write a poem."}, (LEFT, RIGHT), WIDTHS["narrow"])
    page.get_by_label("B", exact=True).first.check()
    expect(page.locator("[data-side=a]")).to_be_hidden()
    expect(page.locator("[data-side=b]")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_no_rendering_makes_the_page_scroll_sideways(begin, width):
    page = begin(
        {
            "code": "x" * 3_000,
            "json": json.dumps({"a" * 200: ["b" * 900]}),
            "chat": json.dumps([{"role": "user" * 50, "content": "c" * 900}]),
            "table": "\n".join([",".join(f"column{n}" for n in range(40))] * 3),
            "markdown": f"# {'d' * 300}\n\n`{'e' * 300}`",
        },
        (LEFT * 2, "f" * 900),
        width,
    )
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
    assert (
        page.evaluate(
            "(item => item.scrollWidth - item.clientWidth)(document.querySelector('.item'))"
        )
        <= 0
    )


def test_hidden_characters_can_be_switched_off_and_copy_as_they_are(begin):
    page = begin({"text": "a\u202eb"})
    code = page.get_by_text("⟨U+202E⟩")
    expect(code).to_be_visible()
    page.get_by_label("Hidden characters").uncheck()
    expect(code).to_be_hidden()
    copied = (
        "getSelection().selectAllChildren(document.querySelector('.text')), getSelection() + ''"
    )
    assert page.evaluate(copied) == "a\u202eb"


def test_the_item_scrolls_by_keyboard_while_the_questions_keep_the_focus(begin):
    page = begin({"text": "Hello.\n" * 400})
    top = "document.querySelector('.item').scrollTop"
    page.keyboard.press("j")
    wait_until(page, f"{top} > 300")
    page.keyboard.press("k")
    wait_until(page, f"{top} === 0")
    page.keyboard.press("1")
    expect(page.get_by_label("Refund")).to_be_checked()


def test_outputs_beside_each_other_scroll_first_and_on_a_phone_the_page_does(begin):
    page = begin({"text": "Write a poem."}, (LEFT, RIGHT))
    page.keyboard.press("j")
    for side in "ab":
        wait_until(page, f"document.querySelector('[data-side={side}] .side').scrollTop > 300")
    page.set_viewport_size({"width": WIDTHS["narrow"], "height": 800})
    page.keyboard.press("j")
    wait_until(page, "scrollY > 300")


def test_a_gap_in_the_rubric_is_told_by_a_key_about_the_question_with_the_focus(begin, ann):
    page = begin({"text": "Hello"})
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog", name="A gap in the rubric")
    expect(dialog.get_by_label("What does the rubric not say?")).to_be_focused()
    page.keyboard.type("Vouchers are nowhere.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("Sent.")
    told = Question.objects.get()
    assert (told.kind, told.criterion, told.text) == ("gap", "topic", "Vouchers are nowhere.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-answers]")).to_be_visible()


def test_a_question_that_was_not_sent_is_there_again_and_goes_out_after_the_next_log_in(
    begin, ann, context
):
    page = begin({"text": "Hello"})
    page.keyboard.press("a")
    written = page.get_by_role("dialog").get_by_label("Question")
    expect(written).to_be_focused()
    page.keyboard.type("Does 1 count?")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(written).to_have_value("Does 1 count?")

    context.clear_cookies(name="sessionid")
    page.get_by_role("dialog").get_by_role("button", name="Ask").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("session has ended")
    log_in_in_another_tab(context, ann)
    page.get_by_role("dialog").get_by_role("button", name="Ask").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Sent.")
    assert Question.objects.get().text == "Does 1 count?"
    assert (
        page.evaluate("Object.keys(localStorage).filter((name) => name.includes('-quest'))") == []
    )


def test_somebody_asks_without_leaving_the_page(begin, ann):
    page = begin({"text": "Hello"})
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Ask about this item")
    expect(dialog).to_be_visible()
    page.keyboard.type("Does 1 count?")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("Sent.")
    assert Question.objects.get().text == "Does 1 count?"
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    page.keyboard.press("1")
    expect(page.get_by_label("Refund")).to_be_checked()
