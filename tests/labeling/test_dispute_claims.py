"""Claims on disputes: lent to one adjudicator at a time, never to somebody who annotated."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Adjudication, Task
from labeling.services.adjudications import (
    Decision,
    adjudicate,
    claim_dispute,
    claimed,
    release_claim,
)
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
)
from tests.labeling.makers import (
    decide,
    expire,
    hold,
    make_adjudicator,
    make_dispute,
    pass_as_work_of,
)

pytestmark = pytest.mark.django_db


class TestClaiming:
    def test_a_dispute_is_lent_to_one_adjudicator(self):
        task = make_dispute()
        first, second = (make_adjudicator(task.queue.project) for _ in range(2))
        assert claim_dispute(first) == task
        assert claim_dispute(second) is None

    def test_claiming_again_gives_the_same_dispute_under_the_same_token(self):
        task = make_dispute()
        make_dispute(task.queue.project)
        member = make_adjudicator(task.queue.project)
        tokens = {hold(member).claim_token for _ in range(3)}
        assert len(tokens) == 1
        assert Task.objects.filter(claimed_by=member).count() == 1

    def test_an_ended_claim_goes_to_somebody_else(self):
        task = make_dispute()
        first, second = (make_adjudicator(task.queue.project) for _ in range(2))
        token = hold(first).claim_token
        expire(task)
        assert claim_dispute(second) == task
        with pytest.raises(Conflict):
            adjudicate(first, token, {"topic": Decision("refund")}, at=timezone.now())

    def test_an_ended_claim_that_nobody_took_still_counts(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        expire(task)
        decide(member, held)
        assert Task.objects.get().state == "adjudicated"

    def test_nobody_is_given_what_they_annotated(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        pass_as_work_of(member, task)
        assert claim_dispute(member) is None

    def test_nobody_is_given_what_they_annotated_as_another_member(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        elsewhere = make_annotator(make_project(), user=member.user)
        pass_as_work_of(elsewhere, task)
        assert claim_dispute(member) is None

    def test_a_claim_on_ones_own_work_decides_nothing(self):
        task = make_dispute()
        member = make_adjudicator(task.queue.project)
        held = hold(member)
        pass_as_work_of(member, task)
        with pytest.raises(PermissionDenied):
            decide(member, held)
        assert not Adjudication.objects.exists()

    def test_only_adjudicators_claim(self):
        task = make_dispute()
        with pytest.raises(PermissionDenied):
            claim_dispute(make_member(task.queue.project, "lead"))

    def test_disputes_of_other_projects_are_not_given(self):
        make_dispute()
        assert claim_dispute(make_adjudicator(make_project())) is None

    def test_only_spoken_languages_are_given(self):
        project = make_project()
        items = make_items(project, 1, attributes={"language": "de"})
        queue = make_queue(project, items, overlap=2, lane_attribute="language")
        for value in ("refund", "delivery"):
            make_annotation(queue.tasks.get(), answers={"topic": value})
        queue.tasks.update(state="disputed")
        assert claim_dispute(make_adjudicator(project, languages={"fr": "native"})) is None
        assert claim_dispute(make_adjudicator(project, languages={"de": "native"}))

    def test_what_is_put_back_comes_after_the_others(self):
        project = make_project()
        first, second = make_dispute(project), make_dispute(project)
        member = make_adjudicator(project)
        held = hold(member)
        release_claim(member, held.claim_token)
        release_claim(member, held.claim_token)
        assert held == first
        assert claim_dispute(member, after=first) == second

    def test_asking_for_another_queue_gives_back_what_is_held(self):
        project = make_project()
        first, second = make_dispute(project), make_dispute(project)
        member = make_adjudicator(project)
        claim_dispute(member)
        assert claim_dispute(member, second.queue) == second
        assert claimed(member) == second
        assert Task.objects.get(pk=first.pk).claim_token is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_adjudicators_never_hold_one_task():
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL runs two transactions at once")
    project = make_project()
    for _ in range(5):
        make_dispute(project)
    members = [make_adjudicator(project) for _ in range(10)]
    given = []
    barrier = threading.Barrier(len(members))

    def claim(member):
        barrier.wait()
        given.append(claim_dispute(member))
        connection.close()

    threads = [threading.Thread(target=claim, args=[member]) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tasks = [task.pk for task in given if task]
    assert sorted(tasks) == sorted(Task.objects.values_list("pk", flat=True))
