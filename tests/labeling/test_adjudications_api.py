"""Disputes, decisions and agreement over the API: doors, blindness, idempotency, pages."""

from __future__ import annotations

from uuid import uuid4

import pytest

from labeling.models import Adjudication, Answer, Task
from labeling.reports import agreement as report
from tests.factories import make_annotator, make_member, make_project, make_user
from tests.jobs import run_jobs
from tests.labeling.makers import (
    hold,
    make_adjudicator,
    make_dispute,
    pass_as_work_of,
)

pytestmark = pytest.mark.django_db

RULINGS = {"rulings": {"topic": {"value": "refund", "cause": "slip", "rationale": "Money."}}}


@pytest.fixture
def task():
    return make_dispute()


@pytest.fixture
def member(task):
    return make_adjudicator(task.queue.project)


@pytest.fixture
def program(call, member):
    return call(member, "adjudicate")


@pytest.fixture
def lead(task, call):
    return call(make_member(task.queue.project, "lead"), "read", "manage")


def claims(task):
    return f"/api/v1/projects/{task.queue.project.slug}/dispute-claims/"


def post(client, path, body=None):
    return client.post(path, body or {}, format="json")


class TestDeciding:
    def test_a_dispute_is_claimed_revealed_and_adjudicated(self, program, task, member):
        claim = post(program, claims(task)).json()
        assert claim["state"] == "claimed"
        assert (claim["voices"], claim["agreed"]) == (None, None)
        path = f"/api/v1/dispute-claims/{claim['token']}"
        seen = post(program, f"{path}/reveal/", {"answers": {"topic": "refund"}}).json()
        assert sorted(voice["answers"]["topic"] for voice in seen["voices"]) == [
            "delivery",
            "refund",
            "refund",
        ]
        row = post(program, f"{path}/adjudicate/", RULINGS)
        assert row.status_code == 200
        assert row.json()["rulings"][0]["value"] == "refund"
        assert Task.objects.get().state == "adjudicated"

    def test_the_claim_tells_nothing_of_the_answers(self, program, task):
        before = post(program, claims(task)).json()
        Answer.objects.filter(annotation__task=task, value="refund").update(value="other")
        after = post(program, claims(task)).json()
        del before["claimed_until"], after["claimed_until"]
        assert before == after

    def test_the_same_decision_is_answered_the_same_and_another_refused(self, program, task):
        path = f"/api/v1/dispute-claims/{post(program, claims(task)).json()['token']}/adjudicate/"
        first, again = post(program, path, RULINGS), post(program, path, RULINGS)
        assert first.json() == again.json()
        other = {"rulings": {"topic": {"value": "delivery"}}}
        assert post(program, path, other).json()["code"] == "idempotency_mismatch"
        assert Adjudication.objects.count() == 1

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"rulings": []},
            {"rulings": {"topic": "refund"}},
            {"rulings": {"topic": {"value": "refund", "by": "me"}}},
            {"rulings": {"topic": {"value": "nonsense"}}},
            {"rulings": {"topic": {"value": "refund", "cause": "boredom"}}},
            {"rulings": {}},
            {"rulings": {}, "surprise": 1},
        ],
    )
    def test_what_is_malformed_is_refused_and_changes_nothing(self, program, task, body):
        token = post(program, claims(task)).json()["token"]
        answer = post(program, f"/api/v1/dispute-claims/{token}/adjudicate/", body)
        assert answer.status_code == 400
        assert not Adjudication.objects.exists()

    def test_a_decision_is_taken_back_and_a_claim_put_back(self, program, task):
        token = post(program, claims(task)).json()["token"]
        row = post(program, f"/api/v1/dispute-claims/{token}/adjudicate/", RULINGS).json()
        again = post(program, f"/api/v1/adjudications/{row['uid']}/undo/").json()
        assert again["state"] == "claimed"
        path = f"/api/v1/dispute-claims/{again['token']}/release/"
        assert post(program, path).status_code == 204
        assert Task.objects.get().claimed_by is None

    def test_a_decided_task_is_reopened(self, program, task):
        token = post(program, claims(task)).json()["token"]
        post(program, f"/api/v1/dispute-claims/{token}/adjudicate/", RULINGS)
        answer = post(program, f"/api/v1/tasks/{task.uid}/reopen/")
        assert answer.json()["state"] == "claimed"


class TestDoors:
    def test_other_roles_and_scopes_find_no_claims(self, call, task, member):
        clients = [
            call(make_member(task.queue.project, role), "adjudicate", "read", "manage")
            for role in ("annotator", "lead", "engineer", "viewer", "admin")
        ]
        for client in [*clients, call(member, "read", "manage", "annotate")]:
            assert post(client, claims(task)).status_code == 404
            assert post(client, f"/api/v1/tasks/{task.uid}/reopen/").status_code == 404
        assert Task.objects.get().claimed_by is None

    def test_other_projects_find_nothing(self, call, task):
        stranger = call(make_adjudicator(make_project()), "adjudicate", "read")
        row = uuid4()
        for uid in (task.uid, row):
            assert post(stranger, f"/api/v1/tasks/{uid}/reopen/").status_code == 404
        for name in ("agreement", "disputes", "adjudications"):
            known = stranger.get(f"/api/v1/queues/{task.queue.uid}/{name}/")
            unknown = stranger.get(f"/api/v1/queues/{uuid4()}/{name}/")
            assert (known.status_code, unknown.status_code) == (404, 404)

    def test_a_foreign_and_an_unknown_token_are_one(self, program, task):
        token = hold(make_adjudicator(task.queue.project)).claim_token
        answers = [
            post(program, f"/api/v1/dispute-claims/{given}/{verb}/", body)
            for given in (token, uuid4())
            for verb, body in (("adjudicate", RULINGS), ("reveal", {"answers": {}}))
        ]
        assert {answer.status_code for answer in answers} == {409}
        assert len({(answer.json()["code"], answer.json()["message"]) for answer in answers}) == 1
        assert not Adjudication.objects.exists()

    def test_what_the_caller_annotated_is_not_reopened(self, program, task, member):
        pass_as_work_of(member, task)
        Task.objects.update(state="adjudicated")
        assert post(program, f"/api/v1/tasks/{task.uid}/reopen/").status_code == 403

    def test_a_queue_of_another_project_is_refused_like_an_unknown_one(self, program, task):
        foreign = make_dispute().queue.uid
        answers = [post(program, claims(task), {"queue": uid}) for uid in (foreign, uuid4())]
        assert [answer.status_code for answer in answers] == [400, 400]
        assert answers[0].json()["message"] == answers[1].json()["message"]

    @pytest.mark.parametrize("name", ["agreement", "disputes", "adjudications"])
    def test_reports_are_for_those_who_see_agreement(self, call, task, name):
        path = f"/api/v1/queues/{task.queue.uid}/{name}/"
        project = task.queue.project
        seen = {
            role: call(make_member(project, role), "read").get(path).status_code
            for role in ("lead", "engineer", "viewer", "annotator", "adjudicator", "admin")
        }
        assert seen == {
            "lead": 200,
            "engineer": 200,
            "viewer": 200,
            "annotator": 404,
            "adjudicator": 404,
            "admin": 404,
        }


class TestReports:
    def test_disputes_are_listed_with_how_the_answers_split(self, lead, task):
        (row,) = lead.get(f"/api/v1/queues/{task.queue.uid}/disputes/").json()["results"]
        assert row["task"] == str(task.uid)
        assert row["contested"] == [
            {
                "criterion": "topic",
                "votes": [{"value": "refund", "count": 2}, {"value": "delivery", "count": 1}],
            }
        ]

    def test_who_adjudicates_is_not_told_the_votes(self, call, task):
        both = call(make_member(task.queue.project, "lead", "adjudicator"), "read")
        (row,) = both.get(f"/api/v1/queues/{task.queue.uid}/disputes/").json()["results"]
        assert row["contested"] == [{"criterion": "topic", "votes": None}]

    def test_disputes_are_filtered(self, lead, task):
        path = f"/api/v1/queues/{task.queue.uid}/disputes/"
        assert len(lead.get(f"{path}?criterion=topic").json()["results"]) == 1
        assert lead.get(f"{path}?criterion=mood").json()["results"] == []
        assert lead.get(f"{path}?language=de").json()["results"] == []
        assert lead.get(f"{path}?colour=red").json()["code"] == "unknown_filter"

    def test_adjudications_are_listed_those_that_stand_if_asked(self, lead, program, task):
        token = post(program, claims(task)).json()["token"]
        row = post(program, f"/api/v1/dispute-claims/{token}/adjudicate/", RULINGS).json()
        post(program, f"/api/v1/adjudications/{row['uid']}/undo/")
        path = f"/api/v1/queues/{task.queue.uid}/adjudications/"
        assert len(lead.get(path).json()["results"]) == 2
        assert lead.get(f"{path}?current=true").json()["results"] == []
        assert len(lead.get(f"{path}?source=person&page_size=1").json()["results"]) == 1
        for wrong in ("current=maybe", "source=dice"):
            assert lead.get(f"{path}?{wrong}").status_code == 400

    def test_agreement_comes_with_intervals_and_a_sentence(self, lead, task):
        body = lead.get(f"/api/v1/queues/{task.queue.uid}/agreement/").json()
        assert body["live"] is True
        assert body["sentence"].startswith("Judge more before deciding anything")
        alpha = body["criteria"][0]["whole"]["alpha"]
        assert alpha["value"] is None
        assert alpha["reason"]

    def test_annotators_are_numbers_to_those_who_do_not_lead_them(self, call, lead, task):
        path = f"/api/v1/queues/{task.queue.uid}/agreement/"
        viewer = call(make_member(task.queue.project, "viewer"), "read")
        assert viewer.get(path).json()["people"] == ["1", "2", "3"]
        uids = {str(row.annotator.uid) for row in task.annotations.select_related("annotator")}
        assert set(lead.get(path).json()["people"]) == uids

    def test_a_large_queue_is_computed_by_a_job(self, call, lead, task, monkeypatch):
        monkeypatch.setattr(report, "LIVE_ANSWERS", 1)
        path = f"/api/v1/queues/{task.queue.uid}/agreement/"
        assert lead.get(path).json()["computed_at"] is None
        assert post(lead, path).status_code == 202
        run_jobs()
        assert lead.get(path).json()["computed_at"]
        viewer = call(make_member(task.queue.project, "viewer"), "read")
        assert post(viewer, path).status_code in {403, 404}


def test_names_and_addresses_are_nowhere_in_what_an_adjudicator_gets(program, task, member):
    ada = make_annotator(task.queue.project, user=make_user(name="Ada Lund"))
    pass_as_work_of(ada, task)
    token = post(program, claims(task)).json()["token"]
    path = f"/api/v1/dispute-claims/{token}/reveal/"
    text = post(program, path, {"answers": {"topic": "refund"}}).content.decode()
    assert "Ada Lund" not in text
    assert str(ada.uid) not in text
    assert ada.user.email not in text
