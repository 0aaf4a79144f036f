"""People and leads who do whatever comes to their minds with a queue, and what they were told."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from labeling.errors import Conflict
from labeling.models import Annotation, Membership, Queue, Skip, Slot
from labeling.services.amending import amend
from labeling.services.annotations import submit, submit_and_go_on, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim_next, heartbeat, hold, release, release_all, skip
from labeling.services.projects import deactivate, reactivate
from tests.factories import make_annotator, make_items, make_member, make_project, make_queue

OVERLAP, PEOPLE = 2, 4
who = st.integers(0, PEOPLE - 1)
answers = st.sampled_from(["refund", "delivery", None])
#: What ends an item for whoever is on it; what they wrote is kept.
OVER = ("queue_closed", "queue_moved", "task_set_aside", "lease_ended", "item_erased")


@contextmanager
def refused_only_as(*codes):
    """A conflict with one of these codes is an answer as good as any."""
    try:
        yield
    except Conflict as conflict:
        if conflict.code not in codes:
            raise


class Annotators(RuleBasedStateMachine):
    """Four people on four tasks; what they were told is kept to compare the tables with."""

    def __init__(self):
        super().__init__()
        self.rows = transaction.atomic()
        self.rows.__enter__()

    def teardown(self):
        """Each story begins with empty tables."""
        transaction.set_rollback(True)
        self.rows.__exit__(None, None, None)

    @initialize(order=st.sampled_from(["arrival", "random"]))
    def begin(self, order):
        project = make_project(amend_minutes=60)
        self.queue = make_queue(project, make_items(project, 4), overlap=OVERLAP, order=order)
        self.lead = make_member(project, "lead", "admin")
        self.people = [make_annotator(project) for _ in range(PEOPLE)]
        self.leases = {number: [] for number in range(PEOPLE)}
        self.acknowledged, self.authors, self.versions = {}, {}, {}
        self.most = OVERLAP

    def open_queues(self):
        return set(Queue.objects.open().values_list("pk", flat=True))

    def at_work(self, number):
        """The leases of somebody who is a member still, the latest last."""
        person = Membership.objects.get(pk=self.people[number].pk)
        return [] if person.deactivated_at else self.leases[number]

    def keep(self, number, lease):
        if lease:
            refused = Skip.objects.filter(task=lease.task, annotator=lease.annotator)
            assert not refused.exists(), "somebody is asked again what they refused"
            self.leases[number].append(lease)
            self.versions[lease.token] = Queue.objects.get(pk=lease.queue.pk).rubric_version_id

    def told(self, number, token, uid, answer):
        """The same token is answered the same for ever."""
        self.acknowledged.setdefault(token, (uid, answer))
        assert self.acknowledged[token] == (uid, answer)
        self.authors[uid] = self.people[number].pk

    @rule(number=who, ahead=st.booleans())
    def claims(self, number, ahead=False):
        person = Membership.objects.get(pk=self.people[number].pk)
        if not person.deactivated_at:
            lease = claim_next(person)
            assert not lease or lease.queue.pk in self.open_queues()
            self.keep(number, lease)
            if lease and ahead:
                self.keep(number, hold(lease.queue, person))

    @rule(number=who)
    def looks_ahead(self, number):
        for lease in self.at_work(number)[-1:]:
            queue = Queue.objects.get(pk=lease.queue.pk)
            self.keep(number, hold(queue, lease.annotator))

    @rule(number=who, answer=answers, old=st.booleans(), on=st.booleans())
    def submits(self, number, answer, old, on):
        for lease in self.at_work(number)[0 if old else -1 :][:1]:
            payload, at = Payload({"topic": answer}), timezone.now()
            with refused_only_as("idempotency_mismatch", "already_submitted", *OVER):
                if on:
                    done = submit_and_go_on(lease.annotator, lease.token, payload, at=at)
                    self.keep(number, done.lease)
                    reply = done.submission
                else:
                    reply = submit(lease.annotator, lease.token, payload, at=at)
                self.told(number, lease.token, reply.annotation, answer)

    @rule(number=who, answer=answers)
    def sends_the_same_again(self, number, answer):
        told = [lease for lease in self.at_work(number) if lease.token in self.acknowledged]
        for lease in told[-1:]:
            uid, first = self.acknowledged[lease.token]
            with refused_only_as("idempotency_mismatch"):
                payload = Payload({"topic": answer})
                reply = submit(lease.annotator, lease.token, payload, at=timezone.now())
                assert (reply.annotation, answer) == (uid, first)

    @rule(number=who)
    def undoes(self, number):
        for annotation in self.own(number).order_by("-pk")[:1]:
            with refused_only_as("already_withdrawn", "already_amended", "too_late", *OVER):
                lease = undo(annotation.annotator, annotation, at=timezone.now())
                self.leases[number].append(lease)

    @rule(number=who, answer=answers)
    def amends(self, number, answer):
        for annotation in self.own(number)[:1]:
            token = uuid4()
            with refused_only_as("already_amended", "item_erased"):
                payload = Payload({"topic": answer})
                reply = amend(annotation.annotator, annotation, token, payload, at=timezone.now())
                self.told(number, token, reply.annotation, answer)

    def own(self, number):
        member = [person for person in self.people[number : number + 1] if self.at_work(number)]
        rows = Annotation.objects.filter(annotator__in=member).exclude(kind="withdrawn")
        related = ("task__queue__project", "task__queue__rubric_version", "task__item")
        return rows.select_related("annotator__project", "annotator__user", *related)

    @rule(number=who, act=st.sampled_from([heartbeat, release]))
    def keeps_or_gives_back(self, number, act):
        for lease in self.at_work(number)[-1:]:
            with refused_only_as("already_submitted", *OVER):
                act(lease.annotator, lease.token)
        self.claims(number)

    @rule(number=who, reason=st.sampled_from(["other", "broken_item"]))
    def skips(self, number, reason):
        for lease in self.at_work(number)[-1:]:
            with refused_only_as("already_submitted", *OVER):
                skip(lease.annotator, lease.token, reason, at=timezone.now())
        self.claims(number)

    @rule(number=who)
    def goes_home(self, number):
        release_all(self.people[number])

    @rule(number=who)
    def is_removed_or_taken_back(self, number):
        person = Membership.objects.get(pk=self.people[number].pk)
        (reactivate if person.deactivated_at else deactivate)(person, by=self.lead)

    @rule()
    def time_passes(self):
        leased = Slot.objects.filter(annotation=None, annotator__isnull=False)
        leased.update(leased_until=timezone.now() - timedelta(seconds=1))
