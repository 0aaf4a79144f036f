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
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from evaluation.models import JudgedEvaluation
from labeling.models import (
    Annotation,
    ContentField,
    Project,
    Queue,
    Slot,
)
from labeling.policy.roles import Verb, may
from labeling.services import candidates, leases
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from tests import factories
from tests.evaluation.judging import make_pairs
from tests.labeling.makers import better, faults
from tests.security.hidden_facts import HIDDEN, OTHERS_ANNOTATION, Sitting
from tests.security.routes import Route, routes
from tests.security.visits import BACKEND, put_away

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
UUIDS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00|&\#x2B;00:00)?")
SECRETS = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"')


#: What a route that answers everybody by itself needs no annotator to be asked for.
OWN = {"self", "member"}

DONE = {200, 201, 204, 302}


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
