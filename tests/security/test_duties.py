"""Nobody vouches for their own work, and nobody acts as somebody else by accident (A7, A14)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import Adjudication, AuditEvent, Membership, Project
from maintenance.models import CaseNote, Override
from tests.factories import make_member, make_project
from tests.labeling.makers import hold, make_adjudicator, make_dispute, pass_as_work_of
from tests.maintenance.makers import make_case, make_release
from tests.security.test_route_table import client_of

pytestmark = pytest.mark.django_db

RULINGS = {"rulings": {"topic": {"value": "refund", "cause": "slip", "rationale": "Money."}}}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
OWN_BACKEND = "labeling.sessions.PersonBackend"


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.mark.parametrize("part", ["by", "registered_by"])
def test_a14_whoever_planned_a_release_or_registered_its_candidate_grants_no_override(
    project, part
):
    both = make_member(project, "engineer", "admin")
    release = make_release(project, **{part: both})
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    answer = client_of(both).post(
        f"/api/v1/releases/{release.uid}/overrides/",
        {"reason": "trust me", "expires_at": until},
        "application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "conflict_of_interest")
    assert not Override.objects.exists()
    assert AuditEvent.objects.filter(verb="refused_override", member=both).exists()


def test_a14_nobody_adjudicates_what_they_have_annotated(call):
    task = make_dispute()
    member = make_adjudicator(task.queue.project)
    token = hold(member).claim_token
    pass_as_work_of(member, task)
    address = f"/api/v1/dispute-claims/{token}/adjudicate/"
    answer = call(member, "adjudicate").post(address, RULINGS, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "conflict_of_interest")
    assert not Adjudication.objects.exists()


class TestTwoPeopleInOneBrowser:
    """A7: the form was opened by one of them and is sent by the other."""

    NOTE = "I have asked the vendor <b>twice</b>."

    @pytest.fixture
    def browser(self) -> Client:
        return Client(enforce_csrf_checks=True)

    @pytest.fixture
    def page(self, project) -> str:
        return make_case(project).get_absolute_url()

    def opened(self, browser: Client, page: str, member: Membership) -> dict[str, str]:
        browser.force_login(member.user, backend=OWN_BACKEND)
        return {"csrfmiddlewaretoken": TOKEN.findall(browser.get(page).text)[0], "text": self.NOTE}

    def log_in(self, browser: Client, member: Membership) -> None:
        """By the page: the browser's token is another one from then on."""
        member.user.set_password("a long and lonely word")
        member.user.save()
        token = TOKEN.findall(browser.get("/login/").text)
        form = {
            "csrfmiddlewaretoken": token[0],
            "username": member.user.email,
            "password": "a long and lonely word",
        }
        assert browser.post("/login/", form).status_code == 302

    def test_whoever_opened_the_form_sends_it(self, browser, project, page):
        form = self.opened(browser, page, make_member(project, "lead"))
        assert browser.post(f"{page}notes/", form).status_code == 302
        assert CaseNote.objects.get().text == self.NOTE

    def test_whoever_logged_in_since_stores_nothing_and_loses_nothing(self, browser, project, page):
        form = self.opened(browser, page, make_member(project, "lead"))
        assert browser.post("/logout/", form).status_code == 302
        self.log_in(browser, make_member(project, "lead"))
        answer = browser.post(f"{page}notes/", form)
        assert answer.status_code == 409
        assert "I have asked the vendor &lt;b&gt;twice&lt;/b&gt;." in answer.text
        assert form["csrfmiddlewaretoken"] not in answer.text
        told = browser.post(f"{page}notes/", form, headers={"Accept": "application/json"})
        assert (told.status_code, told.json()["code"]) == (409, "user_changed")
        assert not CaseNote.objects.exists()
