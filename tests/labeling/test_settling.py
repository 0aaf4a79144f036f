from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.models import Adjudication, AuditEvent, Task
from labeling.policy.settling import Vote, all_settled, settle
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests.factories import make_annotator, make_project, make_rubric_version, make_task, topic


def votes(*values):
    return [Vote(value) for value in values]


@pytest.mark.parametrize(
    ("values", "majority", "settled", "value"),
    [
        (("refund",), False, True, "refund"),
        (("refund", "refund"), False, True, "refund"),
        (("refund", "delivery"), False, False, ""),
        (("refund", "refund", "delivery"), False, False, ""),
        (("refund", "refund", "delivery"), True, True, "refund"),
        (("refund", "delivery"), True, False, ""),
        (("refund", "delivery", "other"), True, False, ""),
        (("refund", "refund", None), True, False, ""),
        ((None, None), False, False, ""),
        (("", ""), False, True, ""),
        (("", "refund"), False, False, ""),
    ],
)
def test_a_choice_settles_by_the_policy_of_its_queue(values, majority, settled, value):
    finding = settle("single_choice", votes(*values), majority=majority)

    assert (finding.settled, finding.value) == (settled, value)


def test_texts_never_dispute_a_task():
    assert settle("free_text", votes("late", " late ")).value == "late"
    different = settle("free_text", votes("late", "too late", None))
    assert (different.settled, different.value) == (True, "")


def test_one_disputed_criterion_disputes_the_task():
    agreed = settle("yes_no", votes("yes", "yes"))
    assert all_settled([agreed])
    assert not all_settled([agreed, settle("yes_no", votes("yes", "no"))])


def answer(task, *answers):
    for given in answers:
        lease = claim(task.queue, make_annotator(task.queue.project))
        submit(lease.annotator, lease.token, Payload(given), at=timezone.now())


@pytest.mark.django_db
def test_equal_answers_settle_a_task_as_an_adjudication_by_policy():
    task = make_task(overlap=2)

    answer(task, {"topic": "refund"})
    assert Task.objects.get().state == "open"
    answer(task, {"topic": "refund"})

    assert Task.objects.get().state == "settled"
    adjudication = Adjudication.objects.get()
    assert (adjudication.source, adjudication.policy) == ("policy", "unanimous")
    assert adjudication.rulings.get().value == "refund"
    assert AuditEvent.objects.get(verb="settled").project == task.queue.project


@pytest.mark.django_db
def test_two_different_answers_dispute_a_task():
    task = make_task(overlap=2)

    answer(task, {"topic": "refund"}, {"topic": "delivery"})

    assert list(Task.objects.disputed()) == [task]
    assert not Adjudication.objects.exists()


@pytest.mark.django_db
def test_most_votes_settle_a_queue_that_says_so():
    task = make_task(overlap=3, settling="majority")

    answer(task, {"topic": "refund"}, {"topic": "delivery"}, {"topic": "refund"})

    assert Adjudication.objects.get().rulings.get().value == "refund"


@pytest.mark.django_db
def test_what_was_left_out_by_all_gets_no_ruling():
    project = make_project()
    notes = {"key": "notes", "kind": "free_text", "prompt": "Notes?", "required": False}
    task = make_task(project, overlap=2, version=make_rubric_version(project, [topic(), notes]))

    answer(task, {"topic": "refund", "notes": "one"}, {"topic": "refund"})

    rulings = Adjudication.objects.get().rulings.values_list("criterion__key", "value")
    assert list(rulings) == [("topic", "refund")]
