"""The life of assignments against a small model: whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as DjangoTestCase
from hypothesis.stateful import invariant, precondition, rule

from labeling.models import Adjudication, Annotation, AuditEvent, Item, Queue, Slot, Task
from labeling.reports import integrity
from labeling.reports.moving import move_plan
from labeling.services import moving
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next
from labeling.services.draining import drain_queue, resume_queue, run_drain_queues
from labeling.services.following import run_follow_queues
from labeling.services.items import erase
from labeling.services.queue_settings import change_queue
from labeling.services.queues import close_queue, offer_again, pause_queue, reopen_queue
from tests.factories import make_annotator, make_rubric_version
from tests.labeling.assigning import Annotators, refused_only_as

CHECKS = (
    integrity.overlap_is_exact,
    integrity.counted_once,
    integrity.versions_do_not_mix,
    integrity.states_agree,
)


@contextmanager
def at_once(tasks):
    """So many tasks are moved at once; of more a job moves them."""
    before, moving.AT_ONCE = moving.AT_ONCE, tasks
    try:
        yield
    finally:
        moving.AT_ONCE = before


class Assignments(Annotators):
    """The same people while leads pause, drain, close, widen, narrow and move their queue."""

    def now(self, *, first=False):
        """The queue that they work on, or the one that everything began with."""
        queues = Queue.objects.select_related("project", "rubric_version__rubric")
        return queues.order_by("pk").first() if first else queues.get(pk=self.queue.pk)

    @rule(
        move=st.sampled_from([pause_queue, close_queue, reopen_queue, drain_queue, resume_queue]),
        first=st.booleans(),
    )
    def leads_move_it(self, move, first):
        with refused_only_as("queue_state", "queue_moved", "queue_moving"):
            move(self.now(first=first), by=self.lead)

    @rule()
    def the_clock_looks_after_draining(self):
        run_drain_queues(SimpleNamespace(check_cancelled=lambda: None))
        run_follow_queues(SimpleNamespace())

    @precondition(lambda self: not Item.objects.exclude(erased_at=None).exists())
    @rule(place=st.integers(0, 3))
    def leads_erase_an_item(self, place):
        erase(self.queue.project.items.order_by("pk")[place], "asked for", by=self.lead)

    @rule(
        overlap=st.integers(1, 4),
        percent=st.sampled_from([25, 50, 100]),
        again=st.sampled_from([[], ["settled"], ["disputed"], ["settled", "disputed"]]),
        settling=st.sampled_from(["unanimous", "majority"]),
        first=st.booleans(),
    )
    def leads_change_how_many_judge(self, overlap, percent, again, settling, first):
        settings = {"overlap": overlap, "overlap_percent": percent, "settling": settling}
        taken = list(Slot.objects.pending().filter(leased_until__gt=timezone.now()))
        with refused_only_as("queue_state", "queue_moving"):
            change_queue(self.now(first=first), by=self.lead, again=again, **settings)
            self.most = max(self.most, overlap)
        kept = Slot.objects.filter(pk__in=[slot.pk for slot in taken])
        assert kept.count() == len(taken), "a place was taken from somebody"

    @precondition(lambda self: Queue.objects.count() < 3)
    @rule(restart=st.booleans(), large=st.booleans())
    def leads_move_it_to_a_later_version(self, restart, large):
        queue = self.now()
        version = make_rubric_version(queue.project, rubric=queue.rubric_version.rubric)
        refused = refused_only_as("queue_state", "queue_moved", "nothing_to_move")
        with refused, at_once(1 if large else 2_000):
            plan = move_plan(queue, version)
            moved = moving.move_queue(
                queue, version, expected=plan.expected, restart=restart, by=self.lead
            )
            self.queue = moved
            if moved.state != Queue.State.PREPARING:
                assert moved.tasks.count() == plan.counts.leaving(restart=restart)

    @rule()
    def a_worker_moves_it(self):
        """What was announced is what moves, or the result says how many stayed."""
        for queue in Queue.objects.filter(state=Queue.State.PREPARING).select_related("job"):
            said = queue.job.arguments
            running = SimpleNamespace(arguments=said, by=self.lead, progress=lambda *_told: None)
            with at_once(1):
                found = moving.run_move_queue(running)
            assert found["tasks"] == queue.tasks.count()
            assert found["stayed"] == said["leaving"] - found["tasks"] >= 0
            assert self.was_begun_since(queue) >= found["stayed"]

    def was_begun_since(self, successor):
        """Tasks of the earlier queue that somebody has a hand in, or that were erased since."""
        begun = Q(annotations__isnull=False) | Q(slots__leased_until__isnull=False)
        rows = successor.succeeds.tasks.filter(begun | Q(state="set_aside"))
        return rows.distinct().count()

    @rule()
    def leads_offer_again(self):
        offer_again(self.now(), by=self.lead)

    @invariant()
    def overlap_is_exact(self):
        places = Counter(Slot.objects.values_list("task", flat=True))
        assert all(count <= self.most for count in places.values())
        done = Slot.objects.exclude(annotation=None)
        pairs = list(done.values_list("task", "annotation__annotator"))
        assert len(pairs) == len(set(pairs))

    @invariant()
    def what_counts_stands(self):
        for slot in Slot.objects.exclude(annotation=None).select_related("annotation"):
            assert slot.annotation.annotator_id == slot.annotator_id
            assert slot.annotation.kind != "withdrawn"
            assert not slot.annotation.superseded_by.exists()

    @invariant()
    def acknowledged_is_stored(self):
        for token, (uid, answer) in self.acknowledged.items():
            stored = Annotation.objects.get(uid=uid, token=token).answers.get()
            assert (stored.value or None) == answer
            assert stored.annotation.annotator_id == self.authors[uid]
            asked = stored.annotation.rubric_version_id
            assert asked == self.versions.get(token, asked), "answered under other questions"

    @invariant()
    def nothing_is_stored_that_nobody_was_told_of(self):
        rows = Annotation.objects.exclude(kind="withdrawn")
        stored = set(rows.values_list("uid", flat=True))
        assert stored == {uid for uid, _answer in getattr(self, "acknowledged", {}).values()}

    @invariant()
    def every_annotation_is_on_record_once(self):
        events = AuditEvent.objects.filter(
            verb__in=("annotated", "amended_annotation", "withdrew_annotation")
        )
        told = Counter(detail["annotation"] for detail in events.values_list("detail", flat=True))
        stored = Annotation.objects.exclude(kind="withdrawn").values_list("uid", flat=True)
        withdrawn = Annotation.objects.filter(kind="withdrawn")
        again = withdrawn.values_list("supersedes__uid", flat=True)
        assert told == Counter(map(str, [*stored, *again]))

    @invariant()
    def no_lease_outlives_its_time(self):
        latest = timezone.now() + timedelta(minutes=16)
        assert not Slot.objects.pending().filter(leased_until__gt=latest).exists()

    @invariant()
    def a_task_is_decided_exactly_when_its_slots_are_done(self):
        for task in Task.objects.exclude(state="set_aside"):
            done = not task.slots.filter(annotation=None).exists()
            assert (task.state in {"settled", "disputed"}) == done
            standing = Adjudication.objects.current().filter(task=task).count()
            assert standing == (task.state == "settled")

    @invariant()
    def nobody_waits_for_what_is_set_aside(self):
        aside = Slot.objects.filter(task__state="set_aside")
        assert not aside.filter(annotation=None).exists()

    @invariant()
    def the_checks_of_the_record_find_nothing(self):
        found = [row for check in CHECKS for row in check(self.queue.project)]
        assert not found, [str(row) for row in found]

    def teardown(self):
        try:
            if hasattr(self, "queue"):
                self.a_worker_moves_it()
                self.new_people_finish_what_is_open()
        finally:
            super().teardown()

    def new_people_finish_what_is_open(self):
        """Whatever happened, nothing is out of reach."""
        for queue in Queue.objects.select_related("project", "rubric_version"):
            offer_again(queue, by=self.lead)
            with refused_only_as("queue_state", "queue_moved"):
                reopen_queue(queue, by=self.lead)
        self.time_passes()
        for _ in range(self.most):
            person = make_annotator(self.queue.project)
            while lease := claim_next(person):
                payload = Payload({"topic": "refund"})
                submit(person, lease.token, payload, at=timezone.now())
        assert not Task.objects.filter(state="open", queue__state="open").exists()


class TestAssignments(DjangoTestCase, Assignments.TestCase):  # type: ignore[valid-type,misc]
    settings = settings(  # type: ignore[assignment]
        max_examples=15,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


pytestmark = pytest.mark.django_db
