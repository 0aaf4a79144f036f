"""The card that a queue begins with, and queues that are not for everybody."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labeling.models import Annotation, AuditEvent, Note, Seat, Skip, Slot
from labeling.reports.board import board
from labeling.reports.cards import card_of
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim, claim_next
from labeling.services.queues import new_queue
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)

pytestmark = pytest.mark.django_db
PAGE = "/p/shop/judge/"
SCRIPT = {"HTTP_X_REQUESTED_WITH": "judge"}


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


@pytest.fixture
def client(ann, browse):
    return browse(ann)


def queue_in(project, count=1, **fields):
    return make_queue(project, make_items(project, count), **fields)


def hand_in(client, member, script=SCRIPT):
    token = Slot.objects.pending().get(annotator=member, held=False).token
    sent = {"member": str(member.uid), "answer-topic": "=refund"}
    return client.post(f"{PAGE}{token}/submit/", sent, **script)


def test_the_first_page_is_the_card_and_continue_is_enough(ann, client):
    queue = queue_in(ann.project)

    assert "Before you begin" in client.get(PAGE).text
    client.post(PAGE, {"begin": str(queue.uid)})

    assert "Message" in client.get(PAGE).text
    assert Seat.objects.get().acknowledged_at is not None
    assert AuditEvent.objects.get(verb="began_queue").member == ann


def test_another_queue_begins_with_its_card_before_its_first_item_is_shown(ann, client):
    queue_in(ann.project)
    second = queue_in(ann.project, name="Second queue")
    client.post(PAGE)

    page = hand_in(client, ann)

    assert "Second queue" in page.text
    assert "Before you begin" in page.text
    assert "Message" not in page.text
    assert "data-answers" not in page.text
    shown = client.post(PAGE, {"begin": str(second.uid)}, **SCRIPT).text
    assert "data-answers" in shown
    assert "Before you begin" not in shown


def test_a_card_that_was_read_is_not_the_one_of_another_queue(ann, client):
    first, second = queue_in(ann.project), queue_in(ann.project)
    client.post(PAGE, {"begin": str(second.uid)})
    assert claim_next(ann).queue == first
    assert "Before you begin" in client.get(PAGE).text


def test_what_is_held_of_a_queue_is_not_shown_before_its_card(ann, client):
    queue = queue_in(ann.project, 3)
    claim(queue, ann)
    assert "data-held" not in client.post(PAGE, {"ahead": "1"}, **SCRIPT).text


def test_programs_are_given_items_without_a_card(ann, call):
    queue_in(ann.project)
    answer = call(ann, "annotate").post("/api/v1/projects/shop/claims/", {})
    assert answer.json()["state"] == "leased"


def test_the_card_says_what_has_changed_and_which_keys_have_moved(ann, client):
    before = make_rubric_version(ann.project, [topic("refund", "other")])
    judged = queue_in(ann.project, version=before)
    lease = claim(judged, ann)
    submit(ann, lease.token, Payload({"topic": "other"}), at=timezone.now())
    asked = topic("refund", "delivery", "other", prompt="What is it mostly about?")
    after = make_rubric_version(ann.project, [asked], rubric=before.rubric)
    queue = queue_in(ann.project, version=after)
    Note.objects.create(version=after, text="Refunds first.", text_html="<p>Refunds first.</p>")

    card = card_of(queue, ann)

    assert card.before == before
    assert [(key.option, key.then, key.now) for key in card.moved] == [("Other", "2", "3")]
    page = client.get(PAGE).text
    for words in ("The question is reworded", "is new", "Keys that have moved", "Refunds first."):
        assert words in page
    assert card_of(judged, ann).is_same


def test_a_sensitive_item_is_blurred_and_can_be_refused_for_its_kind(ann, client):
    queue_in(ann.project, 2, sensitive=True)
    assert "may be upsetting" in client.get(PAGE).text
    client.post(PAGE)

    page = client.get(PAGE).text
    assert "data-veil" in page
    assert "veil.css" in page
    assert 'value="not_this_kind"' in page
    token = Slot.objects.get(annotator=ann).token
    sent = {"member": str(ann.uid), "reason": "not_this_kind"}
    assert client.post(f"{PAGE}{token}/skip/", sent).status_code == 302
    assert Skip.objects.get().reason == "not_this_kind"


def test_an_ordinary_queue_knows_no_kinds_that_are_not_for_somebody(ann, client):
    queue_in(ann.project)
    client.post(PAGE)
    page = client.get(PAGE).text
    assert "data-veil" not in page
    assert "not_this_kind" not in page
    token = Slot.objects.get(annotator=ann).token
    sent = {"member": str(ann.uid), "reason": "not_this_kind"}
    assert client.post(f"{PAGE}{token}/skip/", sent).status_code == 400


def test_a_sensitive_queue_is_declined_until_one_comes_back(ann, client):
    queue = queue_in(ann.project, sensitive=True)
    client.post(PAGE)

    client.post(PAGE, {"decline": str(queue.uid)})

    assert claim_next(ann) is None
    assert not Slot.objects.filter(annotator=ann).exists()
    assert "Judge it after all" in client.get(PAGE).text
    client.post(PAGE, {"rejoin": str(queue.uid)})
    assert "Before you begin" in client.get(PAGE).text
    assert claim_next(ann).queue == queue
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"declined_queue", "rejoined_queue"} <= verbs


def test_what_is_not_somebodys_kind_counts_against_nobody_on_the_board(ann):
    queue = queue_in(ann.project, 2, sensitive=True)
    for task, reason in zip(queue.tasks.all(), ("not_this_kind", "broken_item"), strict=True):
        Skip.objects.create(task=task, annotator=ann, reason=reason)
    [lane] = board(ann.project, [queue])
    assert lane.skips == {"broken_item": 1}


def test_a_sensitive_queue_asks_how_many_a_day_are_enough(ann):
    queue = queue_in(ann.project)
    asked = {"name": "Hard", "rubric_version": queue.rubric_version, "sample": queue.sample}
    with pytest.raises(ValidationError) as refused:
        new_queue(ann.project, by=None, sensitive=True, **asked)
    assert set(refused.value.message_dict) == {"cap_daily"}
    assert new_queue(ann.project, by=None, sensitive=True, cap_daily=50, **asked).sensitive


def test_only_sensitive_queues_are_declined_and_only_own_ones(ann, client):
    queue = queue_in(ann.project)
    foreign = queue_in(make_project(), sensitive=True)
    assert client.post(PAGE, {"decline": str(queue.uid)}).status_code == 409
    assert client.post(PAGE, {"decline": str(foreign.uid)}).status_code == 404
    assert client.post(PAGE, {"begin": "no uid"}).status_code == 400


def test_programs_decline_and_come_back(ann, call):
    queue = queue_in(ann.project, sensitive=True)
    client, path = call(ann, "annotate"), f"/api/v1/queues/{queue.uid}"
    claims = "/api/v1/projects/shop/claims/"
    assert client.post(f"{path}/decline/", {}).status_code == 204
    assert client.post(claims, {}).json()["state"] != "leased"
    assert client.post(f"{path}/rejoin/", {}).status_code == 204
    assert client.post(claims, {}).json()["state"] == "leased"


def test_the_loop_of_one_queue_shows_its_card_once(ann, client):
    queue_in(ann.project, 3)
    client.post(PAGE)
    pages = [hand_in(client, ann).text for _ in range(2)]
    assert ["Before you begin" in page for page in pages] == [False, False]
    assert Annotation.objects.count() == 2
