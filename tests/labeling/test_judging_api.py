from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Annotation, Draft, Skip, Slot
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_task,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


@pytest.fixture
def client(ann, call):
    return call(ann, "annotate")


def claim(client, **body):
    return client.post("/api/v1/projects/shop/claims/", body)


def act(client, token, verb, **body):
    return client.post(f"/api/v1/leases/{token}/{verb}/", body)


def test_a_claim_answers_with_lease_item_form_and_draft(ann, client):
    make_queue(ann.project)

    answer = claim(client)

    assert answer.status_code == 200
    body = answer.json()
    shown = {"state", "lease", "item", "form", "draft"}
    assert set(body) == shown | {"notes", "unread_answers"}
    assert set(body["lease"]) == {"token", "leased_until"}
    assert set(body["item"]) == {"content", "attributes", "prediction", "outputs"}
    assert body["item"]["content"][0]["text"].startswith("Message")
    (criterion,) = body["form"]["criteria"]
    assert [option["key"] for option in criterion["options"]] == ["refund", "delivery", "other"]


def test_a_claim_may_name_its_queue(ann, client):
    make_queue(ann.project)
    second = make_queue(ann.project)

    token = claim(client, queue=str(second.uid)).json()["lease"]["token"]

    assert Slot.objects.get(token=token).queue == second


def test_a_queue_from_elsewhere_and_a_random_one_are_refused_alike(client):
    foreign, random = make_queue().uid, uuid4()

    answers = [claim(client, queue=str(uid)) for uid in (foreign, random)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert len({answer.json()["message"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("state", "languages", "answer"),
    [
        ("open", [], "nothing_left"),
        ("paused", [], "paused"),
        ("open", ["fr"], "not_your_languages"),
    ],
)
def test_without_work_the_state_says_why(client, ann, state, languages, answer):
    ann.languages = {"de": "native"}
    ann.save()
    lane = "language" if languages else ""
    queue = make_queue(ann.project, state=state, languages=languages, lane_attribute=lane)
    if not languages:
        queue.tasks.update(state="settled")

    assert claim(client).json() == {"state": answer}


def test_more_may_come_while_others_hold_what_is_left(ann, client, call):
    make_task(ann.project, overlap=1)
    claim(call(make_annotator(ann.project), "annotate"))

    assert claim(client).json() == {"state": "more_may_come"}


def test_submit_answers_with_the_acknowledgement_and_the_next_item(ann, client):
    make_queue(ann.project)
    token = claim(client).json()["lease"]["token"]

    answer = act(client, token, "submit", answers={"topic": "refund"}, active_ms=900, next=True)

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"annotation", "next"}
    assert set(body["annotation"]) == {"uid", "submitted_at"}
    assert body["next"]["lease"]["token"] != token
    assert Annotation.objects.get().active_ms == 900


def test_what_is_wrong_is_said_by_criterion(ann, client):
    make_queue(ann.project)
    token = claim(client).json()["lease"]["token"]

    answer = act(client, token, "submit", answers={"topic": "weather", "mood": "good"})

    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"topic", "mood"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answers": []},
        {"answers": {"topic": ["refund"]}},
        {"answers": {"topic": "refund"}, "gold": True},
        {"answers": {"topic": "refund"}, "active_ms": -1},
    ],
)
def test_a_malformed_submission_is_refused(ann, client, body):
    make_queue(ann.project)
    token = claim(client).json()["lease"]["token"]

    assert act(client, token, "submit", **body).status_code == 400
    assert not Annotation.objects.exists()


def test_a_retry_is_answered_the_same_and_a_change_is_refused(ann, client):
    make_queue(ann.project)
    token = claim(client).json()["lease"]["token"]

    answers = [act(client, token, "submit", answers={"topic": "refund"}) for _ in range(3)]
    changed = act(client, token, "submit", answers={"topic": "other"})

    assert len({answer.content for answer in answers}) == 1
    assert (changed.status_code, changed.json()["code"]) == (409, "idempotency_mismatch")


def test_a_foreign_token_and_an_unknown_one_are_refused_alike(ann, client, call):
    make_queue(ann.project)
    bob = call(make_annotator(ann.project), "annotate")
    foreign = claim(bob).json()["lease"]["token"]

    for verb in ("heartbeat", "draft", "submit", "skip", "release"):
        body = {
            "draft": {"answers": {}, "sequence": 1},
            "submit": {"answers": {}},
            "skip": {"reason": "other"},
        }.get(verb, {})
        answers = [act(client, token, verb, **body) for token in (foreign, uuid4())]
        assert [answer.status_code for answer in answers] == [409, 409]
        assert {answer.json()["code"] for answer in answers} == {"lease_unknown"}
    assert Slot.objects.get(token=foreign).leased_until > timezone.now()


def test_somebody_removed_from_the_project_can_submit_nothing(ann, browse):
    make_queue(ann.project)
    client = browse(ann)
    token = client.post(
        "/api/v1/projects/shop/claims/", {}, content_type="application/json"
    ).json()["lease"]["token"]
    ann.deactivated_at = timezone.now()
    ann.save()

    answer = client.post(
        f"/api/v1/leases/{token}/submit/",
        {"answers": {"topic": "refund"}},
        content_type="application/json",
    )

    assert answer.status_code == 404
    assert not Annotation.objects.exists()


def test_a_token_without_the_scope_judges_nothing(ann, call):
    make_queue(ann.project)

    assert claim(call(ann, "read")).status_code == 404


def test_a_heartbeat_a_draft_a_skip_and_a_release(ann, client):
    make_queue(ann.project)
    first = claim(client).json()["lease"]["token"]

    assert act(client, first, "heartbeat").json()["token"] == first
    draft = act(client, first, "draft", answers={"topic": "refund"}, comment="x", sequence=1)
    assert draft.json() == {"sequence": 1}
    assert Draft.objects.get().comment == "x"
    assert claim(client).json()["draft"]["answers"] == {"topic": "refund"}
    skipped = act(client, first, "skip", reason="broken_item", next=True).json()
    second = skipped["next"]["lease"]["token"]
    assert second != first
    assert Skip.objects.get().reason == "broken_item"
    assert act(client, second, "release").status_code == 204
    assert not Slot.objects.filter(annotator=ann).exists()


def test_undo_answers_with_the_item_and_its_answers(ann, client):
    make_queue(ann.project)
    token = claim(client).json()["lease"]["token"]
    uid = act(client, token, "submit", answers={"topic": "refund"}).json()["annotation"]["uid"]

    answer = client.post(f"/api/v1/annotations/{uid}/undo/")

    assert answer.json()["draft"]["answers"] == {"topic": "refund"}
    assert answer.json()["lease"]["token"] != token


def test_only_the_own_annotation_can_be_undone(ann, client, call):
    make_queue(ann.project)
    bob = call(make_annotator(ann.project), "annotate")
    token = claim(bob).json()["lease"]["token"]
    uid = act(bob, token, "submit", answers={"topic": "refund"}).json()["annotation"]["uid"]

    assert client.post(f"/api/v1/annotations/{uid}/undo/").status_code == 404


def test_a_machine_sends_its_answers_in_bulk(ann, call):
    items = make_items(ann.project, 3)
    queue = make_queue(ann.project, items)
    machine = make_annotator(ann.project, kind="machine")
    rows = [{"item": item.external_id, "answers": {"topic": "refund"}} for item in items]
    url = f"/api/v1/queues/{queue.uid}/machine-annotations/"

    answers = [
        call(machine, "annotate").post(url, {"annotations": rows}),
        call(make_member(ann.project, "lead"), "manage").post(
            url, {"machine": str(machine.uid), "annotations": rows}
        ),
    ]

    assert [answer.json() for answer in answers] == [{"stored": 3}, {"stored": 0}]
    assert not Slot.objects.filter(annotation__isnull=False).exists()


def test_machine_answers_are_taken_all_or_none(ann, call):
    items = make_items(ann.project, 2)
    queue = make_queue(ann.project, items)
    client = call(make_annotator(ann.project, kind="machine"), "annotate")
    url = f"/api/v1/queues/{queue.uid}/machine-annotations/"
    good = {"item": items[0].external_id, "answers": {"topic": "refund"}}

    for bad in (
        {"item": items[1].external_id, "answers": {"topic": "weather"}},
        {"item": "nowhere", "answers": {"topic": "refund"}},
        good,
    ):
        answer = client.post(url, {"annotations": [good, bad]})
        assert answer.status_code == 400
        assert any(key.startswith("annotations.1") for key in answer.json()["fields"])
    assert not Annotation.objects.exists()


def test_people_cannot_send_as_machines(ann, client, call):
    queue = make_queue(ann.project)
    url = f"/api/v1/queues/{queue.uid}/machine-annotations/"
    row = {"item": queue.tasks.first().item.external_id, "answers": {"topic": "refund"}}
    lead = call(make_member(ann.project, "lead"), "manage")

    assert client.post(url, {"annotations": [row]}).status_code == 404
    assert lead.post(url, {"annotations": [row]}).status_code == 400
    as_person = {"machine": str(ann.uid), "annotations": [row]}
    assert lead.post(url, as_person).status_code == 400


def test_a_lease_that_ended_says_so(ann, client, call):
    make_task(ann.project, overlap=1)
    token = claim(client).json()["lease"]["token"]
    Slot.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    claim(call(make_annotator(ann.project), "annotate"))

    answer = act(client, token, "heartbeat")

    assert (answer.status_code, answer.json()["code"]) == (409, "lease_ended")


#: SQLite is asked one after the other what PostgreSQL is asked at once; both count a savepoint's
#: beginning and end.
LIMITS = {"postgresql": (8, 8, 10), "sqlite": (16, 22, 24)}


def test_claim_and_submit_with_next_take_few_statements(ann, client, browse):
    make_queue(ann.project, make_items(ann.project, 30), overlap=1)
    token = claim(client).json()["lease"]["token"]
    with_session = APIClient()
    with_session.cookies = browse(ann).cookies
    claiming_at_most, submitting_at_most, with_session_at_most = LIMITS[connection.vendor]

    with CaptureQueriesContext(connection) as claiming:
        claim(client)
    with CaptureQueriesContext(connection) as submitting:
        answer = act(client, token, "submit", answers={"topic": "refund"}, next=True)
    token = answer.json()["next"]["lease"]["token"]
    with CaptureQueriesContext(connection) as from_a_browser:
        act(with_session, token, "submit", answers={"topic": "refund"}, next=True)

    assert len(claiming) <= claiming_at_most, listed(claiming)
    assert len(submitting) <= submitting_at_most, listed(submitting)
    assert len(from_a_browser) <= with_session_at_most, listed(from_a_browser)


def listed(queries):
    return "\n".join(query["sql"][:160] for query in queries)
