"""Many people on the same tasks at the same moment, with requests cut and leases running out."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from labeling.models import Annotation, AuditEvent, Membership, Queue, Slot, Task
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests.factories import make_annotator, make_items, make_project, make_queue, make_task

ANSWERS = ("refund", "delivery", "other")
SEED = int(os.environ.get("FETTLE_RACE_SEED", "20261123"))


class CutError(Exception):
    """The connection ended at this moment."""


@pytest.fixture
def on_postgres(transactional_db):
    if connection.vendor == "postgresql":
        return
    if os.environ.get("CI") and os.environ.get("FETTLE_CI_POSTGRES"):
        pytest.fail("this run was to be on PostgreSQL; set DATABASE_URL")
    pytest.skip("shows what only PostgreSQL shows; set DATABASE_URL to one")


@pytest.fixture
def on_disk(db, tmp_path) -> Iterator[None]:
    """Threads that begin in the test work on an SQLite file, whatever the suite runs on."""
    before = connections.settings["default"]
    connections.settings["default"] = {
        **deepcopy(before),
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "races.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
    try:
        together(lambda: call_command("migrate", verbosity=0))
        yield
    finally:
        connections.settings["default"] = before


def together(*works: Callable[[], Any]) -> list[Any]:
    """Let all of these go at once, each in its own thread; their answers or the first error."""
    barrier = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            barrier.wait(30)
            answers[number] = work()
        except BaseException as error:  # noqa: BLE001 - told to the test below
            answers[number] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(number, work), daemon=True)
        for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def judge(member: Membership, token: UUID, answer: str = "refund"):
    return submit(member, token, Payload({"topic": answer}), at=timezone.now())


def run_out(token: UUID) -> None:
    """Tests move rows, not clocks."""
    past = timezone.now() - timedelta(minutes=1)
    Slot.objects.filter(token=token, annotation=None).update(leased_until=past)


@pytest.mark.postgres
@pytest.mark.parametrize("number", range(3))
def test_twenty_claims_of_the_last_slot_lend_it_once(on_postgres, number):
    task = make_task(overlap=1)
    people = [make_annotator(task.queue.project) for _ in range(20)]

    leases = together(*[lambda person=person: claim(task.queue, person) for person in people])

    assert len([lease for lease in leases if lease]) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("number", range(3))
def test_twenty_late_answers_to_the_last_slot_count_once_and_all_are_kept(on_postgres, number):
    task = make_task(overlap=1)
    tokens = {}
    for _ in range(20):
        person = make_annotator(task.queue.project)
        tokens[person] = claim(task.queue, person).token
        run_out(tokens[person])

    replies = together(
        *[
            lambda person=person, token=token: judge(person, token)
            for person, token in tokens.items()
        ]
    )

    assert len({reply.annotation for reply in replies}) == 20
    assert Annotation.objects.count() == 20
    assert Annotation.objects.counted().count() == 1
    assert Task.objects.get().state == "settled"


@pytest.mark.postgres
def test_the_same_submission_twenty_times_at_once_is_one_row_and_one_answer(on_postgres):
    task = make_task(overlap=2)
    person = make_annotator(task.queue.project)
    token = claim(task.queue, person).token

    replies = together(*[lambda: judge(person, token)] * 20)

    assert len(set(replies)) == 1
    assert Annotation.objects.count() == 1
    assert AuditEvent.objects.filter(verb="annotated").count() == 1


@pytest.mark.postgres
def test_twenty_tabs_of_one_person_show_the_same_item(on_postgres):
    queue = make_queue(items=None, overlap=3)
    person = make_annotator(queue.project)

    leases = together(*[lambda: claim(queue, person)] * 20)

    assert len({lease.token for lease in leases}) == 1
    assert Slot.objects.filter(annotator=person).count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("order", ["arrival", "random"])
def test_twenty_people_under_fire_keep_overlap_exact(on_postgres, order):
    work_under_fire(people=20, items=30, overlap=3, order=order)


def test_five_people_under_fire_keep_overlap_exact_on_sqlite(on_disk):
    together(lambda: work_under_fire(people=5, items=12, overlap=3, order="arrival"))

    assert not Queue.objects.exists(), "all of it was to happen on disk, not here"


def work_under_fire(*, people: int, items: int, overlap: int, order: str) -> None:
    """Everybody judges until nothing is left, badly connected; then the tables are checked."""
    project = make_project()
    queue = make_queue(project, make_items(project, items), overlap=overlap, order=order)
    crew = [Annotator(queue, make_annotator(project), SEED + n) for n in range(people)]

    together(*[annotator.work for annotator in crew])

    check_slots(queue, overlap)
    check_acknowledgements(crew)


def check_slots(queue: Queue, overlap: int) -> None:
    slots = Slot.objects.filter(queue=queue)
    counted = Counter(slots.exclude(annotation=None).values_list("task", flat=True))
    pairs = slots.exclude(annotation=None).values_list("task", "annotation__annotator")
    assert max(counted.values()) <= overlap
    assert len(set(pairs)) == len(pairs), "somebody counts twice on a task"
    assert sum(counted.values()) == slots.count(), "something was left undone"
    assert not queue.tasks.filter(state="open").exists()


def check_acknowledgements(crew: list[Annotator]) -> None:
    for annotator in crew:
        stored = {
            row.token: (row.uid, row.answers.get().value)
            for row in Annotation.objects.filter(annotator=annotator.member)
        }
        assert annotator.acknowledged.items() <= stored.items(), "an acknowledgement was lost"
        assert stored.keys() <= annotator.sent, "something was stored that nobody sent"


class Annotator:
    """Somebody on a bad line: requests are cut before or after they arrive, leases run out."""

    def __init__(self, queue: Queue, member: Membership, seed: int) -> None:
        self.queue, self.member = queue, member
        self.chance = random.Random(seed)
        self.acknowledged: dict[UUID, tuple[UUID, str]] = {}
        self.sent: set[UUID] = set()

    def work(self) -> None:
        idle = 0
        while idle < 20:
            lease = self.claimed()
            if lease is None:
                idle += 1
                threading.Event().wait(0.02)
                continue
            idle = 0
            self.judge(lease.token)

    def claimed(self):
        """A claim whose answer sometimes does not arrive, or which is cut before it is done."""
        try:
            with self.cut(0.1):
                lease = claim(self.queue, self.member)
        except CutError:
            return claim(self.queue, self.member)
        return claim(self.queue, self.member) if self.chance.random() < 0.1 else lease

    def judge(self, token: UUID) -> None:
        if self.chance.random() < 0.15:
            run_out(token)
            threading.Event().wait(0.03)
        answer = self.chance.choice(ANSWERS)
        self.sent.add(token)
        for _ in range(1 + (self.chance.random() < 0.2)):
            self.submit(token, answer)

    def submit(self, token: UUID, answer: str) -> None:
        try:
            with self.cut(0.15):
                judge(self.member, token, answer)
        except CutError:
            return self.submit(token, answer)
        if self.chance.random() < 0.15:  # it was done, but its answer did not arrive: ask again
            return self.submit(token, answer)
        reply = judge(self.member, token, answer)
        self.acknowledged[token] = (reply.annotation, answer)
        return None

    @contextmanager
    def cut(self, probability: float) -> Iterator[None]:
        """End the connection before the transaction commits, sometimes."""
        with transaction.atomic():
            yield
            if self.chance.random() < probability:
                raise CutError
