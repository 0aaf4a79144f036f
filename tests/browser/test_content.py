"""Hostile texts in a real browser: nothing runs, nothing is fetched, all can be read (A25)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request

from labeling.models import Item
from tests.security.content import PAYLOADS, write_everywhere
from tests.security.growth import grow
from tests.security.visits import pages, visits
from tests.security.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Writes down what the policy stops, and what would run, before anything of the page does.
WATCH = """
window.seen = [];
addEventListener("securitypolicyviolation", event => seen.push("policy: " + event.blockedURI));
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => seen.push("ran " + name);
"""


@pytest.fixture
def watched(page: Page, live_server) -> tuple[Page, list[str]]:
    """A page, and all it asked of anybody else."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(live_server.url):
            asked.append(request.url)

    page.on("request", note)
    page.on("dialog", lambda dialog: asked.append(f"a dialog: {dialog.message}"))
    page.add_init_script(WATCH)
    return page, asked


def test_no_text_runs_or_fetches_anything_on_any_page(watched, log_in):
    page, asked = watched
    world = make_world("first")
    grow(world, 2)
    write_everywhere(PAYLOADS)
    log_in(world.everything)
    wrong = {}
    for name, path in pages(world).items():
        page.goto(path)
        if seen := page.evaluate("window.seen"):
            wrong[name] = seen
    assert wrong == {}
    assert asked == []


def test_a_hostile_text_can_be_read_as_it_is(watched, log_in):
    page, _asked = watched
    world = make_world("first")
    Item.objects.update(content={"text": "\n".join(PAYLOADS)})
    log_in(world.everything)
    page.goto(visits(world)["judge"])
    shown = page.locator("main").inner_text()
    assert [text for text in PAYLOADS if text not in shown] == []
