"""The life of assignments against a small model: whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DjangoTestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labeling.errors import Conflict
from labeling.models import Adjudication, Annotation, Skip, Slot, Task
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, heartbeat, release, release_all, skip
from tests.factories import make_annotator, make_items, make_project, make_queue

OVERLAP, PEOPLE = 2, 4
who = st.integers(0, PEOPLE - 1)
answers = st.sampled_from(["refund", "delivery", None])


@contextmanager
def refused_only_as(*codes):
    """A conflict with one of these codes is an answer as good as any."""
    try:
        yield
    except Conflict as conflict:
        if conflict.code not in codes:
            raise


class Assignments(RuleBasedStateMachine):
    """Four people on four tasks; the tables are compared with what was acknowledged."""

    @initialize(order=st.sampled_from(["arrival", "random"]))
    def begin(self, order):
        project = make_project()
        self.queue = make_queue(project, make_items(project, 4), overlap=OVERLAP, order=order)
        self.people = [make_annotator(project) for _ in range(PEOPLE)]
        self.leases = {number: [] for number in range(PEOPLE)}
        self.acknowledged = {}

    @rule(number=who)
    def claims(self, number):
        lease = claim(self.queue, self.people[number])
        if lease:
            assert not Skip.objects.filter(task=lease.task, annotator=lease.annotator).exists()
            self.leases[number].append(lease)

    @rule(number=who, answer=answers, old=st.booleans())
    def submits(self, number, answer, old):
        if not self.leases[number]:
            return
        lease = self.leases[number][0 if old else -1]
        payload = Payload({"topic": answer})
        with refused_only_as("idempotency_mismatch", "already_submitted"):
            reply = submit(lease.annotator, lease.token, payload, at=timezone.now())
            self.acknowledged.setdefault(lease.token, (reply.annotation, answer))
            assert self.acknowledged[lease.token] == (reply.annotation, answer)

    @rule(number=who)
    def undoes(self, number):
        person = self.people[number]
        own = Annotation.objects.filter(annotator=person).exclude(kind="withdrawn")
        if annotation := own.select_related("task__queue__project").order_by("-pk").first():
            with refused_only_as("already_withdrawn"):
                self.leases[number].append(undo(person, annotation, at=timezone.now()))

    @rule(number=who, act=st.sampled_from([heartbeat, release]))
    def keeps_or_gives_back(self, number, act):
        for lease in self.leases[number][-1:]:
            with refused_only_as("lease_ended", "already_submitted"):
                act(lease.annotator, lease.token)

    @rule(number=who)
    def skips(self, number):
        for lease in self.leases[number][-1:]:
            with refused_only_as("already_submitted"):
                skip(lease.annotator, lease.token, "other", at=timezone.now())

    @rule(number=who)
    def leaves(self, number):
        release_all(self.people[number])

    @rule()
    def time_passes(self):
        leased = Slot.objects.filter(annotation=None, annotator__isnull=False)
        leased.update(leased_until=timezone.now() - timedelta(seconds=1))

    @invariant()
    def overlap_is_exact(self):
        done = Slot.objects.exclude(annotation=None)
        pairs = list(done.values_list("task", "annotation__annotator"))
        assert len(pairs) == len(set(pairs))
        assert all(count <= OVERLAP for count in Counter(task for task, _ in pairs).values())

    @invariant()
    def what_counts_stands(self):
        for slot in Slot.objects.exclude(annotation=None).select_related("annotation"):
            assert slot.annotation.annotator_id == slot.annotator_id
            assert slot.annotation.kind != "withdrawn"
            assert not slot.annotation.superseded_by.exists()

    @invariant()
    def acknowledged_is_stored(self):
        for token, (uid, answer) in getattr(self, "acknowledged", {}).items():
            stored = Annotation.objects.get(uid=uid, token=token).answers.get()
            assert (stored.value or None) == answer

    @invariant()
    def a_task_is_decided_exactly_when_its_slots_are_done(self):
        for task in Task.objects.all():
            done = not task.slots.filter(annotation=None).exists()
            assert (task.state in {"settled", "disputed"}) == done
            standing = Adjudication.objects.current().filter(task=task).count()
            assert standing == (task.state == "settled")


class TestAssignments(DjangoTestCase, Assignments.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=15, stateful_step_count=25, suppress_health_check=list(HealthCheck)
    )


pytestmark = pytest.mark.django_db
