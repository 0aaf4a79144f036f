"""On the demo, a new person of each role finds three named things in at most three clicks each."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from labeling.models import Membership
from maintenance.demo import people, traffic
from maintenance.services import demo
from tests.maintenance.small_demo import AT, make_small

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST = 3


class Visitor:
    """Somebody who begins at Today and counts their clicks."""

    def __init__(self, page: Page):
        self.page = page
        self.clicks = 0

    def begin(self) -> None:
        self.page.goto("/")
        self.clicks = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        assert self.clicks <= MOST
        target.first.click()

    def menu(self, *names: str) -> None:
        """Open one of the top bar's menus and choose an entry; an area of one page is a link."""
        area, *entry = names
        areas = self.page.get_by_role("navigation", name="Areas")
        link = areas.get_by_role("link", name=area, exact=True)
        self.click(link if not entry else areas.locator("summary", has_text=area))
        if entry:
            self.click(areas.get_by_role("link", name=entry[0], exact=True))

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.click(self.page.get_by_role("main").get_by_role("link", name=name))

    def press(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name))

    def open_me(self, entry: str) -> None:
        self.click(self.page.locator(".me summary"))
        self.click(self.page.locator(".me").get_by_text(entry))

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()


@pytest.fixture
def visit(page, log_in, monkeypatch):
    """In a demo with few items: `visit(person)` begins at that person's Today."""
    make_small(monkeypatch)
    monkeypatch.setattr(traffic, "CONVERSATIONS_A_WEEK", 25)
    monkeypatch.setattr(demo, "FIRST_SIZES", {"en": 12, "de": 4, "es": 2})
    demo.make_demo(at=AT)

    def begin(person: people.Person) -> Visitor:
        log_in(Membership.objects.get(user__email=person.email))
        visitor = Visitor(page)
        visitor.begin()
        return visitor

    return begin


def test_an_annotator_finds_the_next_item_their_progress_and_their_time_zone(visit):
    tomas = visit(people.BILINGUAL)
    tomas.follow("Continue")
    tomas.press("Continue")
    tomas.sees("What does the customer want?")
    expect(tomas.page.locator("[data-today]")).to_have_text("0 today")
    tomas.begin()
    tomas.open_me("My work and settings")
    expect(tomas.page.get_by_label("Time zone")).to_have_value("Europe/Madrid")


def test_an_adjudicator_finds_the_next_dispute_the_causes_and_the_way_out(visit):
    sami = visit(people.ADJUDICATOR)
    sami.follow("Adjudicate")
    sami.press("Continue")
    sami.sees("Decide blind first")
    for _ in range(sami.page.locator("#answers > .step fieldset").count()):
        sami.page.keyboard.press("0")
    sami.press("Show the answers")
    sami.sees("What caused the dispute?")
    sami.sees("The item is ambiguous")
    sami.begin()
    sami.open_me("Log out")
    expect(sami.page).to_have_url(re.compile("/login/"))


def test_a_lead_finds_alpha_the_disputes_and_the_published_rubric(visit):
    ruth = visit(people.LEAD)
    ruth.menu("Judging", "Queues")
    ruth.follow("see Weeks 1 to 4")
    ruth.sees(re.compile("Krippendorff.s alpha"))
    ruth.begin()
    ruth.menu("Judging", "Queues")
    ruth.click(ruth.page.get_by_role("row", name="Weeks 1 to 4").locator("a[href$='/disputes/']"))
    ruth.sees("waiting")
    ruth.begin()
    ruth.menu("Judging", "Rubrics")
    ruth.follow("version 1")
    ruth.sees("It never changes.")


def test_an_engineer_finds_refused_rows_the_export_and_the_jobs(visit):
    priya = visit(people.ENGINEER)
    priya.menu("Items", "Imports")
    priya.follow("support-log-week-6")
    priya.sees(re.compile("every item needs an id"))
    priya.begin()
    priya.menu("Project", "Exports")
    priya.follow("Export")
    priya.sees(re.compile("Adjudicated labels"))
    priya.begin()
    priya.menu("Project", "Jobs")
    priya.sees("Write export")


def test_an_admin_finds_where_to_invite_somebodys_roles_and_the_fields(visit):
    jonas = visit(people.ADMIN)
    jonas.menu("Judging")
    jonas.follow("Invite people")
    jonas.sees("Whom to invite")
    jonas.begin()
    jonas.menu("Judging")
    jonas.follow(people.STRICT.name)
    expect(jonas.page.get_by_role("checkbox", name=re.compile("Annotator"))).to_be_checked()
    jonas.begin()
    jonas.menu("Project", "Settings")
    jonas.sees("Shown to annotators")


def test_a_viewer_finds_the_overview_the_record_and_what_happened_to_an_item(visit):
    clara = visit(people.VIEWER)
    clara.menu("Project")
    clara.sees("annotations")
    clara.begin()
    clara.menu("Maintenance", "Record")
    clara.sees("wrote export")
    clara.begin()
    clara.menu("Items")
    clara.follow(re.compile("msg-"))
    clara.sees("History")
    clara.sees("support-log-week-6")
