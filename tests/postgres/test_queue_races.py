"""Leads change, drain and resume a queue while many people judge in it on bad lines."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connections
from django.utils import timezone

from labeling.models import Queue, Slot
from labeling.reports import integrity
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.draining import drain_queue, resume_queue, set_aside
from labeling.services.queue_settings import change_queue
from tests.factories import make_annotator, make_items, make_member, make_project, make_queue
from tests.postgres.test_races import (
    SEED,
    Annotator,
    check_acknowledgements,
    on_postgres,
    together,
)

__all__ = ["on_postgres"]

pytestmark = pytest.mark.postgres

CHECKS = (integrity.overlap_is_exact, integrity.counted_once, integrity.states_agree)


def under_fire(lead_work, *, people=8, items=24, overlap=3):
    """Everybody judges while a lead does something; afterwards what is left is judged too."""
    project = make_project()
    queue = make_queue(project, make_items(project, items), overlap=overlap)
    lead = make_member(project, "lead")
    crew = [Annotator(queue, make_annotator(project), SEED + n) for n in range(people)]
    together(*[one.work for one in crew], lambda: lead_work(queue, lead))
    finish(queue)
    check_acknowledgements(crew)
    assert not [str(row) for check in CHECKS for row in check(project)]
    return Queue.objects.get(pk=queue.pk)


def finish(queue):
    """New people judge whatever is left, so that nothing may be out of reach."""
    for _ in range(6):
        person = make_annotator(queue.project)
        while lease := claim(queue, person):
            submit(person, lease.token, Payload({"topic": "refund"}), at=timezone.now())


def wait():
    threading.Event().wait(0.2)


@pytest.mark.parametrize("number", range(2))
def test_overlap_that_changes_while_people_submit_stays_exact(on_postgres, number):
    def change(queue, lead):
        for overlap, percent in ((2, 100), (5, 100), (3, 50), (4, 100)):
            wait()
            change_queue(queue, by=lead, overlap=overlap, overlap_percent=percent)

    queue = under_fire(change)
    counted = Counter(Slot.objects.exclude(annotation=None).values_list("task", flat=True))
    assert max(counted.values()) <= 5
    assert not queue.tasks.filter(state="open").exists()


def test_decided_tasks_asked_again_while_people_submit_are_decided_anew(on_postgres):
    def widen(queue, lead):
        for overlap in (2, 3, 4):
            wait()
            change_queue(queue, by=lead, overlap=overlap, again=["settled", "disputed"])

    queue = under_fire(widen, overlap=1)
    assert not queue.tasks.filter(state="open").exists()
    assert queue.slots.count() == 4 * queue.tasks.count()


def test_draining_and_resuming_while_people_submit_loses_nothing(on_postgres):
    def drain_and_resume(queue, lead):
        for _ in range(3):
            wait()
            drain_queue(queue, by=lead)
            wait()
            set_aside(queue)
            resume_queue(queue, by=lead)

    queue = under_fire(drain_and_resume)
    assert set(queue.tasks.values_list("state", flat=True)) <= {"settled", "disputed"}
    assert queue.slots.filter(annotation=None).count() == 0


def test_two_leads_who_change_overlap_at_once_leave_one_of_their_numbers(on_postgres):
    project = make_project()
    queue = make_queue(project, make_items(project, 10), overlap=2)
    leads = [make_member(project, "lead") for _ in range(4)]
    together(
        *[
            lambda lead=lead, overlap=number: change_queue(queue, by=lead, overlap=overlap)
            for number, lead in enumerate(leads, start=1)
        ]
    )
    connections["default"].close()
    queue.refresh_from_db()
    assert queue.slots.count() == queue.overlap * 10
