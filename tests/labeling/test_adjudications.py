"""Disputes: decided blind or with the answers seen, once, and taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Adjudication, AuditEvent, Reveal, Task
from labeling.reports.disputes import case_of
from labeling.services.adjudications import Decision, adjudicate, reopen, reveal, undo
from tests.factories import make_member, topic
from tests.labeling.makers import (
    TWO_QUESTIONS,
    decide,
    hold,
    make_adjudicator,
    make_dispute,
    pass_as_work_of,
)

pytestmark = pytest.mark.django_db


class TestDeciding:
    def test_a_decision_settles_the_task_and_is_on_record(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        ruling = row.rulings.get()
        assert (row.source, row.adjudicator, row.revealed) == ("person", member, False)
        assert (ruling.value, ruling.contested, ruling.cause) == ("refund", True, "slip")
        assert Task.objects.get().state == "adjudicated"
        assert Task.objects.get().claimed_by is None
        assert AuditEvent.objects.filter(verb="adjudicated", subject_uid=task.uid).count() == 1

    def test_what_was_agreed_is_taken_over(self):
        votes = [{"topic": "refund", "urgent": "yes"}, {"topic": "delivery", "urgent": "yes"}]
        task = make_dispute(None, *votes, criteria=TWO_QUESTIONS)
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        taken = row.rulings.get(criterion__key="urgent")
        assert (taken.value, taken.contested) == ("yes", False)

    def test_what_was_agreed_can_be_overruled_with_a_reason(self):
        votes = [{"topic": "refund", "urgent": "yes"}, {"topic": "delivery", "urgent": "yes"}]
        task = make_dispute(None, *votes, criteria=TWO_QUESTIONS)
        member = make_adjudicator(task.queue.project)
        token = hold(member).claim_token
        reveal(member, token, {"topic": "refund"}, at=timezone.now())
        rulings = {"topic": Decision("refund", cause="slip"), "urgent": Decision("no")}
        with pytest.raises(ValidationError):
            adjudicate(member, token, rulings, at=timezone.now())
        rulings["urgent"] = Decision("no", rationale="There is no date.")
        row = adjudicate(member, token, rulings, at=timezone.now())
        assert row.rulings.get(criterion__key="urgent").value == "no"

    @pytest.mark.parametrize(
        "rulings",
        [
            {},
            {"topic": Decision("nonsense")},
            {"topic": Decision("")},
            {"topic": Decision("refund", cause="boredom")},
            {"topic": Decision("refund", rationale="x" * 10_001)},
            {"topic": Decision("refund"), "mood": Decision("bad")},
        ],
    )
    def test_what_does_not_fit_the_rubric_is_refused(self, rulings):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        token = hold(member).claim_token
        with pytest.raises(ValidationError):
            adjudicate(member, token, rulings, at=timezone.now())
        assert Task.objects.get().state == "disputed"

    def test_cannot_tell_is_a_decision_where_the_criterion_allows_it(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member), None)
        assert row.rulings.get().cannot_tell

    def test_cannot_tell_is_refused_where_the_criterion_does_not_allow_it(self):
        task = make_dispute(criteria=[topic(cannot_tell=False)])
        member = make_adjudicator(task.queue.project)
        with pytest.raises(ValidationError):
            decide(member, hold(member), None)

    def test_an_optional_criterion_can_be_decided_to_stay_blank(self):
        votes = [{"topic": "refund"}, {}]
        task = make_dispute(None, *votes, criteria=[topic(required=False)])
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member), "")
        assert (row.rulings.get().value, row.rulings.get().cannot_tell) == ("", False)

    def test_overruling_most_annotators_needs_a_reason_once_the_answers_were_seen(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        reveal(member, held.claim_token, {"topic": "delivery"}, at=timezone.now())
        with pytest.raises(ValidationError, match="say why"):
            decide(member, held, "delivery", rationale=" ")
        assert decide(member, held, "delivery").revealed

    def test_a_blind_decision_does_not_learn_where_the_majority_is(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        assert decide(member, hold(member), "delivery", rationale="", cause="")

    def test_the_cause_is_asked_for_once_the_answers_were_seen(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        reveal(member, held.claim_token, {"topic": "refund"}, at=timezone.now())
        with pytest.raises(ValidationError, match="caused"):
            decide(member, held, cause="")

    def test_somebody_elses_token_decides_nothing(self):
        task = make_dispute()
        member, other = (make_adjudicator(task.queue.project) for _ in range(2))
        held = hold(member)
        for token in (held.claim_token, uuid4()):
            with pytest.raises(Conflict):
                adjudicate(other, token, {"topic": Decision("refund")}, at=timezone.now())

    def test_the_same_decision_twice_is_stored_once(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        assert decide(member, held) == decide(member, held)
        assert Adjudication.objects.count() == 1

    def test_another_decision_under_the_same_token_is_a_conflict(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        decide(member, held)
        with pytest.raises(Conflict) as refused:
            decide(member, held, "delivery")
        assert refused.value.code == "idempotency_mismatch"


class TestRevealing:
    def test_the_answers_are_shown_after_a_blind_decision_only(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        token = hold(member).claim_token
        with pytest.raises(ValidationError):
            reveal(member, token, {}, at=timezone.now())
        assert not Reveal.objects.exists()
        assert len(reveal(member, token, {"topic": None}, at=timezone.now()).annotations) == 3
        assert Reveal.objects.get().blind == {"topic": None}

    def test_the_first_blind_decision_stays(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        token = hold(member).claim_token
        for value in ("delivery", "refund"):
            reveal(member, token, {"topic": value}, at=timezone.now())
        assert Reveal.objects.get().blind == {"topic": "delivery"}
        assert AuditEvent.objects.filter(verb="saw_answers").count() == 1

    def test_nothing_is_shown_without_a_claim(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        with pytest.raises(Conflict):
            reveal(member, uuid4(), {"topic": "refund"}, at=timezone.now())


class TestTakingBack:
    def test_a_decision_taken_back_at_once_disputes_the_task_again(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        again = undo(member, row, at=row.at + timedelta(seconds=9))
        assert (again.state, again.claimed_by) == ("disputed", member)
        assert not Adjudication.objects.current().exists()
        assert [row.withdrawn for row in Adjudication.objects.order_by("pk")] == [False, True]
        assert decide(member, again, "delivery").supersedes.withdrawn

    def test_later_it_can_no_longer_be_taken_back(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        with pytest.raises(Conflict):
            undo(member, row, at=row.at + timedelta(seconds=11))

    def test_nobody_takes_back_what_somebody_else_decided(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        with pytest.raises(PermissionDenied):
            undo(make_adjudicator(task.queue.project), row, at=row.at)

    def test_it_is_taken_back_once(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        row = decide(member, hold(member))
        undo(member, row, at=row.at)
        with pytest.raises(Conflict):
            undo(member, row, at=row.at)

    def test_a_reopened_decision_stands_until_there_is_another(self):
        task = make_dispute()
        first, second = (make_adjudicator(task.queue.project) for _ in range(2))
        row = decide(first, hold(first))
        held = reopen(second, task)
        assert Adjudication.objects.current().get() == row
        later = decide(second, held, "delivery")
        assert later.supersedes == row
        assert Adjudication.objects.current().get() == later

    def test_what_somebody_annotated_is_not_reopened_by_them(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        decide(member, hold(member))
        other = make_member(task.queue.project, "adjudicator", "annotator")
        pass_as_work_of(other, task)
        with pytest.raises(PermissionDenied):
            reopen(other, task)

    def test_a_dispute_is_claimed_not_reopened(self):
        task = make_dispute()
        with pytest.raises(Conflict):
            reopen(make_adjudicator(task.queue.project), task)


def test_only_what_the_policy_could_not_settle_is_contested():
    votes = [{"topic": "refund", "urgent": "yes"}, {"topic": "refund", "urgent": None}]
    case = case_of(make_dispute(None, *votes, criteria=TWO_QUESTIONS))
    assert [question.criterion.key for question in case.contested] == ["urgent"]
    assert [question.criterion.key for question in case.agreed] == ["topic"]
