"""Whatever else there is to know, an annotator is told the same on every page and address.

One world is visited as it stands and once more with something in it that an annotator must not
know; what is random or a time is left out, everything else has to be equal byte for byte: status,
headers and body. Which addresses there are is read from the site's own table, so that a new one is
visited, or fails for want of a body that could be sent to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from evaluation.models import JudgedEvaluation, JudgedOutput, ModelVersion
from labeling.models import (
    Annotation,
    Answer,
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
from labeling.models.queues import new_key
from labeling.policy.roles import Verb, may
from labeling.policy.sides import sides_of
from labeling.services import candidates, leases
from labeling.services.adjudications import Decision, adjudicate
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests import factories
from tests.evaluation.judging import make_pairs
from tests.labeling.makers import better, faults, hold, make_adjudicator
from tests.security.routes import Route, routes
from tests.security.visits import BACKEND, put_away

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
UUIDS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00|&\#x2B;00:00)?")
SECRETS = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"')
OTHERS_ANNOTATION = uuid4()


#: What a route that answers everybody by itself needs no annotator to be asked for.
OWN = {"self", "member"}

DONE = {200, 201, 204, 302}
Answers = dict[str, str]


@dataclass(frozen=True)
class Sitting:
    """An annotator with one item submitted and another on the screen.

    says: three ways to answer an item, of which the first is what this person said.
    """

    project: Project
    queue: Queue
    member: Membership
    done: Annotation
    token: UUID
    task: Task
    says: tuple[Answers, Answers, Answers]


@pytest.fixture(autouse=True)
def tokens(monkeypatch):
    """The same tokens in each world: the order of options is drawn from them."""
    for module in (leases, candidates):
        monkeypatch.setattr(module, "uuid4", lambda: UUID(int=TOKENS.getrandbits(128), version=4))
    return TOKENS


TOKENS = Random()


@pytest.fixture(params=["labels", "pairs"])
def sitting(request) -> Iterator[Sitting]:
    """One by labels of a text, one by outputs of two versions with options in a drawn order."""
    TOKENS.seed(request.param)
    with time_machine.travel(NOON, tick=False):
        project = factories.make_project("world")
        ContentField.objects.create(project=project, name="notes", visibility="hidden")
        if request.param == "labels":
            items = factories.make_items(project, 5)
            queue = factories.make_queue(project, items, overlap=3)
            says = tuple({"topic": value} for value in ("refund", "delivery", "other"))
        else:
            queue = queue_of_pairs(project)
            says = tuple(
                {"better": side, "topic": value, "faults": fault}
                for side, value, fault in (
                    ("a", "refund", '["late"]'),
                    ("b", "delivery", '["rude"]'),
                    ("tie", "other", '["late","wrong"]'),
                )
            )
        member = factories.make_annotator(project)
        first = claim(queue, member)
        submit(member, first.token, Payload(says[0]), at=timezone.now())
        done = Annotation.objects.get()
        second = claim(queue, member)
        yield Sitting(project, queue, member, done, second.token, second.task, says)


def queue_of_pairs(project: Project) -> Queue:
    questions = [better() | {"subject": "pair"}, factories.topic(), faults()]
    shuffled = {"show": {}, "shuffle_options": True, "shuffle_sides": True}
    settings = {"overlap": 3, "order": "arrival", "blinding": shuffled}
    settings |= {"sensitive": True, "cap_daily": 50}
    queue = make_pairs(project, 5, criteria=questions, settings=settings).queue
    assert queue is not None
    return queue


def others_agree(sitting: Sitting) -> None:
    """Two others give the answer of this person to what they did, and any to what they look at."""
    _answer(sitting, sitting.done.task, 0, uid=OTHERS_ANNOTATION)
    for task in (sitting.done.task, sitting.task, sitting.task):
        _answer(sitting, task, 0)


def others_disagree(sitting: Sitting) -> None:
    for way in (1, 2):
        _answer(sitting, sitting.done.task, way)
    _answer(sitting, sitting.task, 1)


def an_adjudicator_decided(sitting: Sitting) -> None:
    others_disagree(sitting)
    assert Task.objects.get(pk=sitting.done.task_id).state == Task.State.DISPUTED
    adjudicator = make_adjudicator(sitting.project)
    ruling = {"cause": "slip", "rationale": "It says so."}
    rulings = {key: Decision(value, **ruling) for key, value in sitting.says[1].items()}
    adjudicate(adjudicator, hold(adjudicator).claim_token, rulings, at=timezone.now())


def somebody_took_theirs_back(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        row = _answer(sitting, task, 1)
        undo(row.annotator, row, at=timezone.now())


def everybody_else_is_done(sitting: Sitting) -> None:
    """All other items have one place left, which is this person's."""
    for task in sitting.queue.tasks.all():
        for _ in range(2):
            _answer(sitting, task, 2)


def others_skipped(sitting: Sitting) -> None:
    for task in (sitting.done.task, sitting.task):
        other = factories.make_annotator(sitting.project)
        Skip.objects.create(task=task, annotator=other, reason="broken_item", note="unreadable")


def others_asked_and_typed(sitting: Sitting) -> None:
    other = factories.make_annotator(sitting.project)
    for task in (sitting.done.task, sitting.task):
        Question.objects.create(task=task, annotator=other, text="What is this?")
        Draft.objects.create(task=task, annotator=other, answers=sitting.says[2], comment="Hm")


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


def the_versions_have_other_names(sitting: Sitting) -> None:
    for row in ModelVersion.objects.all():
        ModelVersion.objects.filter(pk=row.pk).update(name=f"gpt-{row.pk}", commit="abc")
    JudgedEvaluation.objects.update(name="gpt against the rest", seed=4711)


def the_outputs_are_kept_the_other_way_round(sitting: Sitting) -> None:
    """What stood first in the task stands second, and the sides are drawn the other way round."""
    if not sitting.task.outputs:
        return
    for task in sitting.queue.tasks.all():
        Task.objects.filter(pk=task.pk).update(outputs=task.outputs[::-1])
    JudgedOutput.objects.update(position=10 + F("position"))
    for position in (0, 1):
        JudgedOutput.objects.filter(position=10 + position).update(position=1 - position)
    Queue.objects.filter(pk=sitting.queue.pk).update(sides_key=_turning(sitting))
    said = Answer.objects.get(annotation=sitting.done, criterion__key="better")
    Answer.objects.filter(pk=said.pk).update(value={"a": "b", "b": "a"}[said.value])
    shown = {**sitting.done.shown, "sides": sitting.done.shown["sides"][::-1]}
    Annotation.objects.filter(pk=sitting.done.pk).update(shown=shown)


def _turning(sitting: Sitting) -> str:
    """A key by which this person sees every pair of the queue turned round."""

    def orders(key: str) -> list[tuple[int, ...]]:
        secret, person = bytes.fromhex(key), sitting.member.pk
        tasks = sitting.queue.tasks.order_by("pk")
        return [sides_of(2, {}, secret, task=task.pk, person=person).order for task in tasks]

    now = orders(sitting.queue.sides_key)
    turned = [order[::-1] for order in now]
    return next(key for key in iter(new_key, None) if orders(key) == turned)


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
    the_versions_have_other_names,
    the_outputs_are_kept_the_other_way_round,
]


def test_no_address_tells_an_annotator_of_it(sitting):
    without = told(sitting, None, look)

    opened = {name: without[name][0] for name in open_to_annotators()}
    assert {name: status for name, status in opened.items() if status not in DONE} == {}
    assert tell_tales(sitting, without, look) == []


def test_nothing_that_an_annotator_can_send_tells_of_it(sitting):
    without = told(sitting, None, send_each)

    sent = {name: status for name, (status, *_rest) in without.items()}
    if not sitting.queue.sensitive:
        assert sent.pop("POST api:queue_decline") == 409
    assert {name: status for name, status in sent.items() if status not in DONE} == {}
    assert tell_tales(sitting, without, send_each) == []


def test_a_body_is_known_for_every_route_by_which_an_annotator_changes_something(sitting):
    wanted = {
        (route.name, method)
        for route in routes()
        for method, verb in route.verbs.items()
        if method != "GET" and verb == Verb.ANNOTATE
    }
    assert wanted == set(bodies(sitting))


def test_nothing_that_an_annotator_does_tells_of_it(sitting):
    without = told(sitting, None, act)

    assert [status for status, *_rest in without.values()] == [200] * len(without)
    assert tell_tales(sitting, without, act) == []


def test_taking_a_submission_back_tells_nothing_of_it(sitting):
    without = told(sitting, None, take_back)

    assert [status for status, *_rest in without.values()] == [200, 200, 200]
    assert tell_tales(sitting, without, take_back) == []


def test_the_key_of_a_queues_sides_is_told_nobody(sitting):
    for visit in (look, send_each, act, take_back):
        for name, (_status, headers, body) in told(sitting, None, visit).items():
            assert sitting.queue.sides_key.encode() not in body, name
            assert sitting.queue.sides_key not in str(headers), name


def test_a_difference_would_be_found(sitting):
    def judged_more(sitting: Sitting) -> None:
        Annotation.objects.filter(pk=sitting.done.pk).update(comment="Mine")

    without, given = told(sitting, None, look), told(sitting, judged_more, look)

    assert "my_work" in [name for name in without if without[name] != given[name]]


#: Status, headers with their values, body.
Heard = tuple[int, list[tuple[str, str]], bytes]
Told = dict[str, Heard]


def told(
    sitting: Sitting, fact: Callable[[Sitting], None] | None, visit: Callable[[Sitting], Told]
) -> Told:
    """What is heard where the fact holds; the world is left as it was."""
    with undone():
        if fact:
            TOKENS.seed(fact.__name__)
            fact(sitting)
        TOKENS.seed(4711)
        return visit(sitting)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


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
    """Every address of the site, whether an annotator may open it or not.

    About pairs: those that an annotator may open, and those about what they are from.
    """
    client, opened, found = logged_in(sitting), set(open_to_annotators()), {}
    for route, path in addresses(sitting):
        if sitting.task.outputs and not (route.name in opened or "judged" in route.name):
            continue
        found[route.name] = heard(client.get(path))
    return found


def open_to_annotators() -> list[str]:
    """The routes that are there for annotators to look at."""
    return [
        route.name
        for route in routes()
        if "GET" in route.verbs and not route.is_public and _is_for_annotators(route.verbs["GET"])
    ]


def _is_for_annotators(verb: str) -> bool:
    if verb in OWN:
        return True
    return verb in set(Verb) and may(["annotator"], Verb(verb))


def bodies(sitting: Sitting) -> dict[tuple[str, str], dict[str, Any]]:
    """What an annotator sends to each route by which they change something."""
    answers = {"answers": sitting.says[2], "comment": "Mine"}
    form = {f"answer-{key}": f"={value}" for key, value in sitting.says[2].items()}
    form |= {"member": str(sitting.member.uid), "comment": "Mine"}
    question = {"text": "What is this?"}
    return {
        ("judge", "POST"): {"member": form["member"]},
        ("judge_submit", "POST"): form,
        ("judge_skip", "POST"): {**form, "reason": "other"},
        ("judge_undo", "POST"): {"member": form["member"]},
        ("judge_amend", "POST"): {**form, "token": str(uuid4())},
        ("judge_ask", "POST"): {**question, "member": form["member"]},
        ("own_questions", "POST"): {},
        ("api:claims", "POST"): {"ahead": True},
        ("api:lease_heartbeat", "POST"): {},
        ("api:lease_draft", "POST"): {**answers, "sequence": 1},
        ("api:lease_submit", "POST"): {**answers, "next": True, "ahead": True},
        ("api:lease_skip", "POST"): {"reason": "other", "next": True},
        ("api:lease_release", "POST"): {},
        ("api:lease_questions", "POST"): question,
        ("api:own_questions", "POST"): {},
        ("api:annotation_undo", "POST"): {},
        ("api:annotation_amend", "POST"): {**answers, "token": str(uuid4())},
        ("api:queue_decline", "POST"): {},
        ("api:queue_rejoin", "POST"): {},
    }


def send_each(sitting: Sitting) -> Told:
    """Each route by which an annotator changes something, each from the same world."""
    client, rows, found = logged_in(sitting), own_rows(sitting), {}
    patterns = {route.name: route for route in routes()}
    for (name, method), body in bodies(sitting).items():
        route, how = patterns[name], {"content_type": "application/json"}
        uid = rows.get(route.row, OTHERS_ANNOTATION)
        path = route.path(project="world", uid=uid, token=uid, secret="s")
        kind = how if route.is_api else {"HTTP_X_REQUESTED_WITH": "judge"}
        with undone():
            TOKENS.seed(4711)
            found[f"{method} {name}"] = heard(client.post(path, body, **kind))
    return found


def act(sitting: Sitting) -> Told:
    """All that can be done with the item on the screen and with the one that was submitted."""
    client, api = logged_in(sitting), "/api/v1"
    page, lease = "/p/world/judge/", f"{api}/leases/{sitting.token}"
    own = f"{api}/annotations/{sitting.done.uid}"
    answers = {"answers": sitting.says[2], "comment": "Mine"}
    form = bodies(sitting)["judge_submit", "POST"]
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
        f"{api}/leases/{token}/submit/", {"answers": sitting.says[2], "next": True}, **program
    )
    steps = {"undo": undone, "again": again, "own work": client.get("/me/work/world/")}
    return {name: heard(step) for name, step in steps.items()}


def heard(response: Any) -> Heard:
    """Status, headers and body, without what is random or a time in any world."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    for pattern in (UUIDS, TIMES, SECRETS):
        body = pattern.sub(b"-", body)
    headers = [(name, _plain(value)) for name, value in sorted(response.headers.items())]
    headers += [("Set-Cookie", name) for name in sorted(response.cookies)]
    put_away(response)
    return response.status_code, headers, body


def _plain(value: str) -> str:
    return TIMES.sub(b"-", UUIDS.sub(b"-", value.encode())).decode()


def addresses(sitting: Sitting) -> Iterator[tuple[Route, str]]:
    """Own rows where a route is about one of them, and else rows that exist, or perhaps do."""
    rows = own_rows(sitting)
    for route in routes():
        if "GET" not in route.verbs or route.is_public:
            continue
        uid = rows.get(route.row, OTHERS_ANNOTATION)
        yield route, route.path(project="world", uid=uid, token=uid, secret="s")
        if route.row == "annotation":
            others = Route(f"{route.name} of others", route.pattern, route.row, route.verbs)
            theirs = OTHERS_ANNOTATION
            yield others, route.path(project="world", uid=theirs, token=theirs, secret="s")


def own_rows(sitting: Sitting) -> dict[str, Any]:
    """The rows that this person's addresses are about, by their kind."""
    judged = JudgedEvaluation.objects.first()
    return {
        **({"judged": judged.uid, "version": judged.model_version.uid} if judged else {}),
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


def logged_in(sitting: Sitting) -> Client:
    client = Client()
    client.force_login(sitting.member.user, backend=BACKEND)
    return client


def _answer(sitting: Sitting, task: Task, way: int, uid: UUID | None = None) -> Annotation:
    """Somebody new answers a task in one of the ways, under a place that is free."""
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
    submit(other, token, Payload(sitting.says[way]), at=timezone.now())
    row = Annotation.objects.get(task=task, annotator=other)
    if uid:
        Annotation.objects.filter(pk=row.pk).update(uid=uid)
    return row
