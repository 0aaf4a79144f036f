"""Queues for qualified people only: who is, who says so, and what they are told who are not."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.models import AuditEvent, Qualification, Queue
from labeling.reports.board import board
from labeling.services.annotations import submit_and_go_on
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next, hold, skip
from labeling.services.qualifying import end_qualification, qualify
from labeling.services.standing import standing_of
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    return make_queue(lead.project, make_items(lead.project, 4), qualified_only=True)


@pytest.fixture
def ann(lead):
    return make_annotator(lead.project)


def go_on(person, lease):
    payload = Payload({"topic": "refund"})
    return submit_and_go_on(person, lease.token, payload, at=timezone.now(), ahead=True)


def test_only_who_is_qualified_is_given_anything(queue, lead, ann):
    assert claim_next(ann) is None
    assert standing_of(ann).state == "not_qualified"
    assert qualify([ann], queue.rubric_version, by=lead) == 1
    assert standing_of(ann).state == "ready"
    assert claim_next(ann).queue == queue


def test_another_version_s_qualification_does_not_do(queue, lead, ann):
    qualify([ann], make_rubric_version(lead.project), by=lead)
    assert claim_next(ann) is None


def test_who_loses_it_finishes_what_is_on_the_screen_and_is_given_no_more(queue, lead, ann):
    qualify([ann], queue.rubric_version, by=lead)
    lease = claim_next(ann)
    end_qualification([ann], queue.rubric_version, by=lead)
    assert hold(queue, ann) is None
    done = go_on(ann, lease)
    assert (done.lease, done.held) == (None, None)
    assert queue.tasks.filter(slots__annotation__isnull=False).count() == 1
    assert standing_of(ann).state == "not_qualified"


def test_who_is_qualified_goes_on_in_one_go(queue, lead, ann):
    qualify([ann], queue.rubric_version, by=lead)
    done = go_on(ann, claim_next(ann))
    assert done.lease
    assert done.held


def test_the_board_counts_only_the_qualified(queue, lead, ann):
    make_annotator(lead.project)
    rows = Queue.objects.prefetch_related("teams")
    assert board(lead.project, rows)[0].nobody
    qualify([ann], queue.rubric_version, by=lead)
    assert board(lead.project, rows)[0].people == 1


def test_a_task_needs_attention_when_every_qualified_person_skipped_it(queue, lead, ann):
    make_annotator(lead.project)
    qualify([ann], queue.rubric_version, by=lead)
    skip(ann, claim_next(ann).token, "other", at=timezone.now())
    assert queue.tasks.filter(state="attention").count() == 1


def test_granting_and_ending_happen_once_and_are_recorded_for_each_person(queue, lead, ann):
    bob, version = make_annotator(lead.project), queue.rubric_version
    assert qualify([ann, bob], version, by=lead) == 2
    assert qualify([ann, bob], version, by=lead) == 0
    assert end_qualification([ann], version, by=lead) == 1
    assert end_qualification([ann], version, by=lead) == 0
    assert qualify([ann], version, by=lead) == 1
    assert Qualification.objects.filter(annotator=ann).count() == 2
    verbs = [event.verb for event in AuditEvent.objects.order_by("pk")]
    assert verbs == ["qualified", "qualified", "ended_qualification", "qualified"]


def test_only_active_annotators_of_the_project_and_published_versions(queue, lead, ann):
    version = queue.rubric_version
    elsewhere = make_annotator(make_project())
    gone = make_annotator(lead.project, deactivated_at=timezone.now())
    for person in (elsewhere, gone, lead):
        with pytest.raises(ValidationError):
            qualify([person], version, by=lead)
    draft = make_rubric_version(lead.project, state="draft")
    with pytest.raises(ValidationError):
        qualify([ann], draft, by=lead)
    assert not Qualification.objects.exists()
