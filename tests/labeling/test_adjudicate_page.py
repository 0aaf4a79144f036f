"""The Adjudicate page: blind first, then the answers, then the decision; and its doors."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Adjudication, Annotation, Answer, Reveal, Task
from labeling.reports.disputes import case_of, voices
from labeling.services.adjudications import claim_dispute
from tests.factories import make_annotator, make_member, make_project, make_user
from tests.labeling.makers import (
    TWO_QUESTIONS,
    expire,
    hold,
    make_adjudicator,
    make_dispute,
    pass_as_work_of,
)

pytestmark = pytest.mark.django_db

CHOICE = {"answer-topic": "=refund"}
DECISION = {**CHOICE, "cause-topic": "slip", "rationale-topic": "It asks for money."}


def url(task, end=""):
    return f"/p/{task.queue.project.slug}/adjudicate/{end}"


def page_of(client, task):
    """The page without what differs from request to request."""
    text = client.get(url(task)).content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', r"\1", text)


@pytest.fixture
def task():
    return make_dispute()


@pytest.fixture
def member(task):
    return make_adjudicator(task.queue.project)


@pytest.fixture
def client(browse, member):
    return browse(member)


class TestDoors:
    @pytest.mark.parametrize("role", ["annotator", "lead", "engineer", "viewer", "admin"])
    def test_other_roles_find_nothing_here(self, browse, task, role):
        client = browse(make_member(task.queue.project, role))
        for end in ("", f"{uuid4()}/reveal/", f"{uuid4()}/decide/", f"{uuid4()}/park/"):
            assert client.post(url(task, end), DECISION).status_code == 404
        assert client.get(url(task)).status_code == 404

    def test_strangers_are_asked_to_log_in(self, client, task):
        client.logout()
        assert client.get(url(task)).status_code == 302

    def test_people_of_other_projects_find_nothing(self, browse, task):
        client = browse(make_adjudicator(make_project()))
        assert client.get(url(task)).status_code == 404

    def test_looking_claims_nothing(self, client, task):
        assert "1 dispute waits" in client.get(url(task)).content.decode()
        assert Task.objects.get().claimed_by is None

    def test_an_annotator_of_the_item_is_offered_nothing(self, client, member, task):
        pass_as_work_of(member, task)
        client.post(url(task))
        assert "No disputes for you" in client.get(url(task)).content.decode()

    def test_an_annotator_of_the_item_does_not_reopen_it(self, client, member, task):
        pass_as_work_of(member, task)
        Task.objects.update(state="adjudicated")
        path = f"/p/{task.queue.project.slug}/tasks/{task.uid}/reopen/"
        assert client.post(path).status_code == 403
        assert Task.objects.get().claimed_by is None

    def test_a_task_of_another_project_is_like_none(self, client, task):
        foreign = make_dispute()
        slug = task.queue.project.slug
        for uid in (foreign.uid, uuid4()):
            assert client.post(f"/p/{slug}/tasks/{uid}/reopen/").status_code == 404
            assert client.post(f"/p/{slug}/adjudications/{uid}/undo/").status_code == 404
            assert client.get(f"/p/{slug}/adjudicate/?queue={uid}").status_code == 404
        assert client.get(f"/p/{slug}/adjudicate/?queue=nonsense").status_code == 404

    def test_somebody_elses_claim_is_refused(self, client, task):
        other = make_adjudicator(task.queue.project)
        token = hold(other).claim_token
        for end in ("reveal", "decide"):
            assert client.post(url(task, f"{token}/{end}/"), DECISION).status_code == 409
        client.post(url(task, f"{token}/park/"))
        assert Task.objects.get().claimed_by == other


class TestBlindness:
    def test_before_the_reveal_the_page_does_not_depend_on_the_answers(self, client, task, member):
        hold(member)
        before = page_of(client, task)
        for annotation, value in zip(
            task.annotations.all(), ["other", "delivery", "delivery"], strict=True
        ):
            Answer.objects.filter(annotation=annotation).update(value=value)
            Annotation.objects.filter(pk=annotation.pk).update(
                comment=f"I say {value}", submitted_at=timezone.now(), active_ms=9
            )
        after = page_of(client, task)
        expire(task)
        assert before == after

    def test_what_is_refused_blind_does_not_depend_on_the_answers(self, client, task, member):
        token = hold(member).claim_token
        answer = client.post(url(task, f"{token}/reveal/"), {"answer-topic": "=nonsense"})
        assert answer.status_code == 400
        assert "There is no such option." in answer.content.decode()
        assert not Reveal.objects.exists()

    def test_nobody_is_named_after_the_reveal(self, client, task, member):
        person = make_annotator(task.queue.project, user=make_user(name="Ada Lund"))
        pass_as_work_of(person, task)
        token = hold(member).claim_token
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        text = page_of(client, task)
        assert "What the annotators answered" in text
        assert "Ada Lund" not in text
        assert str(person.uid) not in text
        assert "majority" not in text.lower()

    def test_the_letters_stay_for_a_claim_and_change_with_the_next(self):
        case = case_of(make_dispute(None, *["refund", "delivery", "other"] * 2))
        tokens = [uuid4() for _ in range(5)]
        orders = {token: [one.answers["topic"] for one in voices(case, token)] for token in tokens}
        assert orders == {
            token: [one.answers["topic"] for one in voices(case, token)] for token in tokens
        }
        assert len({tuple(order) for order in orders.values()}) > 1
        assert [one.letter for one in voices(case, tokens[0])] == list("ABCDEF")

    def test_an_earlier_decision_is_not_preselected(self, client, task, member):
        token = hold(member).claim_token
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        client.post(url(task, f"{token}/decide/"), DECISION)
        client.post(f"/p/{task.queue.project.slug}/tasks/{task.uid}/reopen/")
        text = page_of(client, task)
        assert "What the annotators answered" in text
        assert "checked" not in text


class TestFlow:
    def test_a_dispute_is_claimed_decided_blind_revealed_and_settled(self, client, task, member):
        client.post(url(task))
        token = Task.objects.get().claim_token
        assert "Decide blind first" in page_of(client, task)
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        text = page_of(client, task)
        assert "Decide and next" in text
        assert text.count("checked") == 1
        answer = client.post(url(task, f"{token}/decide/"), DECISION)
        row = Adjudication.objects.get()
        assert (row.adjudicator, row.revealed, row.rulings.get().value) == (member, True, "refund")
        assert answer.url.endswith(f"?done={row.uid}")
        assert "Decided." in client.get(answer.url).content.decode()

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, client, task, member):
        token = hold(member).claim_token
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        answer = client.post(
            url(task, f"{token}/decide/"), {**CHOICE, "rationale-topic": "Kept text"}
        )
        assert answer.status_code == 400
        assert "Say what caused the dispute." in answer.content.decode()
        assert "Kept text" in answer.content.decode()

    def test_the_same_decision_sent_twice_is_answered_twice(self, client, task, member):
        token = hold(member).claim_token
        for _ in range(2):
            answer = client.post(url(task, f"{token}/decide/"), DECISION)
            assert answer.status_code == 302
        assert Adjudication.objects.count() == 1

    def test_another_decision_under_the_same_token_is_a_conflict(self, client, task, member):
        token = hold(member).claim_token
        client.post(url(task, f"{token}/decide/"), DECISION)
        changed = {**DECISION, "answer-topic": "=delivery"}
        assert client.post(url(task, f"{token}/decide/"), changed).status_code == 409

    def test_a_decision_is_taken_back(self, client, task, member):
        token = hold(member).claim_token
        client.post(url(task, f"{token}/decide/"), DECISION)
        row = Adjudication.objects.get()
        client.post(f"/p/{task.queue.project.slug}/adjudications/{row.uid}/undo/")
        assert Task.objects.get().state == "disputed"
        assert Task.objects.get().claimed_by == member

    def test_a_dispute_is_put_back(self, client, task, member):
        later = make_dispute(member.project)
        token = hold(member).claim_token
        client.post(url(task, f"{token}/park/"))
        assert Task.objects.get(claimed_by=member) == later

    def test_a_person_can_stay_in_one_queue(self, client, task, member):
        later = make_dispute(member.project)
        claim_dispute(member)
        text = client.get(f"{url(task)}?queue={later.queue.uid}").content.decode()
        assert "1 dispute waits" in text
        answer = client.post(url(task), {"queue": later.queue.uid})
        assert answer.url.endswith(f"?queue={later.queue.uid}")
        assert Task.objects.get(claimed_by=member) == later

    def test_what_was_agreed_is_shown_after_the_reveal_and_can_be_contested(self, client, member):
        votes = [{"topic": "refund", "urgent": "yes"}, {"topic": "delivery", "urgent": "yes"}]
        Task.objects.update(state="open")
        task = make_dispute(member.project, *votes, criteria=TWO_QUESTIONS)
        token = hold(member).claim_token
        assert "Is it urgent?" not in page_of(client, task)
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        assert "Is it urgent?" in page_of(client, task)
        sent = {**DECISION, "answer-urgent": "=no", "rationale-urgent": "No date."}
        client.post(url(task, f"{token}/decide/"), sent)
        assert set(Adjudication.objects.get().rulings.values_list("value", flat=True)) == {
            "refund",
            "no",
        }

    def test_the_page_takes_few_queries(self, client, task, member, django_assert_max_num_queries):
        token = hold(member).claim_token
        client.post(url(task, f"{token}/reveal/"), CHOICE)
        with django_assert_max_num_queries(22):
            client.get(url(task))
