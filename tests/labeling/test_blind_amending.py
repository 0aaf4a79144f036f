"""Amending, undoing and looking back answer the same, whatever others have done meanwhile."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.models import Annotation, Task
from labeling.services.adjudications import reveal
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.dependents import keeps_task
from tests.factories import make_annotator
from tests.labeling.makers import decide, hold, make_adjudicator
from tests.labeling.test_blindness import plain, world

pytestmark = pytest.mark.django_db


def others_say(*answers):
    def meanwhile(queue):
        for answer in answers:
            lease = claim(queue, make_annotator(queue.project))
            submit(lease.annotator, lease.token, Payload({"topic": answer}), at=timezone.now())

    return meanwhile


def nothing(queue):
    """Nobody else has looked at it."""


def adjudicated(queue):
    others_say("refund", "other")(queue)
    member = make_adjudicator(queue.project)
    held = hold(member)
    reveal(member, held.claim_token, {"topic": "other"}, at=timezone.now())
    decide(member, held, "other")


def claimed(queue):
    others_say("refund", "other")(queue)
    hold(make_adjudicator(queue.project))


WORLDS = {
    "nothing": nothing,
    "one": others_say("refund"),
    "settled": others_say("delivery", "delivery"),
    "disputed": others_say("refund", "delivery"),
    "claimed": claimed,
    "adjudicated": adjudicated,
    "used": others_say("delivery", "delivery"),
}


@pytest.fixture
def kept(monkeypatch):
    """Something rests on the answers of the world in which they are used."""
    monkeypatch.setattr("labeling.services.dependents._on_tasks", [])
    keeps_task(lambda task: "It is used." * (task.queue.project.slug == "world-used"))


def own_judgment(name):
    """An own judgment of the first item, and what others do after it."""
    queue, member = world(name, 0)
    lease = claim(queue, member)
    submit(member, lease.token, Payload({"topic": "delivery"}), at=timezone.now())
    WORLDS[name](queue)
    return member, Annotation.objects.get(annotator=member)


@pytest.mark.parametrize("name", [name for name in WORLDS if name != "nothing"])
def test_amending_on_the_page_tells_nothing_of_others(browse, kept, name):
    assert amended_on_page(browse, name) == amended_on_page(browse, "nothing")


def amended_on_page(browse, name):
    member, annotation = own_judgment(name)
    client = browse(member)
    path = f"/p/world-{name}/judge/amend/{annotation.uid}/"
    sent = {"member": str(member.uid), "token": str(uuid4()), "answer-topic": "=refund"}
    steps = [
        client.get(f"/p/world-{name}/judge/back/"),
        client.get(path),
        client.post(path, sent | {"answer-topic": ""}),
        client.post(path, sent),
        client.post(path, sent | {"answer-topic": "=other"}),
        client.get(path),
        client.get(f"/me/work/world-{name}/"),
    ]
    assert [step.status_code for step in steps] == [302, 200, 400, 302, 409, 409, 200]
    return [re.sub(rb"(?i)person ?\d+", b"person", plain(step)) for step in steps]


@pytest.mark.parametrize("name", [name for name in WORLDS if name != "nothing"])
def test_programs_hear_nothing_of_others_when_they_amend_or_undo(call, kept, name):
    heard = {}
    for one in (name, "nothing"):
        member, annotation = own_judgment(one)
        client = call(member, "annotate")
        path = f"/api/v1/annotations/{annotation.uid}"
        amendment = {"token": str(uuid4()), "answers": {"topic": "nonsense"}}
        steps = [
            client.post(f"{path}/amend/", amendment),
            client.post(f"{path}/undo/", {}),
            client.post(f"{path}/amend/", amendment | {"answers": {"topic": "other"}}),
            client.get(f"/api/v1/projects/world-{one}/work/"),
            client.get(f"/api/v1/projects/world-{one}/work/progress/"),
        ]
        lease = f"/api/v1/leases/{steps[1].json()['lease']['token']}"
        steps += [
            client.post(f"{lease}/heartbeat/", {}),
            client.post(f"{lease}/submit/", {"answers": {"topic": "other"}}),
        ]
        heard[one] = [(step.status_code, plain(step)) for step in steps]

    assert heard[name] == heard["nothing"]
    assert [status for status, _body in heard[name]] == [400, 200, 409, 200, 200, 200, 200]


@pytest.mark.parametrize("name", ["adjudicated", "used", "claimed"])
def test_what_others_have_built_on_stays_as_it_is(browse, kept, name):
    amended_on_page(browse, name)
    counted = Annotation.objects.counted().filter(kind="amended")
    assert not counted.exists()
    assert Task.objects.order_by("pk").first().state in {"adjudicated", "settled", "disputed"}
