"""Adjudicating by keyboard, in a real browser: own keys, and everybody's marks in the text."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Adjudication, Item, Task
from labeling.services.adjudications import reveal
from tests.browser.sitting import wait_until_ready
from tests.browser.test_pages_are_accessible import WIDTHS, overflow, violations
from tests.factories import make_project, topic
from tests.labeling.makers import faults, hold, make_adjudicator, make_dispute, places, span
from tests.security.content import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def decider():
    return make_adjudicator(make_project("shop"))


@pytest.fixture
def begin(decider, page, log_in):
    """Open the page on the one dispute of the project."""

    def opened():
        log_in(decider)
        page.goto("/p/shop/adjudicate/")
        expect(page.locator("body[data-ready]")).to_be_attached()
        wait_until_ready(page)
        return page

    return opened


def test_a_dispute_is_decided_by_keyboard_only(decider, begin):
    explained = topic()
    explained["options"][0]["use_when"] = "Somebody asks for money."
    make_dispute(decider.project, criteria=[explained])
    hold(decider)
    page = begin()
    page.keyboard.press("i")
    expect(page.get_by_text("Somebody asks for money.")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Space")
    expect(page.get_by_text("What the annotators answered")).to_be_visible()
    expect(page.locator(".criterion.focused")).to_contain_text("What caused the dispute?")
    page.keyboard.press("2")
    page.keyboard.press("n")
    page.keyboard.type("It asks for money.")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("Decided.")).to_be_visible()
    expect(page.locator("body[data-ready]")).to_be_attached()
    made = Adjudication.objects.get().rulings.get()
    assert (made.value, made.rationale) == ("refund", "It asks for money.")
    page.keyboard.press("u")
    expect(page.locator("#answers")).to_be_visible()
    assert Task.objects.get().state == "disputed"


def test_chosen_keys_work_here_as_well_and_stand_on_the_sheet(decider, begin):
    make_dispute(decider.project)
    hold(decider)
    decider.user.judging_keys = {"park": "q", "reason": "r"}
    decider.user.save()
    page = begin()
    expect(page.locator("[data-act=park] > kbd")).to_have_text("Q")
    page.keyboard.press("?")
    row = page.locator(".key-sheet > div", has_text="Reason of a decision")
    expect(row.locator("kbd")).to_have_text("R")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.keyboard.press("q")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert Task.objects.get().claim_token is None


def test_space_ticks_a_box_that_has_the_focus(decider, begin):
    votes = [{"faults": '["late"]'}, {"faults": '["rude"]'}]
    make_dispute(decider.project, *votes, criteria=[faults()])
    hold(decider)
    page = begin()
    box = page.get_by_role("checkbox", name="Late")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(page.get_by_text("Decide blind first")).to_be_visible()


TEXT = f"Ann in Lima.\r\n{PAYLOADS[0]}\u202e!"


@pytest.fixture
def marked(decider):
    """Two annotators marked the text, differently; their adjudicator holds it."""
    votes = [
        [span(0, 6, "person")],
        [span(4, 11, "city"), span(12, len(TEXT), "person")],
    ]
    answers = [{"places": json.dumps(vote)} for vote in votes]
    task = make_dispute(decider.project, *answers, criteria=[places()])
    Item.objects.update(content={"text": TEXT})
    return task


def show_answers(decider):
    task = hold(decider)
    reveal(decider, task.claim_token, {"places": "[]"}, at=timezone.now())


def lines_under(page, text):
    """Under which lines the pieces of the marked text stand that begin with these words."""
    piece = page.locator(".drawn .marked", has_text=text).first
    return sorted(name for name in piece.get_attribute("class").split() if name[1:].isdigit())


def test_everybodys_marks_are_drawn_after_the_own_decision_and_not_before(decider, marked, begin):
    hold(decider)
    page = begin()
    expect(page.get_by_text("Decide blind first")).to_be_visible()
    expect(page.locator(".drawn, .marked, .tag")).to_have_count(0)
    show_answers(decider)
    page.reload()

    drawn = page.locator(".drawn")
    expect(drawn).to_be_visible()
    wait_until_ready(page)
    assert lines_under(page, "in") == ["v1", "v2"]
    tags = drawn.locator(".tag").all_inner_texts()
    assert sorted(tag[2:] for tag in tags) == ["City", "Person", "Person"]
    shown = drawn.locator(".text").evaluate(
        "(text) => [...text.querySelectorAll(':scope > span:not(.tag)')].map((one) => {"
        " const copy = one.cloneNode(true);"
        " copy.querySelectorAll('.control > span').forEach((code) => code.remove());"
        " return copy.textContent; }).join('')"
    )
    assert shown.replace("\n", "") == TEXT.replace("\r", "").replace("\n", "")


def test_the_marks_of_one_annotator_are_taken_away_by_a_box(decider, marked, begin):
    show_answers(decider)
    page = begin()
    first = page.locator(".drawn .tag.v1").first
    expect(first).to_be_visible()
    page.get_by_role("group", name="Whose marks are shown").get_by_label("A").uncheck()
    expect(first).to_be_hidden()
    expect(page.locator(".drawn .tag.v2").first).to_be_visible()
    line = "(one) => getComputedStyle(one).getPropertyValue('--l1')"
    assert page.locator(".drawn .marked.v1").first.evaluate(line) == "transparent"


def test_the_drawn_marks_can_be_read_and_reached_on_a_desk_and_on_a_phone(decider, marked, begin):
    show_answers(decider)
    page = begin()
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found[scheme, width] = [*violations(page), *overflow(page, width)]
    assert [one for one in found.items() if one[1]] == []
