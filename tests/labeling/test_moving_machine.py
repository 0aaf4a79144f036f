"""Queues that move from version to version while people judge in them, in whatever order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DjangoTestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from labeling.models import Annotation, Queue, Slot, Task
from labeling.reports.integrity import counted_once, overlap_is_exact, versions_do_not_mix
from labeling.reports.moving import MOVABLE, move_plan
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, hold, release, skip
from labeling.services.draining import draining, set_aside
from labeling.services.following import follow, trails
from labeling.services.moving import move_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
)
from tests.labeling.assigning import refused_only_as

ITEMS, PEOPLE, VERSIONS = 5, 3, 4
LATE = ("queue_moved", "queue_closed", "task_set_aside", "lease_ended", "already_submitted")
who = st.integers(0, PEOPLE - 1)


class Moves(RuleBasedStateMachine):
    """Three people on five items; two moves at most, each at any moment."""

    @initialize()
    def begin(self):
        project = make_project()
        self.queue = make_queue(project, make_items(project, ITEMS), overlap=2)
        rubric = self.queue.rubric_version.rubric
        self.versions = [make_rubric_version(project, rubric=rubric) for _ in range(VERSIONS - 1)]
        self.people = [make_annotator(project) for _ in range(PEOPLE)]
        self.leases = {number: [] for number in range(PEOPLE)}
        self.acknowledged = {}

    @rule(number=who, act=st.sampled_from([claim, hold]), back=st.integers(0, VERSIONS - 1))
    def takes(self, number, act, back):
        queues = list(Queue.objects.filter(state=Queue.State.OPEN).order_by("-pk"))
        for queue in queues[back : back + 1]:
            if lease := act(queue, self.people[number]):
                self.leases[number].append((lease, queue.rubric_version_id))

    @rule(number=who, answer=st.sampled_from(["refund", "delivery"]), old=st.booleans())
    def submits(self, number, answer, old):
        for lease, version in self.leases[number][:1] if old else self.leases[number][-1:]:
            with refused_only_as(*LATE, "idempotency_mismatch"):
                payload = Payload({"topic": answer})
                reply = submit(lease.annotator, lease.token, payload, at=timezone.now())
                self.acknowledged[reply.annotation] = version

    @rule(number=who)
    def undoes(self, number):
        own = Annotation.objects.filter(annotator=self.people[number]).exclude(kind="withdrawn")
        if annotation := own.select_related("task__queue__project", "task__item").last():
            with refused_only_as(*LATE, "already_withdrawn"):
                undo(self.people[number], annotation, at=timezone.now())

    @rule(number=who, skips=st.booleans())
    def gives_back(self, number, skips):
        for lease, _version in self.leases[number][-1:]:
            with refused_only_as(*LATE):
                if skips:
                    skip(lease.annotator, lease.token, "other", at=timezone.now())
                else:
                    release(lease.annotator, lease.token)

    @rule()
    def time_passes(self):
        leased = Slot.objects.filter(annotation=None, annotator__isnull=False)
        leased.update(leased_until=timezone.now() - timedelta(seconds=1))

    @precondition(lambda self: self.versions)
    @rule(restart=st.booleans())
    def moves(self, restart):
        newest = Queue.objects.order_by("-pk").first()
        plan = move_plan(newest, self.versions[0])
        leaving = plan.counts.leaving(restart=restart)
        with refused_only_as("nothing_to_move", "queue_state"):
            version = self.versions[0]
            expected = plan.expected
            made = move_queue(newest, version, expected=expected, restart=restart, by=None)
            self.versions.pop(0)
            assert made.tasks.count() == leaving

    @rule()
    def what_is_given_back_follows(self):
        for queue in draining():
            set_aside(queue)
        for trail in trails():
            follow(trail)

    @invariant()
    def nothing_holds_answers_of_two_versions(self):
        if hasattr(self, "queue"):
            for check in (versions_do_not_mix, overlap_is_exact, counted_once):
                assert list(check(self.queue.project)) == []

    @invariant()
    def what_was_acknowledged_is_stored_under_the_version_that_was_on_the_screen(self):
        for uid, version in getattr(self, "acknowledged", {}).items():
            assert Annotation.objects.get(uid=uid).rubric_version_id == version

    @invariant()
    def every_item_is_asked_in_one_place(self):
        if not hasattr(self, "queue"):
            return
        asked = Task.objects.exclude(state=Task.State.SET_ASIDE).values_list("item", flat=True)
        behind = [task.item_id for trail in trails() for task in trail.left_behind()]
        nowhere = {row.pk for row in self.queue.project.items.all()} - {*asked} - {*behind}
        assert len(asked) == len(set(asked))
        assert not nowhere or not Queue.objects.filter(state__in=MOVABLE, drained_at=None).exists()


class TestMoves(DjangoTestCase, Moves.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=8, stateful_step_count=20, suppress_health_check=list(HealthCheck)
    )


pytestmark = pytest.mark.django_db
