"""Two worlds that differ only in what an annotator must not know answer byte for byte the same."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Annotation, Slot
from labeling.policy.blinding import (
    FieldRule,
    mask,
    option_order,
    visible_attributes,
    visible_fields,
)
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim
from labeling.services.cards import acknowledge
from tests.factories import make_annotator, make_import, make_items, make_project, make_queue

UUIDS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00|&\#x2B;00:00)?")
SECRETS = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"')
SECRET_WORDS = (
    *("external-7", "batch-of-may", "model-x", "0.4711", "stratum-a", "group-9", "guess"),
    *("overlap", "settled", "disputed", "Queue of secrets"),
)


def plain(answer) -> bytes:
    """A response without what is random or the time in any world."""
    body = answer.content
    for pattern in (UUIDS, TIMES, SECRETS):
        body = pattern.sub(b"-", body)
    return re.sub(rb"world-\w+", b"world", body)


def world(name: str, answers: int, *, overlap: int = 3):
    """A project with three items, the first of which some others have judged already."""
    project = make_project(f"world-{name}", name="World")
    items = make_items(
        project, 3, content={"text": "The same text"}, attributes={"channel": "phone"}
    )
    version = None
    queue = make_queue(project, items, overlap=overlap, name="Queue of secrets", version=version)
    queue.rubric_version.rubric.name = "Intents"
    queue.rubric_version.rubric.save()
    for _ in range(answers):
        other = make_annotator(project)
        lease = claim(queue, other)
        payload = Payload({"topic": "refund"}, comment="seen by nobody")
        submit(other, lease.token, payload, at=timezone.now())
    return queue, make_annotator(project)


@pytest.mark.django_db
@pytest.mark.parametrize("answers", [1, 2])
def test_programs_hear_nothing_of_what_others_answered(call, answers):
    heard = []
    for name, others in (("alone", 0), ("shared", answers)):
        _queue, member = world(name, others)
        client = call(member, "annotate")
        claimed = client.post(f"/api/v1/projects/world-{name}/claims/", {})
        lease = f"/api/v1/leases/{claimed.json()['lease']['token']}"
        steps = [
            claimed,
            client.post(f"{lease}/heartbeat/", {}),
            client.post(f"{lease}/draft/", {"answers": {"topic": "other"}, "sequence": 1}),
            client.post(f"{lease}/submit/", {"answers": {"topic": "nonsense"}}),
            client.post(f"{lease}/submit/", {"answers": {"topic": "refund"}, "next": True}),
        ]
        steps.append(client.post(f"/api/v1/annotations/{uid_of(steps[-1])}/undo/", {}))
        heard.append([plain(step) for step in steps])
        assert [step.status_code for step in steps] == [200, 200, 200, 400, 200, 200]

    assert heard[0] == heard[1]


def uid_of(answer):
    return answer.json()["annotation"]["uid"]


@pytest.mark.django_db
def test_the_page_shows_nothing_of_what_others_answered(browse):
    shown = []
    for name, others in (("alone", 0), ("shared", 2)):
        _queue, member = world(name, others)
        client = browse(member)
        page = f"/p/world-{name}/judge/"
        client.post(page)
        token = Slot.objects.get(annotator=member).token
        looked = client.get(page)
        sent = {"member": str(member.uid), "answer-topic": "=refund"}
        went_on = client.post(f"{page}{token}/submit/", sent, HTTP_X_REQUESTED_WITH="judge")
        shown.append([plain(looked), plain(went_on)])

    assert shown[0] == shown[1]


@pytest.mark.django_db
def test_a_counted_a_replacing_and_a_surplus_answer_are_acknowledged_alike(call):
    heard = []
    for name, takers in (("counted", 0), ("replacing", 1), ("surplus", 2)):
        queue, member = world(name, 0, overlap=2)
        client = call(member, "annotate")
        token = client.post(f"/api/v1/projects/world-{name}/claims/", {}).json()["lease"]["token"]
        Slot.objects.filter(annotator=member).update(
            leased_until=timezone.now() - timedelta(minutes=1)
        )
        for _ in range(takers):
            other = make_annotator(queue.project)
            lease = claim(queue, other)
            submit(other, lease.token, Payload({"topic": "refund"}), at=timezone.now())
        answer = client.post(f"/api/v1/leases/{token}/submit/", {"answers": {"topic": "other"}})
        heard.append((answer.status_code, plain(answer), sorted(answer.headers)))

    assert heard[0] == heard[1] == heard[2]
    counted = Annotation.objects.counted().filter(answers__value="other").count()
    assert counted == 2


@pytest.mark.django_db
def test_nothing_about_an_item_but_its_shown_content_reaches_an_annotator(call, browse):
    project = make_project("world-one", name="World")
    items = make_items(
        project,
        1,
        batch=make_import(project, name="batch-of-may"),
        external_id="external-7",
        group="group-9",
        model_version="model-x",
        prediction="guess",
        confidence=0.4711,
        attributes={"channel": "phone"},
    )
    queue = make_queue(project, items, name="Queue of secrets")
    queue.sample.members.update(stratum="stratum-a")
    member = make_annotator(project)

    answer = call(member, "annotate").post("/api/v1/projects/world-one/claims/", {})
    acknowledge(member, queue, at=timezone.now())
    page = browse(member).get("/p/world-one/judge/")

    for body in (answer.content.decode(), page.text):
        assert "Message" in body
        assert [word for word in SECRET_WORDS if word in body] == []
        assert "phone" not in body


@pytest.mark.django_db
def test_a_queue_may_show_the_prediction_and_named_attributes(call):
    project = make_project("world-one")
    item = {"prediction": "guess", "attributes": {"channel": "phone", "plan": "gold"}}
    blinding = {"show": {"prediction": True, "attributes": ["channel"]}}
    make_queue(project, make_items(project, 1, **item), blinding=blinding)
    member = make_annotator(project)

    body = call(member, "annotate").post("/api/v1/projects/world-one/claims/", {}).json()

    assert body["item"]["prediction"] == "guess"
    assert body["item"]["attributes"] == {"channel": "phone"}


def test_only_shown_and_masked_fields_are_visible_in_the_order_of_the_project():
    rules = [FieldRule("b", "", "shown"), FieldRule("a", "A!", "masked"), FieldRule("c", "", "no")]

    fields = visible_fields({"a": "№ 12", "b": "x", "c": "y", "d": "z"}, rules)

    assert [(field.label, field.text) for field in fields] == [("B", "x"), ("A!", "№ ••")]


def test_masking_takes_addresses_and_digits_of_any_script():
    assert mask("a.b+c@mail.example.co (٣٤)") == "••• (••)"


def test_attributes_are_hidden_unless_they_are_named():
    assert visible_attributes({"plan": "gold"}, {}) == {}


def test_the_order_of_options_differs_between_annotators_and_not_between_reloads():
    keys = ["a", "b", "c", "d"]

    orders = {tuple(option_order(keys, "topic", token)) for token in range(50)}

    assert len(orders) > 10
    assert option_order(keys, "topic", 7) == option_order(keys, "topic", 7)
