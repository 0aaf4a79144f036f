"""How many keys an item takes on the real judging page: a label among 150, a step of a scale."""

from __future__ import annotations

import json
import os
import shutil
import statistics
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.harness import Row, within
from tests.clinc import nodes_of

DATA, TREE = Path(__file__).parents[3] / "shared/data", "clinc_taxonomy.json"

KEYS_LIMIT, SCALE_LIMIT = 5.0, 2.0
CONFIRMING = ("Enter", "Enter")  # takes the label, hands in the item
BEGINNING = 5  # so many letters of a word are tried
ARROWS = 3  # further down nobody looks before typing another letter
FOUND = """
(queries) => {
  const search = document.querySelector("[data-picker] input[type=search]");
  const seen = queries.map((query) => {
    search.value = query;
    search.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const options = [...document.querySelectorAll("[data-words]:not([hidden]) input")];
    return options.slice(0, 10).map((option) => option.value.slice(1));
  });
  search.value = "";
  search.dispatchEvent(new InputEvent("input", { bubbles: true }));
  return seen;
}"""
OPENED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
FILTERED = """
(query) => {
  const search = document.querySelector("[data-picker] input[type=search]");
  const begun = performance.now();
  search.value = query;
  search.dispatchEvent(new InputEvent("input", { bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - begun;
}"""


def beginnings(label: str) -> list[str]:
    """What a hand types that knows a label: how it begins, how its words begin, its initials."""
    words = label.split()
    return [
        *(label[:size] for size in range(1, len(label) + 1)),
        *(word[:size] for word in words[1:] for size in range(1, BEGINNING)),
        "".join(word[0] for word in words),
    ]


def shortest_ways(page: Any, labels: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys of each label by its key: letters, arrows, and those that confirm."""
    queries = sorted({way for label in labels.values() for way in beginnings(label)})
    shown = dict(zip(queries, page.evaluate(FOUND, queries), strict=True))
    return {key: _shortest(key, beginnings(label), shown) for key, label in labels.items()}


def _shortest(key: str, ways: Iterable[str], shown: Mapping[str, list[str]]) -> list[str]:
    found = [
        [*way, *["ArrowDown"] * shown[way].index(key), *CONFIRMING]
        for way in ways
        if key in shown[way][: ARROWS + 1]
    ]
    return min(found, key=len)


def judge(page: Any, keys: Iterable[str]) -> None:
    """Press the keys, and wait for the next item and its acknowledgement."""
    token = page.locator("#answers").get_attribute("data-token")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function(
        """(token) => document.getElementById("answers")?.dataset.token !== token
           && document.querySelector("[data-saved]").dataset.state === "saved" """,
        arg=token,
    )


def run() -> Iterator[Row]:
    """These rows alone, on a server of their own."""
    from tests.bench.annotate import PORT, served
    from tests.bench.scratch import scratch_database

    with scratch_database(), served("maintenance.wsgi", PORT):
        yield from rows(PORT)


def rows(port: int) -> Iterator[Row]:
    """The rows of this part, from the server that answers at this port."""
    with chromium() as browser:
        project, labels = labeled_like_clinc()
        page = _judging(browser, port, project)
        ways = shortest_ways(page, labels)
        for way in ways.values():
            judge(page, way)
        assert _stored(project) == list(labels), "another label was stored than was typed"
        counts = sorted(len(way) for way in ways.values())
        yield within("keys per item, 150 labels", statistics.median(counts), "keys", KEYS_LIMIT)
        yield Row("keys per item, 150 labels, p90", statistics.quantiles(counts, n=10)[-1], "keys")
        yield _scale(browser, port)
        yield from _thousand(browser, port)
        yield _edited(browser, port)


def _scale(browser: Any, port: int) -> Row:
    """A digit and Enter; nothing else is pressed."""
    page, counts = _judging(browser, port, rated(10)), []
    for number in range(10):
        keys = [str(1 + number % 5), "Enter"]
        judge(page, keys)
        counts.append(len(keys))
    return within("keys per item, scale", statistics.median(counts), "keys", SCALE_LIMIT)


def _thousand(browser: Any, port: int) -> Iterator[Row]:
    """The page and one letter more, at a thousand labels."""
    page = _judging(browser, port, with_thousand_labels())
    page.reload()
    page.wait_for_function("document.activeElement.type === 'search'")
    yield Row("judging page opens, 1000 labels", page.evaluate(OPENED), "ms")
    spent = [page.evaluate(FILTERED, query) for query in ("l", "la", "lab", "9", "99", "998", "")]
    yield Row("one more letter, 1000 labels, median", statistics.median(spent), "ms")
    yield Row("one more letter, 1000 labels, worst", max(spent), "ms")


def _edited(browser: Any, port: int) -> Row:
    """The editor of a thousand labels, from the request to the last script."""
    from labeling.models import Taxonomy
    from labeling.services.taxonomy_drafts import start_draft
    from tests.factories import make_member

    taxonomy = Taxonomy.objects.filter(project__slug="keys-thousand").get()
    lead = make_member(taxonomy.project, "lead")
    draft = start_draft(taxonomy, by=lead)
    page = _page_of(browser, port, lead)
    spent = []
    for _ in range(5):
        page.goto(f"/p/{taxonomy.project.slug}/taxonomies/drafts/{draft.uid}/")
        spent.append(page.evaluate(OPENED))
    return Row("taxonomy editor opens, 1000 labels", statistics.median(spent), "ms")


def labeled_like_clinc() -> tuple[Any, dict[str, str]]:
    """A project whose queue asks for one of the labels of real traffic, and these labels."""
    tree = json.loads((Path(os.environ.get("FETTLE_TEST_DATA", DATA)) / TREE).read_text())
    nodes = nodes_of(tree)
    branches = {node["parent"] for node in nodes}
    labels = {str(row["key"]): str(row["label"]) for row in nodes if row["key"] not in branches}
    return asking("keys-labels", _taxonomy(nodes), len(labels) + 2), labels


def rated(items: int) -> Any:
    """A project whose queue asks for one of five steps."""
    steps = [{"key": str(step), "label": f"Step {step}"} for step in range(1, 6)]
    return asking("keys-scale", {"kind": "ordinal", "options": steps}, items + 2)


def with_thousand_labels() -> Any:
    """A project whose queue asks for one of a thousand labels in fifty branches."""
    nodes: list[dict[str, Any]] = [
        {"key": f"b{n}", "parent": None, "label": f"Branch {n}"} for n in range(50)
    ]
    nodes += [
        {"key": f"n{n}", "parent": f"b{n % 50}", "label": f"Label number {n}"} for n in range(950)
    ]
    return asking("keys-thousand", _taxonomy(nodes), 3)


def asking(slug: str, criterion: Mapping[str, Any], items: int) -> Any:
    """A project with one annotator and an open queue that asks one question."""
    from labeling.models import TaxonomyVersion
    from tests.factories import (
        make_annotator,
        make_items,
        make_project,
        make_queue,
        make_rubric_version,
        make_taxonomy,
    )

    project = make_project(slug)
    make_annotator(project)
    asked = {"key": "asked", "prompt": "What is it?", **criterion}
    if nodes := asked.pop("nodes", None):
        tree = make_taxonomy(project, [])
        TaxonomyVersion.objects.filter(pk=tree.pk).update(nodes=nodes)
        asked["taxonomy"] = tree
    version = make_rubric_version(project, [asked])
    make_queue(project, make_items(project, items), overlap=1, version=version)
    return project


def _taxonomy(nodes: list[Any]) -> dict[str, Any]:
    return {"kind": "taxonomy", "nodes": nodes}


def _stored(project: Any) -> list[str]:
    from labeling.models import Answer

    rows = Answer.objects.filter(annotation__task__queue__project=project)
    return list(rows.order_by("annotation_id").values_list("value", flat=True))


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's loop runs in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _judging(browser: Any, port: int, project: Any) -> Any:
    """The judging page of the project's one annotator, its first item begun."""
    page = _page_of(browser, port, project.memberships.get())
    page.goto(f"/p/{project.slug}/judge/")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answers")
    page.wait_for_timeout(500)  # the parts of the page that are fetched when they are needed
    return page


def _page_of(browser: Any, port: int, member: Any) -> Any:
    from tests.bench.annotate import session_of

    url = f"http://127.0.0.1:{port}"
    context = browser.new_context(base_url=url)
    cookie = {"name": "sessionid", "value": session_of(member), "url": url}
    context.add_cookies([cookie])
    return context.new_page()
