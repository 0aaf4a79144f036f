"""Every page of a project, wide and narrow: accessible, and inside its window."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.security.growth import grow
from tests.security.visits import pages
from tests.security.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (1280, 390)
HEIGHT = 844
#: Pages that once were left out because nothing was there to be shown on them.
NEVER_LEFT_OUT = {
    *("sets", "set", "versions", "version", "gate", "gate_new", "verdict", "signals", "signal"),
    *("cases", "case", "case_new", "releases", "release", "release_new", "plan", "record"),
}
#: Fewer pages than these would mean that most were not there to look at.
FEWEST = 40


def test_every_page_can_be_read_and_reached_on_a_desk_and_on_a_phone(page, log_in):
    world = make_world("first")
    grow(world, 2)
    log_in(world.everything)
    addresses = pages(world)
    problems: dict[tuple[str, int], list[Any]] = {}
    for name, path in addresses.items():
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            if found := [*violations(page), *overflow(page, width)]:
                problems[name, width] = found
    assert problems == {}
    assert len(addresses) > FEWEST
    assert NEVER_LEFT_OUT - set(addresses) == set()


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["target"], len(one["nodes"])) for one in found]


def overflow(page: Page, width: int) -> list[str]:
    reached = page.evaluate("document.documentElement.scrollWidth")
    return [f"reaches {reached}"] if reached > width else []
