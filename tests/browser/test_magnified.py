"""The judging page at 200 %: the page zoomed, and the text alone; and under a thumb."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Annotation, Task
from tests.browser.conftest import answered_in_full
from tests.browser.sitting import log_in_in_another_tab, wait_until_ready
from tests.browser.test_pages_are_accessible import overflow, violations
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    make_taxonomy,
    topic,
)
from tests.labeling.makers import hold, make_adjudicator, places

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCALE = {
    "key": "tone",
    "kind": "ordinal",
    "prompt": "How does it sound?",
    "options": [
        {"key": str(n), "label": name, "description": "As somebody would say who minds."}
        for n, name in enumerate(["Unbearable", "Rude", "Indifferent", "Kind", "Wholehearted"], 1)
    ],
}
TEXT = "Donaudampfschifffahrtsgesellschaftskapitänsmütze, please. " * 4
ANSWERS = {"topic": "Refund", "tone": "Kind", "intent": "Other", "places": "Nothing to mark"}
#: A window of 1280 by 800 pixels at 200 % is laid out like one of 640 by 400.
VIEWS = {
    "zoomed": (640, 400, 16),
    "large-text": (1280, 800, 32),
    "large-text-on-a-phone": (390, 844, 32),
}
#: What is not shown in full and cannot be scrolled to.
CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  if (!one.checkVisibility()) return false;
  if (one.closest(".visually-hidden, svg, textarea, select")) return false;
  const style = getComputedStyle(one);
  const hides = (flow) => ["hidden", "clip"].includes(flow);
  const wide = hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
  const high = hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
  return wide || high;
}).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
#: What has the focus begins above the bar of buttons, and below the top of the window.
IN_SIGHT = """() => {
  const top = document.activeElement.getBoundingClientRect().top;
  const bar = document.querySelector(".act").getBoundingClientRect();
  return top >= -1 && top < (bar.bottom > innerHeight + 1 ? innerHeight : bar.top) - 20;
}"""
SMALL = """() => [...document.querySelectorAll(
  "a, button, summary, select, textarea, input:not([type=hidden]), label.option, label.choice"
)].filter((one) => one.checkVisibility()).map((one) => {
  const { width, height } = (one.closest("label") ?? one).getBoundingClientRect();
  return [one.textContent.trim() || one.name, Math.round(width), Math.round(height)];
}).filter(([, width, height]) => width < 44 || height < 44)"""


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def asked(project):
    """A task with a question of each shape, and two outputs to compare."""
    tree = make_taxonomy(project, [("money", None), ("refund", "money"), ("other", None)])
    intent = {"key": "intent", "kind": "taxonomy", "prompt": "Intent?", "taxonomy": tree}
    criteria = [topic(), SCALE, intent, places() | {"required": False}]
    version = make_rubric_version(project, criteria, guidance="Read *all* of it.")
    queue = make_queue(project, make_items(project, 2, content={"text": TEXT}), version=version)
    Task.objects.update(outputs=["It is late. " * 40, "It is lost. " * 40])
    return queue


def magnify(page: Page, width: int, height: int, size: int) -> None:
    """Lay the page out as its reader's browser would, the size of their letters included."""
    page.set_viewport_size({"width": width, "height": height})
    sizes = {"standard": size, "fixed": size * 13 // 16}
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})


def problems(page: Page, width: int) -> list[Any]:
    """What is wider than the window, or is not shown in full."""
    return [*overflow(page, width), *page.evaluate(CUT)]


def open_judging(page: Page) -> None:
    page.goto("/p/shop/judge/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What is it about?")).to_be_visible()
    wait_until_ready(page)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_at_200_percent_nothing_is_cut_and_all_of_the_form_is_reached(view, asked, page, log_in):
    log_in(make_annotator(asked.project))
    magnify(page, *view)
    open_judging(page)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == f"{view[2] * 15 // 16}px"
    assert problems(page, view[0]) == []
    questions = page.locator("[data-criterion]").count()
    for _ in range(questions):
        page.keyboard.press("ArrowDown")
        assert page.evaluate(IN_SIGHT), page.evaluate("document.activeElement.outerHTML")[:200]
        page.keyboard.press("Escape")  # out of the line that labels are searched in
    for key, name in ANSWERS.items():
        page.locator(f'[data-criterion="{key}"] .option', has_text=name).click()
    page.get_by_role("button", name="Submit and next").click()
    expect(page.locator("[data-today]")).to_have_text("1 today")
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_at_200_percent_the_dialogs_can_be_read_and_left(view, asked, page, log_in):
    log_in(make_annotator(asked.project))
    magnify(page, *view)
    open_judging(page)
    page.keyboard.press("Escape")
    found = {}
    for opener in ("[data-open=keys]", "[data-act=skip]", "[data-act=ask]", "[data-act=gap]"):
        page.locator(opener).click()
        expect(page.locator("dialog[open]")).to_be_visible()
        found[opener] = problems(page, view[0])
        page.locator("dialog[open] :is([data-close], [data-cancel])").first.click()
        expect(page.locator("dialog[open]")).to_have_count(0)
    assert [one for one in found.items() if one[1]] == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_at_200_percent_a_dispute_can_be_decided(view, asked, page, log_in):
    task = asked.tasks.order_by("pk")[0]
    for chosen in ("refund", "delivery"):
        make_annotation(task, answers={"topic": chosen, "tone": "1", "intent": "other"})
    Task.objects.filter(pk=task.pk).update(state="disputed")
    decider = make_adjudicator(asked.project)
    held = hold(decider)
    assert held.claim_token
    magnify(page, *view)
    log_in(decider)
    page.goto("/p/shop/adjudicate/")
    wait_until_ready(page)
    assert problems(page, view[0]) == []
    for question in page.locator("#answers fieldset[data-criterion]").all():
        question.locator(".option").first.click()
    page.get_by_role("button", name="Show the answers").click()
    expect(page.get_by_text("What the annotators answered")).to_be_visible()
    assert problems(page, view[0]) == []


@pytest.fixture
def phone(chromium, live_server):
    shape = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = chromium.new_context(base_url=live_server.url, **shape)
    with answered_in_full():
        yield context
        context.close()


def test_under_a_thumb_everything_is_large_enough_and_no_keyboard_comes_up(asked, phone):
    log_in_in_another_tab(phone, make_annotator(asked.project))
    page = phone.new_page()
    page.goto("/p/shop/judge/")
    page.get_by_role("button", name="Continue").tap()
    expect(page.get_by_text("What is it about?")).to_be_visible()
    wait_until_ready(page)
    assert page.evaluate(SMALL) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-criterion="intent"]')).to_be_focused()
    for key, name in ANSWERS.items():
        page.locator(f'[data-criterion="{key}"] .option', has_text=name).tap()
    assert violations(page) == []
    page.get_by_role("button", name="Submit and next").tap()
    expect(page.locator("[data-today]")).to_have_text("1 today")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.activeElement.matches('fieldset')")
