"""Fifty items in one sitting, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from labeling.models import Annotation
from tests.browser.sitting import token
from tests.factories import make_annotator, make_items, make_project, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEMS = 50


@pytest.mark.parametrize("width", [1280, 390])
def test_fifty_items_are_judged_by_keyboard_without_a_page_load(width, page, log_in):
    ann = make_annotator(make_project("shop"))
    make_queue(ann.project, make_items(ann.project, ITEMS), overlap=1)
    log_in(ann)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/p/shop/judge/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What is it about?")).to_be_visible()
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.evaluate("window.neverLoadedAgain = true")

    given = [sit_through(page, number) for number in range(ITEMS)]

    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    expect(page.locator("[data-today]")).to_have_text(f"{ITEMS} today")
    assert page.evaluate("window.neverLoadedAgain")
    assert [url for url in loads if not url.endswith("/judge/")] == []
    rows = Annotation.objects.order_by("pk").values_list("answers__value", "task__item__content")
    assert [(value, content["text"]) for value, content in rows] == given


def sit_through(page, number):
    """Answer the item on the screen with a digit and Enter; what was given, and for which text."""
    key, value = [("1", "refund"), ("2", "delivery"), ("3", "other")][number % 3]
    shown, text = token(page), page.locator(".item .text").inner_text()
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-token="{shown}"]')).to_have_count(0)
    return value, text
