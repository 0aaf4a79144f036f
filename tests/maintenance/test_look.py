"""The style guide in a real browser: accessible, inside its window, within the security policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Page, Route

from tests.maintenance.samples import make_guide

pytestmark = pytest.mark.browser

KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
SITE = "http://fettle.test/"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
GUIDES = ["styleguide", "styleguide_judging"]


@pytest.fixture
def visit(chromium):
    """Open a guide under the security policy: `visit("styleguide", 390, "dark")`."""
    pages: list[Page] = []

    def go(guide: str, width: int = 1280, scheme: str = "light", language: str = "en") -> Page:
        viewport = {"width": width, "height": 844}
        page: Page = chromium.new_page(viewport=viewport, color_scheme=scheme)
        pages.append(page)
        html = draw(guide, language)
        page.route("**/*", lambda route: answer(route, html))
        page.goto(SITE)
        return page

    yield go
    for page in pages:
        page.close()


def draw(guide: str, language: str) -> str:
    request = RequestFactory().get("/p/support/queues/")
    with translation.override(language):
        return render_to_string(f"maintenance/{guide}.html", {**make_guide(), "request": request})


def answer(route: Route, html: str) -> None:
    path = route.request.url.removeprefix(SITE)
    if not path:
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
        route.fulfill(body=html, headers=headers)
    elif found := finders.find(path.removeprefix("static/")):
        route.fulfill(path=found, content_type=KINDS[Path(found).suffix])
    else:
        route.fulfill(status=404)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("guide", GUIDES)
def test_everything_can_be_read_and_reached(visit, guide, width, scheme):
    page = visit(guide, width, scheme)
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in violations] == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("guide", GUIDES)
def test_nothing_reaches_out_of_the_window(visit, guide, width, language):
    page = visit(guide, width, language=language)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_keeps_to_the_policy(visit):
    page = visit("styleguide")
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).position") == "sticky"
    assert page.evaluate("typeof htmx") == "object"
    assert page.locator("[style]").count() == 0


def test_a_chosen_theme_is_kept(visit):
    page = visit("styleguide", scheme="light")
    page.click(".me summary")
    page.click("[data-theme-choice=dark]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_menu_closes_on_escape_and_gives_the_focus_back(visit):
    page = visit("styleguide")
    page.click(".areas summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Judging"


def test_a_page_is_found_by_its_name_from_the_keyboard(visit):
    page = visit("styleguide")
    page.keyboard.press("Control+k")
    page.keyboard.type("peop")
    assert page.locator("#palette li:not([hidden])").all_inner_texts() == ["People\nJudging"]
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.pathname") == "/p/support/people/"
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#palette').open")


def test_a_confirmation_opens_over_the_page_and_lets_go(visit):
    page = visit("styleguide")
    page.click("[data-open=withdraw]")
    assert page.evaluate("document.querySelector('#withdraw').open")
    page.click("#withdraw [data-close]")
    assert not page.evaluate("document.querySelector('#withdraw').open")


def test_what_was_hidden_in_a_text_is_seen_but_not_copied(visit):
    page = visit("styleguide")
    copied = page.evaluate(
        "() => { const box = document.querySelector('bdi.text');"
        " getSelection().selectAllChildren(box); return getSelection().toString(); }"
    )
    assert "U+202E" in page.locator("bdi.text").inner_text()
    assert "U+202E" not in copied
    assert "\u202egnp.exe" in copied
