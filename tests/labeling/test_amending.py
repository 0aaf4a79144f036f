"""Amending a judgment: what it changes, for how long, and what it never tells."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Adjudication, Annotation, AuditEvent, Draft, Slot, Task
from labeling.reports.exports import Wording, answers
from labeling.reports.integrity import chains_are_whole, counted_once, overlap_is_exact
from labeling.reports.judging import judged_since
from labeling.services.adjudications import reveal
from labeling.services.amending import amend
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, heartbeat
from tests.factories import make_annotator, make_project, make_task
from tests.labeling.makers import decide, hold, make_adjudicator

pytestmark = pytest.mark.django_db


def judge(task, answer="refund", member=None):
    """Somebody's stored judgment of a task."""
    lease = claim(task.queue, member or make_annotator(task.queue.project))
    done = submit(lease.annotator, lease.token, Payload({"topic": answer}), at=timezone.now())
    stored = Annotation.objects.select_related("task__queue__project", "task__item", "annotator")
    return stored.get(uid=done.annotation)


def change(annotation, answer="delivery", *, after=timedelta(), token=None, **fields):
    at = annotation.submitted_at + after
    payload = Payload({"topic": answer}, **fields)
    done = amend(annotation.annotator, annotation, token or uuid4(), payload, at=at)
    return Annotation.objects.select_related("task__queue__project", "annotator").get(
        uid=done.annotation
    )


def status(annotation):
    queue = annotation.task.queue
    rows = Wording(queue.project, [queue]).annotation_rows(list(answers([queue])))
    return next(row["status"] for row in rows if row["annotation_id"] == str(annotation.uid))


def troubles(project):
    checks = (overlap_is_exact, counted_once, chains_are_whole)
    return [finding for check in checks for finding in check(project)]


def test_an_amendment_replaces_what_counts_and_keeps_what_was_said():
    first = judge(make_task(overlap=2))

    later = change(first, comment=" better ", unsure=True, active_ms=5)

    assert Annotation.objects.counted().get() == later
    assert (later.kind, later.supersedes, later.comment) == ("amended", first, "better")
    assert (later.unsure, later.active_ms, later.shown) == (True, 5, first.shown)
    assert [status(row) for row in (first, later)] == ["superseded", "active"]
    event = AuditEvent.objects.get(verb="amended_annotation")
    assert event.detail == {"annotation": str(later.uid), "counted": True}
    assert judged_since(first.annotator, first.submitted_at) == 1


@pytest.mark.parametrize(
    ("votes", "amended", "state"),
    [
        (["refund", "refund"], "delivery", "disputed"),
        (["delivery", "refund"], "delivery", "settled"),
        (["refund", "refund"], "refund", "settled"),
    ],
)
def test_a_task_is_settled_or_disputed_anew(votes, amended, state):
    task = make_task(overlap=2)
    judged = [judge(task, vote) for vote in votes]

    change(judged[1], amended)

    assert Task.objects.get().state == state
    standing = Adjudication.objects.current().filter(withdrawn=False)
    assert standing.count() == (state == "settled")
    assert troubles(task.queue.project) == []


def test_the_same_answers_again_settle_nothing_anew():
    first = judge(make_task(overlap=1))
    change(first, "refund", unsure=True)
    assert Adjudication.objects.count() == 1


def test_an_amendment_can_be_amended_until_the_time_of_the_first_submission_has_passed():
    first = judge(make_task(overlap=2))
    second = change(first, after=timedelta(minutes=40))
    third = change(second, "other", after=timedelta(minutes=15))

    with pytest.raises(Conflict) as late:
        change(third, after=timedelta(minutes=15))
    with pytest.raises(Conflict) as replaced:
        change(first)

    assert [refused.value.code for refused in (late, replaced)] == ["too_late", "already_amended"]
    assert Annotation.objects.counted().get() == third


def test_a_project_may_leave_no_time_for_it():
    first = judge(make_task(make_project(amend_minutes=0)))
    with pytest.raises(Conflict, match="time for amending"):
        change(first, after=timedelta(seconds=1))


def test_the_same_amendment_twice_is_one_and_another_under_its_key_is_refused():
    first = judge(make_task())
    token = uuid4()

    assert change(first, token=token) == change(first, token=token)

    with pytest.raises(Conflict) as other:
        change(first, "other", token=token)
    with pytest.raises(Conflict) as used:
        change(first, token=first.token)
    codes = {refused.value.code for refused in (other, used)}
    assert codes == {"idempotency_mismatch"}
    assert Annotation.objects.count() == 2


def test_an_amendment_is_checked_like_a_submission():
    with pytest.raises(ValidationError):
        change(judge(make_task()), "nonsense")
    assert Annotation.objects.count() == 1


def test_a_surplus_judgment_is_amended_beside_what_counts():
    task = make_task(overlap=1)
    late = claim(task.queue, make_annotator(task.queue.project))
    Slot.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    counted = judge(task)
    submit(late.annotator, late.token, Payload({"topic": "other"}), at=timezone.now())

    surplus = change(Annotation.objects.get(annotator=late.annotator))

    assert Annotation.objects.counted().get() == counted
    assert [status(row) for row in (counted, surplus)] == ["active", "surplus"]


def adjudicated(task):
    member = make_adjudicator(task.queue.project)
    held = hold(member)
    reveal(member, held.claim_token, {"topic": "other"}, at=timezone.now())
    decide(member, held, "other")


def being_adjudicated(task):
    hold(make_adjudicator(task.queue.project))


@pytest.mark.parametrize("by", [adjudicated, being_adjudicated], ids=lambda by: by.__name__)
@pytest.mark.parametrize("how", ["amended", "taken back"])
def test_what_a_person_decides_about_counts_as_it_was(by, how):
    task = make_task(overlap=2)
    judge(task)
    own = judge(task, "delivery")
    by(task)
    state = Task.objects.get().state

    if how == "amended":
        assert status(change(own, "refund")) == "surplus"
    else:
        lease = undo(own.annotator, own, at=timezone.now())
        assert Draft.objects.get().answers == {"topic": "delivery"}
        assert heartbeat(own.annotator, lease.token).token == lease.token
        again = Payload({"topic": "other"})
        submit(own.annotator, lease.token, again, at=timezone.now())

    assert Task.objects.get().state == state
    assert own in Annotation.objects.counted()
    assert status(own) == "active"
    assert troubles(task.queue.project) == []


def test_what_was_amended_is_not_taken_back():
    later = change(judge(make_task()))
    with pytest.raises(Conflict) as refused:
        undo(later.annotator, later, at=later.submitted_at)
    assert refused.value.code == "already_amended"
