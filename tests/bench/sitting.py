"""How long after the key that submits the next item is on the screen, in a real browser.

One annotator judges by keyboard with 100,000 tasks waiting. Times are the browser's own: from the
event of the key to the first frame that shows another item. With ``FETTLE_BENCH_TRACE`` set to a
file, the sitting is recorded there for the browser's performance tools.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.annotate import PORT, filled, logged_in, served
from tests.bench.harness import Row, within
from tests.bench.picker_keys import chromium
from tests.bench.scratch import scratch_database

TASKS = 100_000
ITEMS = 50
LIMIT = 50.0  # milliseconds wanted, in the median
WIDTHS = (1280, 390)
PAUSE = 400  # milliseconds for which the quickest reader looks at an item

# The first frame after the change is drawn before a task that is queued in it.
WATCH = """
window.visible = [];
let pressed = 0;
const token = () => document.querySelector("[data-answers]")?.dataset.token;
addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  pressed = event.timeStamp;
  const before = token();
  const look = () => {
    if (token() === before) return requestAnimationFrame(look);
    const drawn = new MessageChannel();
    drawn.port1.onmessage = () => window.visible.push(performance.now() - pressed);
    drawn.port2.postMessage("");
  };
  requestAnimationFrame(look);
}, true);"""


def run() -> Iterator[Row]:
    """The rows of this benchmark."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("Set DATABASE_URL to a PostgreSQL server.")
    with scratch_database():
        from labeling.services.queues import analyze

        queue = filled("sitting", len(WIDTHS), TASKS)
        analyze()
        with served("maintenance.wsgi", PORT):
            for person, width in zip(logged_in(queue), WIDTHS, strict=True):
                times = sat_through(queue.project.slug, person, width)
                yield from told(f"{ITEMS} items at {width} px, {TASKS} tasks", times)


def told(name: str, times: list[float]) -> Iterator[Row]:
    yield within(f"{name}, next visible, median", statistics.median(times), "ms", LIMIT)
    yield Row(f"{name}, next visible, p95", statistics.quantiles(times, n=20)[18], "ms")


def sat_through(project: str, person: dict[str, Any], width: int) -> list[float]:
    """Judge the items by digit and Enter; the milliseconds until each next one was drawn."""
    address = f"http://127.0.0.1:{PORT}"
    with chromium() as browser:
        context = browser.new_context(viewport={"width": width, "height": 800})
        context.add_cookies(cookies_of(person, address))
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"{address}/p/{project}/judge/")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-answers]")
        begin_here(page)
        if trace := os.environ.get("FETTLE_BENCH_TRACE"):
            browser.start_tracing(page=page, path=Path(trace).with_suffix(f".{width}.json"))
        for number in range(ITEMS):
            page.wait_for_timeout(PAUSE)
            page.keyboard.press(str(number % 3 + 1))
            page.keyboard.press("Enter")
            while page.evaluate("visible.length") <= number:
                page.wait_for_timeout(10)
        times: list[float] = page.evaluate("visible")
        if trace:
            browser.stop_tracing()
    return times


def begin_here(page: Any) -> None:
    """The key that began the sitting is not one that submitted."""
    page.wait_for_timeout(1000)
    page.evaluate("visible.length = 0")


def cookies_of(person: dict[str, Any], address: str) -> list[dict[str, str]]:
    line = person["headers"].split("\r\n")[0].removeprefix("Cookie: ")
    pairs = (part.split("=", 1) for part in line.split("; "))
    return [{"name": name, "value": value, "url": address} for name, value in pairs]
