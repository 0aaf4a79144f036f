"""Rankings, spans and corrections on the judging page, by keyboard and by mouse."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Draft, Task
from labeling.services.adjudications import reveal
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests.browser.sitting import wait_until_ready
from tests.browser.test_kinds import hand_in, stored, type_keys
from tests.browser.test_pages_are_accessible import WIDTHS, overflow, violations
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
)
from tests.labeling.makers import hold, make_adjudicator, mended, places, ranked, span
from tests.security.content import DECEPTIVE, PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OUTPUTS = ["Sorry, your parcel is late.", "It is late.", "Please wait two days for it."]
#: An astral character, a letter with a mark of its own, and a family joined of several people.
TEXT = "😀 Ann met Zoe\u0308 👩‍👩‍👧 in Lima."

#: Select the last characters of the text, as a mouse would, and wait until the page was told.
SELECT_LAST = """(count) => {
  const told = new Promise((done) => {
    document.addEventListener("selectionchange", () => setTimeout(done), { once: true });
  });
  const walker = document.createTreeWalker(document.querySelector("[data-text] .text"), 4);
  let last = null;
  while (walker.nextNode()) last = walker.currentNode;
  getSelection().setBaseAndExtent(last, last.length - count, last, last.length);
  return told;
}"""
#: Notes what would have run, before anything of the page does.
WATCH = (
    "for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => (window.ran = name);"
)


@pytest.fixture
def judge(page, log_in):
    """Open the judging page on two items of a text, with these questions asked."""

    def begin(text, *criteria, outputs=()):
        ann = make_annotator(make_project("shop"))
        version = make_rubric_version(ann.project, list(criteria))
        items = make_items(ann.project, 2, content={"text": text})
        make_queue(ann.project, items, overlap=1, version=version)
        Task.objects.update(outputs=list(outputs))
        log_in(ann)
        page.add_init_script(WATCH)
        page.goto("/p/shop/judge/")
        page.keyboard.press("Enter")
        expect(page.locator("[data-criterion][data-given]").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        wait_until_ready(page)
        return page

    return begin


def state_of(page, key):
    return page.locator(f'[data-criterion="{key}"] [data-state]')


def test_outputs_are_ranked_by_digits_and_moved_by_arrows(judge):
    page = judge("Where is it?", ranked(3), outputs=OUTPUTS)

    # given two outputs placed, the last one has the last place
    type_keys(page, "2", "1")
    expect(state_of(page, "order")).to_have_text("B > A > C")
    # then the one that was touched last moves on
    type_keys(page, "ArrowRight")
    expect(state_of(page, "order")).to_have_text("B > C > A")
    hand_in(page)
    # and the next item begins with nothing placed
    expect(state_of(page, "order")).to_have_text("")
    page.locator('[data-output="c"]').click()
    page.locator('[data-output="a"]').click()
    hand_in(page)

    assert len(stored()) == 2


def test_outputs_share_a_place_where_they_may(judge):
    page = judge("Where is it?", ranked(3, ties=True))
    type_keys(page, "3", "1", "=", "2")
    expect(state_of(page, "order")).to_have_text("A = C > B")
    with page.expect_response("**/draft/"):
        type_keys(page, "2", "2")
    assert Draft.objects.get().answers == {"order": '["a=c","b"]'}

    page.evaluate("localStorage.clear()")
    page.reload()
    expect(state_of(page, "order")).to_have_text("A = C > B")
    type_keys(page, "0")
    expect(state_of(page, "order")).to_have_text("Cannot tell")
    type_keys(page, "2", "1", "3")
    hand_in(page)

    assert stored() == [{"order": '["b","a","c"]'}]


def test_words_are_marked_by_keyboard_and_counted_in_code_points(judge):
    page = judge(TEXT, places("person", "city"))

    # Ann; then Zoë, of two words' length taken back to one; then Lima with its full stop
    type_keys(page, "ArrowRight", "1")
    expect(state_of(page, "places")).to_have_text("Person: Ann")
    type_keys(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft", "1")
    type_keys(page, "ArrowRight", "ArrowRight", "Control+Shift+ArrowRight", "2")
    expect(state_of(page, "places")).to_have_text("Person: Ann, Person: Zoe\u0308, City: Lima.")
    hand_in(page)

    places_of = {word: TEXT.index(word) for word in ("Ann", "Zoe\u0308", "Lima.")}
    expected = [
        span(start, start + len(word), "city" if word == "Lima." else "person")
        for word, start in places_of.items()
    ]
    assert json.loads(stored()[0]["places"]) == expected


def test_hostile_and_hidden_characters_neither_run_nor_move_a_place(judge):
    text = "\r\n".join([*PAYLOADS, *DECEPTIVE, "in Lima"])
    page = judge(
        text, places("city"), ranked(3), mended(field="text"), outputs=[text + one for one in "abc"]
    )
    page.evaluate(SELECT_LAST, len("Lima"))
    type_keys(page, "1")
    expect(state_of(page, "places")).to_have_text("City: Lima")
    type_keys(page, "ArrowDown", "1", "2", "ArrowDown", "1")
    hand_in(page)

    kept = stored()[0]
    assert json.loads(kept["places"]) == [span(len(text) - 4, len(text))]
    assert kept["mended"] == "[unchanged]"
    assert page.evaluate("window.ran") is None


def test_a_text_from_right_to_left_is_walked_as_it_is_read(judge):
    page = judge("مرحبا يا دبي", places("city"))
    type_keys(page, "ArrowLeft", "ArrowLeft", "ArrowLeft", "1")
    expect(state_of(page, "places")).to_have_text("City: دبي")
    hand_in(page)
    assert json.loads(stored()[0]["places"]) == [span(9, 12)]


def test_spans_are_marked_with_the_mouse_and_removed_again(judge):
    page = judge("Ann met Bob in Lima.", places("person", "city"))
    surface = page.locator("[data-text] .text")
    surface.dblclick(position={"x": 30, "y": 22})
    page.get_by_role("button", name="Person").click()
    expect(state_of(page, "places")).to_have_text("Person: Ann")

    # nothing else may be said of the same words
    page.get_by_role("group", name="Text to mark").focus()
    type_keys(page, "ArrowLeft", "2")
    expect(page.get_by_text("Spans may not overlap here.")).to_be_visible()

    page.get_by_role("button", name="Remove: Person, Ann").click()
    expect(state_of(page, "places")).to_have_text("")
    type_keys(page, "3")
    expect(state_of(page, "places")).to_have_text("Nothing to mark")
    hand_in(page)
    assert stored() == [{"places": "[]"}]


def test_the_questions_can_be_read_and_reached_on_a_desk_and_on_a_phone(judge):
    kinds = [ranked(3, ties=True), places("person", "city"), mended(field="text")]
    page = judge(TEXT, *kinds, outputs=OUTPUTS)
    type_keys(page, "2", "1", "ArrowDown", "ArrowRight", "1", "ArrowDown", "3")
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found[scheme, width] = [*violations(page), *overflow(page, width)]
    assert [one for one in found.items() if one[1]] == []


def test_an_output_is_mended_or_left_as_it_is(judge):
    page = judge("Where is it?", mended(), outputs=["It is layt."])

    # given the output as it is, nothing has been answered yet
    type_keys(page, "Enter")
    expect(page.get_by_role("alert")).to_contain_text("Answer this first")
    type_keys(page, "2")
    page.keyboard.press("Control+a")
    page.keyboard.type("It is late.")
    page.keyboard.press("Escape")
    expect(state_of(page, "mended")).to_have_text("corrected")
    type_keys(page, "3")
    expect(page.locator("[data-changed] del")).to_have_text("layt")
    expect(page.locator("[data-changed] ins")).to_have_text("late")
    hand_in(page)
    type_keys(page, "1")
    hand_in(page)

    assert stored() == [{"mended": "It is late."}, {"mended": "[unchanged]"}]


def test_an_adjudicator_takes_spans_over_and_changes_them(page, log_in):
    project = make_project("shop")
    version = make_rubric_version(project, [places()])
    items = make_items(project, 1, content={"text": "Ann in Lima."})
    queue = make_queue(project, items, overlap=2, version=version)
    for mark in ("7-11 city", "0-3 person"):
        lease = claim(queue, make_annotator(project))
        submit(lease.annotator, lease.token, Payload({"places": mark}), at=timezone.now())
    decider = make_adjudicator(project)
    task = hold(decider)
    reveal(decider, task.claim_token, {"places": "[]"}, at=timezone.now())
    log_in(decider)
    page.goto("/p/shop/adjudicate/")
    wait_until_ready(page)
    marks = page.locator("[data-marks] li")
    theirs = page.locator("label.option", has_text="City: Lima").locator("input")

    # given one annotator's spans taken over, they stand in the text
    theirs.check()
    expect(marks).to_have_text(["City: Lima Remove"])
    # when one more is marked, they are the adjudicator's own
    page.get_by_role("group", name="Text to mark").focus()
    type_keys(page, "ArrowRight", "2")

    expect(marks).to_have_text(["Person: Ann Remove", "City: Lima Remove"])
    expect(theirs).not_to_be_checked()
