"""The pages of cases: the list, the page where the loop is worked, and the strip elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluation.models import ModelVersion
from labeling.models import AuditEvent, Project
from maintenance.models import Case, CaseLink, RetrainingDecision
from maintenance.services.cases import case_for_alert, close_case, link, triage
from tests.evaluation.makers import make_version
from tests.factories import make_items, make_member, make_project, make_queue, make_sample
from tests.maintenance.makers import (
    make_alert,
    make_case,
    make_monitor,
    make_release,
    make_signal,
)
from tests.security.content import PAYLOADS, Structure, unescaped

pytestmark = pytest.mark.django_db
CASES = "/p/support/cases/"


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def lead(project):
    return make_member(project, "lead")


@pytest.fixture
def case(project):
    return make_case(project)


def url(case, act=""):
    return f"{case.get_absolute_url()}{act}"


# the list


def test_open_cases_show_step_due_and_owner_and_say_what_is_overdue(project, lead, browse):
    late = make_case(project, "Late", owner=lead, due=date(2026, 1, 2))
    triage(late, "drift", "Why.", by=lead)
    make_case(project, "Closed one") and close_case(
        Case.objects.get(title="Closed one"), "It went away.", by=lead
    )
    page = browse(lead).get(CASES).content.decode()
    assert "Late" in page
    assert "overdue" in page
    assert "Sample" in page
    assert "Closed one" not in page
    closed = browse(lead).get(f"{CASES}?tab=closed").content.decode()
    assert "It went away." in closed
    assert "Late" not in closed


def test_an_alert_without_a_case_gets_one_with_one_click(project, lead, browse):
    alert = make_alert(make_monitor(make_signal(project)))
    browser = browse(lead)
    assert alert.sentence in browser.get(CASES).content.decode()
    response = browser.post(f"/p/support/alerts/{alert.uid}/case/")
    case = Case.objects.get()
    assert response.url == case.get_absolute_url()
    assert AuditEvent.objects.about(case).get().member == lead
    assert "no open case" not in browser.get(CASES).content.decode()


def test_an_alert_over_a_closed_case_is_seen_again(project, lead, browse):
    close_case(case_for_alert(make_alert(make_monitor(make_signal(project)))), "Done.", by=lead)
    assert "See the closed case" in browse(lead).get(CASES).content.decode()


def test_whoever_may_only_see_finds_no_forms(project, case, browse):
    make_alert(make_monitor(make_signal(project)))
    browser = browse(make_member(project, "viewer"))
    for address in (CASES, url(case)):
        page = browser.get(address).content.decode()
        assert 'method="post"' not in page.split("<main")[1]
    assert browser.get(f"{CASES}new/").status_code == 403
    assert browser.post(url(case, "triage/"), {}).status_code == 403


def test_an_annotator_finds_no_cases(project, case, browse):
    browser = browse(make_member(project, "annotator"))
    assert browser.get(CASES).status_code == 404
    assert browser.get(url(case)).status_code == 404


# intake


def test_an_incident_is_opened_with_owner_and_due_date(lead, browse):
    asked = {
        "title": "Refunds go wrong",
        "about": "Three customers.",
        "owner": str(lead.uid),
        "due": "2026-12-01",
        "incident": "on",
    }
    response = browse(lead).post(f"{CASES}new/", asked)
    case = Case.objects.get()
    assert response.url == case.get_absolute_url()
    assert (case.kind, case.owner, case.due) == ("incident", lead, date(2026, 12, 1))


def test_what_is_missing_is_said_and_what_was_typed_stays(lead, browse):
    response = browse(lead).post(f"{CASES}new/", {"title": "", "about": "Half a thought"})
    assert response.status_code == 400
    assert "Half a thought" in response.content.decode()
    assert not Case.objects.exists()


# the page of a case


def test_the_page_says_where_the_case_stands_and_what_comes_next(project, lead, browse):
    part = project.slices.create(name="German chat", conditions=[])
    alert = make_alert(make_monitor(make_signal(project), slice=part))
    case = triage(case_for_alert(alert), "drift", "New words.", by=lead)
    page = browse(lead).get(url(case)).content.decode()
    assert alert.sentence in page
    assert "New words." in page
    assert f"/p/support/samples/new/?slice=German+chat&amp;case={case.uid}" in page


def test_a_case_is_worked_from_triage_to_its_closing(project, lead, case, browse):
    browser = browse(lead)
    sample = make_sample(project)
    posts = [
        ("triage/", {"cause": "drift", "why": "New words."}),
        ("notes/", {"text": "I ask the vendor."}),
        ("links/", {"kind": "sample", "uid": str(sample.uid)}),
        ("change/", {"title": "Better words", "owner": str(lead.uid), "due": "2026-12-01"}),
        ("decide/", {"answer": "wait", "ground": "review", "reasons": "Too early."}),
        ("close/", {"effect": "It recovered by itself."}),
        ("reopen/", {"why": "It came back."}),
    ]
    for act, asked in posts:
        assert browser.post(url(case, act), asked).status_code == 302, act
    page = browser.get(url(case)).content.decode()
    for text in ("New words.", "I ask the vendor.", "Better words", "Too early.", "It came back."):
        assert text in page


def test_a_link_is_taken_out_with_one_click(project, lead, case, browse):
    made = link(case, make_sample(project), by=lead)
    response = browse(lead).post(f"/p/support/case-links/{made.uid}/remove/")
    assert response.url == f"{case.get_absolute_url()}#rows"
    assert not CaseLink.objects.exists()


def test_the_newest_rows_that_do_not_belong_are_offered(project, lead, case, browse):
    ours, other = make_sample(project, name="Ours"), make_sample(project, name="Another")
    link(case, ours, by=lead)
    offered = browse(lead).get(url(case)).context["offers"]
    assert [one.uid for one in offered if one.kind == "sample"] == [other.uid]


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        ("triage/", {"cause": "drift", "why": " "}),
        ("notes/", {"text": ""}),
        ("change/", {"title": ""}),
        ("decide/", {"answer": "retrain", "ground": "deviation", "reasons": "It is worse."}),
        ("close/", {"effect": ""}),
    ],
)
def test_what_is_refused_is_said_on_the_page_and_changes_nothing(lead, case, act, asked, browse):
    response = browse(lead).post(url(case, act), asked)
    assert response.status_code == 400
    assert "to mend before this can be saved" in response.content.decode()
    assert list(AuditEvent.objects.about(case).values_list("verb", flat=True)) == ["opened_case"]


def test_a_case_is_not_closed_over_its_release_and_says_so(project, lead, case, browse):
    release = make_release(project, case=case)
    response = browse(lead).post(url(case, "close/"), {"effect": "Done."})
    assert response.status_code == 409
    assert f"The release of {release.candidate} is still under way" in response.content.decode()


def test_a_decision_to_retrain_cites_what_belongs_to_the_case(project, lead, browse):
    alert = make_alert(make_monitor(make_signal(project)))
    case = case_for_alert(alert)
    stranger = make_alert(make_monitor(make_signal(make_project())))
    asked = {"answer": "retrain", "ground": "deviation", "reasons": "It is worse."}
    browser = browse(lead)
    foreign = {**asked, "evidence": [f"alert:{stranger.uid}"]}
    assert browser.post(url(case, "decide/"), foreign).status_code == 400
    own = {**asked, "evidence": [f"alert:{alert.uid}"]}
    assert browser.post(url(case, "decide/"), own).status_code == 302
    assert RetrainingDecision.objects.get().evidence[0]["uid"] == str(alert.uid)


def test_an_admin_works_on_a_case_but_does_not_decide(project, case, browse):
    browser = browse(make_member(project, "admin"))
    assert browser.post(url(case, "notes/"), {"text": "Seen."}).status_code == 302
    assert browser.post(url(case, "decide/"), {}).status_code == 403


@pytest.mark.parametrize("kind", ["sample", "verdict", "membership", ""])
def test_what_cannot_be_linked_is_refused(lead, case, kind, browse):
    other = make_sample(make_project())
    for uid in (str(other.uid), "no uid"):
        response = browse(lead).post(url(case, "links/"), {"kind": kind, "uid": uid})
        assert response.status_code == 400
    assert not CaseLink.objects.exists()


def test_cases_of_another_project_do_not_exist(case, browse):
    stranger = make_member(make_project(), "lead")
    other = make_case(stranger.project)
    browser = browse(stranger)
    base = f"/p/{stranger.project.slug}/cases/{case.uid}/"
    assert browser.get(base).status_code == 404
    for act in ("triage/", "notes/", "links/", "change/", "decide/", "close/", "reopen/"):
        assert browser.post(base + act, {}).status_code == 404
    assert browser.get(other.get_absolute_url()).status_code == 200


def test_forms_from_elsewhere_change_nothing(lead, case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead.user, backend="labeling.sessions.PersonBackend")
    for act in ("triage/", "notes/", "links/", "change/", "decide/", "close/", "reopen/"):
        assert client.post(url(case, act), {"text": "x"}).status_code == 403
    assert AuditEvent.objects.about(case).count() == 1


def test_hostile_texts_are_shown_as_they_are_written(project, lead, browse):
    whole = " ".join(PAYLOADS)[:9000]
    case = make_case(project, PAYLOADS[0][:200], about=whole, by=lead)
    browser = browse(lead)
    browser.post(url(case, "notes/"), {"text": whole})
    browser.post(url(case, "triage/"), {"cause": "model", "why": whole})
    decided = {"answer": "wait", "ground": "review", "reasons": whole}
    browser.post(url(case, "decide/"), decided)
    addresses = [CASES, url(case), f"/p/support/samples/?case={case.uid}"]
    browser_pages = [browser.get(address).content.decode() for address in addresses]
    browser.post(url(case, "close/"), {"effect": whole})
    browser_pages += [
        browser.get(address).content.decode() for address in (f"{CASES}?tab=closed", url(case))
    ]
    for page in browser_pages:
        found = Structure()
        found.feed(page)
        assert found.found == []
        assert unescaped(page, PAYLOADS) == []


# the strip elsewhere


def test_a_page_opened_from_a_case_shows_its_strip(project, lead, case, browse):
    queue = make_queue(project, make_items(project, 2))
    link(case, queue, by=lead)
    page = browse(lead).get(f"{queue.get_absolute_url()}?case={case.uid}").content.decode()
    assert f"{case.title}" in page
    assert "0 of 4 judged" in page
    without = browse(lead).get(queue.get_absolute_url()).content.decode()
    assert "case-strip" not in without


@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_a_case_that_is_none_shows_nothing(project, lead, asked, browse):
    response = browse(lead).get("/p/support/samples/", {"case": asked})
    assert response.status_code == 200
    assert "case-strip" not in response.content.decode()


def test_the_strip_of_another_projects_case_is_not_shown(project, lead, browse):
    other = make_case()
    page = browse(lead).get(f"/p/support/samples/?case={other.uid}").content.decode()
    assert "case-strip" not in page
    annotator = make_member(project, "annotator")
    page = browse(annotator).get(f"/me/?case={make_case(project).uid}").content.decode()
    assert "case-strip" not in page


def test_the_strip_costs_the_same_however_much_belongs_to_the_case(project, lead, case, browse):
    browser = browse(lead)
    address = f"/p/support/samples/?case={case.uid}"

    def grow():
        release = make_release(project, case=case)
        type(release).objects.update(state="given_up", ended_at=datetime(2026, 9, 1, tzinfo=UTC))
        link(case, make_queue(project), by=lead)
        make_alert(make_monitor(make_signal(project)), case=case)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    grow()
    few = queries()
    grow()
    grow()
    assert queries() == few


# what is made on the way


def test_what_is_made_on_a_page_of_the_case_belongs_to_it(project, lead, case, browse):
    make_items(project, 5)
    asked = {"name": "Autumn", "size": "3", "allocation": "proportional"}
    response = browse(lead).post(f"/p/support/samples/new/?case={case.uid}", asked)
    sample = project.samples.get()
    assert response.url == f"/p/support/samples/{sample.uid}/?case={case.uid}"
    made = CaseLink.objects.get()
    assert (made.case, made.sample, made.linked_by) == (case, sample, lead)


def test_a_version_registered_for_a_case_belongs_to_it(project, case, browse):
    engineer = make_member(project, "engineer")
    browse(engineer).post(f"/p/support/versions/new/?case={case.uid}", {"name": "v2"})
    assert CaseLink.objects.get().model_version == ModelVersion.objects.get(name="v2")


def test_what_is_made_for_a_closed_or_foreign_case_is_linked_to_none(project, lead, browse):
    closed = close_case(make_case(project), "Done.", by=lead)
    make_items(project, 5)
    asked = {"name": "Autumn", "size": "3", "allocation": "proportional"}
    for case in (closed, make_case()):
        response = browse(lead).post(f"/p/support/samples/new/?case={case.uid}", asked)
        assert response.status_code == 302
    assert not CaseLink.objects.exists()


def test_moving_something_that_is_there_links_nothing(project, lead, case, browse):
    version = make_version(project)
    queue = make_queue(project)
    browser = browse(lead)
    browser.post(f"{queue.get_absolute_url()}move/?case={case.uid}", {"move": "pause"})
    assert not CaseLink.objects.exists()
    assert version.state == "candidate"
