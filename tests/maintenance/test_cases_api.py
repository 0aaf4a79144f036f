"""Cases for programs."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from labeling.models import AuditEvent, Project
from maintenance.models import Case, CaseLink, RetrainingDecision
from maintenance.serializers.cases import (
    AddNote,
    ChangeCase,
    CloseCase,
    DecideRetraining,
    LinkRow,
    OpenCase,
    ReopenCase,
    TriageCase,
)
from maintenance.services.cases import case_for_alert, close_case, link, triage
from tests.factories import make_member, make_project, make_queue, make_sample
from tests.maintenance.makers import (
    make_alert,
    make_case,
    make_monitor,
    make_release,
    make_signal,
)

pytestmark = pytest.mark.django_db
CASES = "/api/v1/projects/support/cases/"
#: Columns of rows that no program sets (A18).
UNSETTABLE = [
    *("id", "pk", "uid", "created_at", "user", "project", "role", "status", "number", "opened_by"),
    *("opened_at", "closed_by", "closed_at", "cause_why", "is_staff", "decided_by", "supersedes"),
]


@pytest.fixture
def project() -> Project:
    return make_project("support")


@pytest.fixture
def lead(project):
    return make_member(project, "lead")


@pytest.fixture
def program(lead, call) -> APIClient:
    return call(lead, "manage")


@pytest.fixture
def case(project):
    return make_case(project)


def at(case, part=""):
    return f"/api/v1/cases/{case.uid}/{part}"


def post(program, address, **asked):
    return program.post(address, asked, format="json")


def test_a_case_is_opened_and_read(program, lead):
    made = post(
        program, CASES, title="Slow", kind="incident", owner=str(lead.uid), due="2026-12-01"
    )
    assert made.status_code == 201
    read = program.get(f"/api/v1/cases/{made.json()['uid']}/").json()
    assert (read["number"], read["kind"], read["owner"]) == (1, "incident", str(lead.uid))
    assert (read["links"], read["alerts"], read["decisions"]) == ([], [], [])


def test_cases_are_listed_by_what_is_asked(program, project, lead):
    late = make_case(project, "Late", due=date(2026, 1, 2))
    mine = make_case(project, "Mine", owner=lead)
    gone = close_case(make_case(project, "Gone", due=date(2026, 1, 2)), "Done.", by=lead)

    def uids(**asked):
        return {row["uid"] for row in program.get(CASES, asked).json()["results"]}

    assert uids() == {str(row.uid) for row in (late, mine, gone)}
    assert uids(open="true") == {str(late.uid), str(mine.uid)}
    assert uids(open="false") == {str(gone.uid)}
    assert uids(owner="me") == {str(mine.uid)}
    assert uids(overdue="true") == {str(late.uid)}


@pytest.mark.parametrize(
    "asked", [{"open": "maybe"}, {"owner": "you"}, {"overdue": "false"}, {"sort": "due"}]
)
def test_a_filter_that_is_not_known_is_named(program, asked):
    response = program.get(CASES, asked)
    assert response.status_code == 400
    assert next(iter(asked)) in str(response.json())


def test_a_case_is_worked_to_its_closing_and_back(program, case, project):
    sample = make_sample(project)
    assert program.patch(at(case), {"due": "2026-12-01"}, format="json").status_code == 200
    steps = [
        ("triage/", {"cause": "drift", "why": "New words."}, 200),
        ("notes/", {"text": "I ask the vendor."}, 201),
        ("links/", {"kind": "sample", "uid": str(sample.uid)}, 201),
        ("decisions/", {"answer": "wait", "ground": "review", "reasons": "Too early."}, 201),
        ("closing/", {"effect": "It recovered."}, 200),
        ("reopening/", {"why": "It came back."}, 200),
    ]
    for part, asked, status in steps:
        assert post(program, at(case, part), **asked).status_code == status, part
    verbs = AuditEvent.objects.about(case).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "opened_case",
        "changed_case",
        "triaged_case",
        "noted_case",
        "linked_case",
        "closed_case",
        "reopened_case",
    ]


def test_a_link_goes_and_the_row_stays(program, case, project, lead):
    made = link(case, make_sample(project), by=lead)
    assert program.delete(f"/api/v1/case-links/{made.uid}/").status_code == 204
    assert not CaseLink.objects.exists()
    assert project.samples.count() == 1
    assert program.delete(f"/api/v1/case-links/{made.uid}/").status_code == 404


def test_what_a_ground_lacks_is_said_in_words(program, case):
    asked = {"answer": "retrain", "ground": "deviation", "reasons": "It is worse."}
    response = post(program, at(case, "decisions/"), **asked)
    assert response.status_code == 400
    assert "at least one alert, verdict or evaluation" in response.json()["fields"]["evidence"][0]
    assert not RetrainingDecision.objects.exists()


def test_a_decision_cites_an_alert(program, project):
    alert = make_alert(make_monitor(make_signal(project)))
    case = case_for_alert(alert)
    asked = {"answer": "retrain", "ground": "deviation", "reasons": "It is worse."}
    cited = [{"kind": "alert", "uid": str(alert.uid)}]
    response = post(program, at(case, "decisions/"), evidence=cited, **asked)
    assert response.status_code == 201
    assert response.json()["evidence"][0]["text"] == alert.sentence


def test_an_alert_without_a_case_gets_one(program, project, lead):
    alert = make_alert(make_monitor(make_signal(project)))
    response = program.post(f"/api/v1/alerts/{alert.uid}/case/")
    assert response.json()["uid"] == str(Case.objects.get().uid)
    assert AuditEvent.objects.get(verb="opened_case").member == lead


def test_closing_over_a_release_and_working_on_a_closed_case_conflict(program, case, project):
    make_release(project, case=case)
    refused = post(program, at(case, "closing/"), effect="Done.")
    assert (refused.status_code, refused.json()["code"]) == (409, "release_under_way")
    closed = close_case(make_case(project), "Done.", by=None)
    refused = post(program, at(closed, "notes/"), text="Once more.")
    assert (refused.status_code, refused.json()["code"]) == (409, "case_closed")
    refused = post(program, at(case, "reopening/"), why="Why not.")
    assert (refused.status_code, refused.json()["code"]) == (409, "case_open")


def test_the_strip_tells_steps_and_the_next_one(program, case, project, lead):
    triage(case, "drift", "New words.", by=lead)
    link(case, make_queue(project), by=lead)
    told = program.get(at(case, "strip/")).json()
    states = {step["key"]: step["state"] for step in told["steps"]}
    assert (states["triage"], states["sample"], states["judge"]) == ("done", "done", "now")
    assert told["next"]["label"] == "See the queue"


def test_the_strip_of_a_closed_case_asks_for_nothing(program, case):
    close_case(case, "Done.", by=None)
    assert program.get(at(case, "strip/")).json()["next"] is None


def test_the_timeline_is_paged_newest_first(program, case, lead):
    for number in range(4):
        post(program, at(case, "notes/"), text=f"Note {number}")
    first = program.get(at(case, "timeline/"), {"page_size": 3}).json()
    assert [row["text"] for row in first["results"]] == ["Note 3", "Note 2", "Note 1"]
    rest = program.get(first["next"]).json()["results"]
    assert [row["verb"] for row in rest] == ["noted_case", "opened_case"]


# who may


@pytest.mark.parametrize("scopes", [["read"], ["items"], ["evaluate"]])
def test_a_token_does_no_more_than_its_scopes(lead, case, scopes, call):
    program = call(lead, *scopes)
    expected = 403 if scopes == ["read"] else 404
    assert post(program, at(case, "notes/"), text="Hello").status_code == expected
    assert program.get(at(case)).status_code == (200 if scopes == ["read"] else 404)


def test_a_viewer_reads_and_changes_nothing(project, case, call):
    program = call(make_member(project, "viewer"), "read", "manage")
    assert program.get(at(case, "timeline/")).status_code == 200
    assert post(program, at(case, "notes/"), text="Hello").status_code == 403


def test_an_admin_does_not_decide(project, case, call):
    program = call(make_member(project, "admin"), "manage")
    asked = {"answer": "wait", "ground": "review", "reasons": "Too early."}
    assert post(program, at(case, "decisions/"), **asked).status_code == 403


def test_an_admin_links_only_what_they_may_see(project, case, call):
    sample = make_sample(project)
    program = call(make_member(project, "admin"), "manage")
    response = post(program, at(case, "links/"), kind="sample", uid=str(sample.uid))
    assert (response.status_code, response.json()["code"]) == (400, "invalid_reference")


# other projects (A11, A12)


def test_cases_of_another_project_do_not_exist(call, case):
    stranger = make_member(make_project(), "lead")
    program = call(stranger, "manage")
    link_made = link(case, make_sample(case.project), by=None)
    parts = ["", "timeline/", "strip/"]
    assert {program.get(at(case, part)).status_code for part in parts} == {404}
    acts = ["triage/", "notes/", "links/", "decisions/", "closing/", "reopening/"]
    assert {post(program, at(case, act)).status_code for act in acts} == {404}
    assert program.patch(at(case), {"title": "Mine"}, format="json").status_code == 404
    assert program.delete(f"/api/v1/case-links/{link_made.uid}/").status_code == 404


def test_a_row_of_another_project_answers_like_one_that_is_not_there(program, case):
    other = make_project()
    alert = make_alert(make_monitor(make_signal(other)))
    foreign = {
        "links/": lambda uid: {"kind": "sample", "uid": uid},
        "decisions/": lambda uid: {
            "answer": "retrain",
            "ground": "deviation",
            "reasons": "Why.",
            "evidence": [{"kind": "alert", "uid": uid}],
        },
    }
    rows = {"links/": make_sample(other), "decisions/": alert}
    for part, asked in foreign.items():
        answers = [
            post(program, at(case, part), **asked(str(uid))).json()
            for uid in (rows[part].uid, uuid4())
        ]
        for answer in answers:
            answer.pop("request_id")
        assert answers[0] == answers[1]
        assert answers[0]["code"] == "invalid_reference"
    assert program.post(f"/api/v1/alerts/{alert.uid}/case/").status_code == 404


def test_an_owner_of_another_project_is_none(program, case):
    stranger = make_member(make_project(), "lead")
    for owner in (str(stranger.uid), str(uuid4())):
        response = program.patch(at(case), {"owner": owner}, format="json")
        assert response.status_code == 400
        assert response.json()["code"] == "invalid_reference"
    case.refresh_from_db()
    assert case.owner is None


# A18


@pytest.mark.parametrize(
    ("part", "serializer"),
    [
        ("triage/", TriageCase),
        ("notes/", AddNote),
        ("links/", LinkRow),
        ("decisions/", DecideRetraining),
        ("closing/", CloseCase),
        ("reopening/", ReopenCase),
        ("", ChangeCase),
        (None, OpenCase),
    ],
)
def test_fields_that_nobody_sets_are_refused(program, case, part, serializer):
    columns = {
        field.name for model in (Case, CaseLink, RetrainingDecision) for field in model._meta.fields
    }
    known = set(serializer().fields)
    address = CASES if part is None else at(case, part)
    for name in sorted((columns | set(UNSETTABLE)) - known):
        send = program.patch if part == "" else program.post
        response = send(address, {name: "1"}, format="json")
        assert response.status_code == 400, name
        assert name in response.json()["fields"], name
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == ["opened_case"]
