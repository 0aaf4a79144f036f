"""Labels of a taxonomy are found by typing, in few keys, among many."""

from __future__ import annotations

import statistics

import pytest
from playwright.sync_api import expect

from labeling.models import TaxonomyVersion
from tests.bench.picker_keys import asking, judge, labeled_like_clinc, shortest_ways
from tests.browser.sitting import answer_by_keyboard, stored, wait_until_ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NODES = [
    {"key": "money", "parent": None, "label": "Money"},
    {"key": "refund", "parent": "money", "label": "Refund", "synonyms": ["Chargeback"]},
    {"key": "m-17", "parent": "money", "label": "Charged twice", "description": "One order."},
    {"key": "app", "parent": None, "label": "App"},
    {"key": "cafe", "parent": "app", "label": "Café finder"},
    {"key": "old", "parent": "app", "label": "Fax refund", "deprecated": True},
]


@pytest.fixture
def begin(page, log_in):
    """Open the judging page of a project's one annotator."""

    def open_page(project):
        log_in(project.memberships.get())
        page.goto(f"/p/{project.slug}/judge/")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#answers")).to_be_visible()
        expect(page.get_by_role("searchbox")).to_be_focused()
        wait_until_ready(page)
        return page

    return open_page


@pytest.fixture
def picking(begin):
    return begin(asking("shop", {"kind": "taxonomy", "nodes": NODES}, 3))


def found(page):
    return [
        row.strip()
        for row in page.locator("[data-words]:not([hidden]) .label").all_text_contents()
        if row.strip()
    ]


FOUND_BY = {
    "ref": ["Refund"],  # how it begins
    "tw": ["Charged twice"],  # a later word
    "ct": ["Charged twice"],  # initials
    "ch": ["Charged twice", "Refund"],  # a label before a synonym
    "m-1": ["Charged twice"],  # code
    "order": ["Charged twice"],  # definition
    "cafe": ["Café finder"],  # without the accent
    "mon": ["Money", "Refund", "Charged twice"],  # branch
}


def test_a_label_is_found_by_all_that_is_known_of_it(picking):
    said = picking.locator("[data-hits]")
    for typed, labels in FOUND_BY.items():
        picking.keyboard.type(typed)
        assert found(picking) == labels
        expect(said).to_contain_text(f"Labels found: {len(labels)} · {labels[0]}")
        picking.keyboard.press("Escape")


def test_a_deprecated_label_is_not_offered(picking):
    picking.keyboard.type("fax")

    assert found(picking) == []
    expect(picking.locator("[data-hits]")).to_contain_text("No label fits")


def test_the_list_is_walked_and_left_by_keys(picking):
    picking.keyboard.type("mon")
    for key in ("End", "ArrowUp", "Home", "ArrowDown"):
        picking.keyboard.press(key)
    expect(picking.locator("[data-marked] .label")).to_have_text("Refund")

    picking.keyboard.press("Escape")
    assert len(found(picking)) == 5
    picking.keyboard.type("twice")
    picking.keyboard.press("Enter")
    answer_by_keyboard(picking, "Enter")

    assert stored() == [("m-17",)]


def test_a_synonym_that_was_typed_stands_beside_the_label(picking):
    picking.keyboard.type("charge")

    refund = picking.locator("[data-words] .label", has_text="Refund")
    printed = refund.evaluate("(label) => getComputedStyle(label, '::after').content")
    assert printed == '" (Chargeback)"'


def test_one_of_150_labels_takes_five_keys(begin, shared_data, monkeypatch):
    monkeypatch.setenv("FETTLE_TEST_DATA", str(shared_data))
    project, labels = labeled_like_clinc()
    page = begin(project)

    ways = shortest_ways(page, labels)
    typed = list(labels)[::15]
    for key in typed:
        judge(page, ways[key])

    assert statistics.median(map(len, ways.values())) <= 5
    assert stored() == [(key,) for key in typed]


def test_a_thousand_labels_are_all_there_and_narrow_at_once(begin):
    nodes = [{"key": f"n{n}", "parent": None, "label": f"Label {n}"} for n in range(1_000)]
    page = begin(asking("many", {"kind": "taxonomy", "nodes": nodes}, 3))

    page.keyboard.type("la 998")
    assert found(page) == ["Label 998"]
    page.keyboard.press("Enter")
    answer_by_keyboard(page, "Enter")

    assert stored() == [("n998",)]
    assert len(TaxonomyVersion.objects.get().nodes) == 1_000
