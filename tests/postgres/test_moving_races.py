"""A queue that moves while people judge in it, and two leads who move it at once."""

from __future__ import annotations

import pytest

from labeling.errors import Conflict
from labeling.models import Annotation, Queue, Slot
from labeling.reports.integrity import counted_once, overlap_is_exact, versions_do_not_mix
from labeling.reports.moving import move_plan
from labeling.services import moving
from labeling.services.assignment import claim
from labeling.services.moving import PlanChanged, move_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
)
from tests.jobs import run_jobs
from tests.labeling.assigning import refused_only_as
from tests.postgres.test_races import Annotator, judge, on_postgres, together

__all__ = ["on_postgres"]

pytestmark = pytest.mark.postgres
CHECKS = (overlap_is_exact, counted_once, versions_do_not_mix)


@pytest.fixture
def queue(on_postgres):
    project = make_project()
    return make_queue(project, make_items(project, 60), overlap=2, order="random")


@pytest.fixture
def later(queue):
    return make_rubric_version(queue.project, rubric=queue.rubric_version.rubric)


def moved(queue, version, lead, *, restart=True):
    """The successor, or why there is none."""
    try:
        expected = move_plan(queue, version).expected
        return move_queue(queue, version, expected=expected, restart=restart, by=lead)
    except Conflict as conflict:
        return conflict.code


def test_of_two_leads_who_move_a_queue_at_once_one_does(queue, later):
    leads = [make_member(queue.project, "lead") for _ in range(4)]

    answers = together(*[lambda lead=lead: moved(queue, later, lead) for lead in leads])

    assert [answer for answer in answers if isinstance(answer, Queue)] == list(
        Queue.objects.filter(succeeds=queue)
    )
    assert {answer for answer in answers if isinstance(answer, str)} == {"queue_moved"}
    assert queue.successors.get().tasks.count() == 60


@pytest.mark.parametrize("at_once", [10, 2_000])
def test_nobody_answers_one_version_under_the_questions_of_another(
    queue, later, monkeypatch, at_once
):
    monkeypatch.setattr(moving, "AT_ONCE", at_once)
    lead = make_member(queue.project, "lead")
    crew = [Annotator(queue, make_annotator(queue.project), number) for number in range(8)]

    def move():
        for _ in range(200):
            answer = moved(queue, later, lead)
            if answer != "plan_changed":
                return run_jobs()
        return None

    together(move, *[lambda one=one: work(one) for one in crew])

    found = [finding for check in CHECKS for finding in check(queue.project)]
    assert found == []
    counted = Slot.objects.exclude(annotation=None).count()
    assert counted <= Annotation.objects.count()


def work(annotator):
    """Judge what there is in the queue as long as it hands out anything."""
    idle = 0
    while idle < 5:
        lease = claim(annotator.queue, annotator.member)
        if lease is None:
            idle += 1
            continue
        with refused_only_as("queue_moved", "queue_closed", "lease_ended"):
            judge(annotator.member, lease.token)


def test_a_plan_that_people_at_work_have_overtaken_is_refused(queue, later):
    lead = make_member(queue.project, "lead")
    shown = move_plan(queue, later).expected
    claim(queue, make_annotator(queue.project))
    with pytest.raises(PlanChanged):
        move_queue(queue, later, expected=shown, restart=False, by=lead)
