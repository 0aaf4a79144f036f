"""Whatever else there is to know, an annotator is told the same on every page and address.

One world is visited as it stands and once more with something in it that an annotator must not
know; what is random or a time is left out, everything else has to be equal byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from labeling.models import (
    Annotation,
    ContentField,
    Draft,
    Item,
    Membership,
    Project,
    Question,
    Queue,
    Skip,
    Slot,
    Task,
)
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests import factories
from tests.labeling.makers import decide, hold, make_adjudicator
from tests.security.routes import Route, routes
from tests.security.visits import BACKEND, put_away

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
UUIDS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00|&\#x2B;00:00)?")
SECRETS = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"')
OTHERS_ANNOTATION = uuid4()


@dataclass(frozen=True)
class Sitting:
    """An annotator with one item submitted and another on the screen."""

    project: Project
    queue: Queue
    member: Membership
    done: Annotation
    token: UUID
    task: Task


@pytest.fixture
def sitting() -> Iterator[Sitting]:
    with time_machine.travel(NOON, tick=False):
        project = factories.make_project("world")
        ContentField.objects.create(project=project, name="notes", visibility="hidden")
        items = factories.make_items(project, 5)
        queue = factories.make_queue(project, items, overlap=3)
        member = factories.make_annotator(project)
        first = claim(queue, member)
        submit(member, first.token, Payload({"topic": "refund"}), at=timezone.now())
        done = Annotation.objects.get()
        second = claim(queue, member)
        yield Sitting(project, queue, member, done, second.token, second.task)


def others_agree(sitting: Sitting) -> None:
    """Two others give the answer of this person to what they did, and any to what they look at."""
    _answer(sitting, sitting.done.task, "refund", uid=OTHERS_ANNOTATION)
    for task in (sitting.done.task, sitting.task, sitting.task):
        _answer(sitting, task, "refund")


def others_disagree(sitting: Sitting) -> None:
    for answer in ("delivery", "other"):
        _answer(sitting, sitting.done.task, answer)
    _answer(sitting, sitting.task, "delivery")


def an_adjudicator_decided(sitting: Sitting) -> None:
    others_disagree(sitting)
    assert Task.objects.get(pk=sitting.done.task_id).state == Task.State.DISPUTED
    adjudicator = make_adjudicator(sitting.project)
    decide(adjudicator, hold(adjudicator))


def somebody_took_theirs_back(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        row = _answer(sitting, task, "delivery")
        undo(row.annotator, row, at=timezone.now())


def everybody_else_is_done(sitting: Sitting) -> None:
    """All other items have one place left, which is this person's."""
    for task in sitting.queue.tasks.all():
        for _ in range(2):
            _answer(sitting, task, "other")


def others_skipped(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        other = factories.make_annotator(sitting.project)
        Skip.objects.create(task=task, annotator=other, reason="broken_item", note="unreadable")


def others_asked_and_typed(sitting: Sitting) -> None:
    other = factories.make_annotator(sitting.project)
    for task in (sitting.done.task, sitting.task):
        Question.objects.create(task=task, annotator=other, text="What is this?")
        Draft.objects.create(task=task, annotator=other, answers={"topic": "other"}, comment="Hm")


def others_hold_places(sitting: Sitting) -> None:
    free = Slot.objects.free().filter(queue=sitting.queue, task=sitting.task)
    for slot in free:
        other = factories.make_annotator(sitting.project)
        until = timezone.now() + timedelta(days=1)
        Slot.objects.filter(pk=slot.pk).update(
            annotator=other, token=uuid4(), leased_until=until, early=True
        )


def the_model_was_sure_of_something_else(sitting: Sitting) -> None:
    Item.objects.update(
        prediction="delivery",
        confidence=0.4711,
        model_version="model-x",
        group="group-9",
        attributes={"channel": "phone", "gold": "yes"},
    )
    for item in Item.objects.all():
        content = {**item.content, "notes": "a very important customer"}
        Item.objects.filter(pk=item.pk).update(content=content, external_id=f"gold-{item.pk}")
    sitting.queue.sample.members.update(stratum="stratum-a", inclusion_probability=0.25)


def more_people_are_asked_for(sitting: Sitting) -> None:
    Queue.objects.filter(pk=sitting.queue.pk).update(overlap=5, settling="majority")
    last = Slot.objects.filter(queue=sitting.queue, number=2)
    Slot.objects.bulk_create(
        Slot(queue=slot.queue, task=slot.task, number=number, place=slot.place)
        for slot in last
        for number in (3, 4)
    )


HIDDEN: list[Callable[[Sitting], None]] = [
    others_agree,
    others_disagree,
    an_adjudicator_decided,
    somebody_took_theirs_back,
    everybody_else_is_done,
    others_skipped,
    others_asked_and_typed,
    others_hold_places,
    the_model_was_sure_of_something_else,
    more_people_are_asked_for,
]


def test_no_address_tells_an_annotator_of_it(sitting):
    without = told(sitting, None, look)

    assert sum(status == 200 for status, *_rest in without.values()) >= 8
    assert tell_tales(sitting, without, look) == []


def test_nothing_that_an_annotator_does_tells_of_it(sitting):
    without = told(sitting, None, act)

    assert [status for status, *_rest in without.values()] == [200] * len(without)
    assert tell_tales(sitting, without, act) == []


def test_taking_a_submission_back_tells_nothing_of_it(sitting):
    without = told(sitting, None, take_back)

    assert [status for status, *_rest in without.values()] == [200, 200, 200]
    assert tell_tales(sitting, without, take_back) == []


def test_a_difference_would_be_found(sitting):
    def judged_more(sitting: Sitting) -> None:
        Annotation.objects.filter(pk=sitting.done.pk).update(comment="Mine")

    without, given = told(sitting, None, look), told(sitting, judged_more, look)

    assert "my_work" in [name for name in without if without[name] != given[name]]


Told = dict[str, tuple[int, list[str], bytes]]


def told(
    sitting: Sitting, fact: Callable[[Sitting], None] | None, visit: Callable[[Sitting], Told]
) -> Told:
    """What is heard where the fact holds; the world is left as it was."""
    with transaction.atomic():
        if fact:
            fact(sitting)
        heard = visit(sitting)
        transaction.set_rollback(True)
    cache.clear()
    return heard


def tell_tales(
    sitting: Sitting, without: Told, visit: Callable[[Sitting], Told]
) -> list[tuple[str, str]]:
    """What there was to know, and where an answer was another because of it."""
    found = []
    for fact in HIDDEN:
        given = told(sitting, fact, visit)
        found += [(fact.__name__, name) for name in without if without[name] != given[name]]
    return found


def look(sitting: Sitting) -> Told:
    """Every address of the site, whether an annotator may open it or not."""
    client = logged_in(sitting)
    return {route.name: heard(client.get(path)) for route, path in addresses(sitting)}


def act(sitting: Sitting) -> Told:
    """All that can be done with the item on the screen and with the one that was submitted."""
    client, api = logged_in(sitting), "/api/v1"
    page, lease = "/p/world/judge/", f"{api}/leases/{sitting.token}"
    own = f"{api}/annotations/{sitting.done.uid}"
    answers = {"answers": {"topic": "other"}, "comment": "Mine"}
    form = {"member": str(sitting.member.uid), "answer-topic": "=other", "comment": "Mine"}
    found: Told = {}

    def send(name: str, path: str, body: Any, **how: Any) -> None:
        found[name] = heard(client.post(path, body, **how))

    program = {"content_type": "application/json"}
    send("heartbeat", f"{lease}/heartbeat/", {}, **program)
    send("draft", f"{lease}/draft/", {**answers, "sequence": 1}, **program)
    send("amend", f"{own}/amend/", {**answers, "token": str(uuid4())}, **program)
    script = {"HTTP_X_REQUESTED_WITH": "judge"}
    send("submit", f"{page}{sitting.token}/submit/", form, **script)
    token = Slot.objects.get(annotator=sitting.member, annotation=None, held=False).token
    send("skip", f"{page}{token}/skip/", {**form, "reason": "other"}, **script)
    send("the next", f"{api}/projects/world/claims/", {}, **program)
    return found


def take_back(sitting: Sitting) -> Told:
    """The submission is withdrawn, its item judged again."""
    client, api = logged_in(sitting), "/api/v1"
    program = {"content_type": "application/json"}
    undone = client.post(f"{api}/annotations/{sitting.done.uid}/undo/", {}, **program)
    token = undone.json()["lease"]["token"]
    again = client.post(
        f"{api}/leases/{token}/submit/", {"answers": {"topic": "other"}, "next": True}, **program
    )
    steps = {"undo": undone, "again": again, "own work": client.get("/me/work/world/")}
    return {name: heard(step) for name, step in steps.items()}


def heard(response: Any) -> tuple[int, list[str], bytes]:
    """Status, names of headers and body, without what is random or a time in any world."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    for pattern in (UUIDS, TIMES, SECRETS):
        body = pattern.sub(b"-", body)
    put_away(response)
    return response.status_code, sorted(response.headers), body


def addresses(sitting: Sitting) -> Iterator[tuple[Route, str]]:
    """Own rows where a route is about one of them, and else rows that exist, or perhaps do."""
    rows = {
        "annotation": sitting.done.uid,
        "lease": sitting.token,
        "task": sitting.task.uid,
        "item": sitting.task.item.uid,
        "queue": sitting.queue.uid,
        "rubric": sitting.queue.rubric_version.rubric.uid,
        "rubric_version": sitting.queue.rubric_version.uid,
        "sample": sitting.queue.sample.uid,
        "person": sitting.member.uid,
    }
    for route in routes():
        if "GET" not in route.verbs or route.is_public:
            continue
        uid = rows.get(route.row, OTHERS_ANNOTATION)
        yield route, route.path(project="world", uid=uid, token=uid, secret="s")
        if route.row == "annotation":
            others = Route(f"{route.name} of others", route.pattern, route.row, route.verbs)
            theirs = OTHERS_ANNOTATION
            yield others, route.path(project="world", uid=theirs, token=theirs, secret="s")


def logged_in(sitting: Sitting) -> Client:
    client = Client()
    client.force_login(sitting.member.user, backend=BACKEND)
    return client


def _answer(sitting: Sitting, task: Task, value: str, uid: UUID | None = None) -> Annotation:
    """Somebody new answers a task, under a place that is free."""
    other = factories.make_annotator(sitting.project)
    token = uuid4()
    slot = Slot.objects.free().filter(task=task).order_by("number").first()
    if slot is None:
        raise AssertionError("no place is free on this task")
    Slot.objects.filter(pk=slot.pk).update(
        annotator=other, token=token, leased_until=timezone.now() + timedelta(minutes=5)
    )
    task.offers.create(annotator=other, token=token)
    sitting.queue.seats.get_or_create(annotator=other)
    submit(other, token, Payload({"topic": value}), at=timezone.now())
    row = Annotation.objects.get(task=task, annotator=other)
    if uid:
        Annotation.objects.filter(pk=row.pk).update(uid=uid)
    return row
