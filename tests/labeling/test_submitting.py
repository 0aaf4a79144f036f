from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import (
    Adjudication,
    Annotation,
    AuditEvent,
    Draft,
    Ruling,
    Slot,
    Task,
)
from labeling.services.annotations import submit, undo
from labeling.services.answers import Payload
from labeling.services.assignment import claim, claim_next
from labeling.services.drafts import save_draft
from labeling.services.machines import submit_machine
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    make_task,
    make_taxonomy,
    topic,
)

pytestmark = pytest.mark.django_db


def judge(lease, answer="refund", **fields):
    payload = Payload({"topic": answer}, **fields)
    return submit(lease.annotator, lease.token, payload, at=timezone.now())


def two_people(task):
    return [make_annotator(task.queue.project) for _ in range(2)]


def take_over(task, member):
    """Let a lease run out and somebody else take the slot."""
    Slot.objects.pending().filter(task=task, annotator__isnull=False).update(
        leased_until=timezone.now() - timedelta(minutes=1)
    )
    return claim(task.queue, member)


def test_a_submission_is_stored_with_its_answers_and_fills_the_slot():
    task = make_task()
    ann = make_annotator(task.queue.project)
    lease = claim(task.queue, ann)

    submission = judge(lease, comment=" clear ", language="de", active_ms=1200)

    annotation = Annotation.objects.get()
    assert annotation.uid == submission.annotation
    assert (annotation.comment, annotation.language, annotation.active_ms) == ("clear", "de", 1200)
    assert annotation.rubric_version == task.queue.rubric_version
    assert [answer.value for answer in annotation.answers.all()] == ["refund"]
    assert Slot.objects.get(annotation=annotation).annotator == ann
    assert AuditEvent.objects.get(verb="annotated").subject_uid == task.uid


def test_the_same_submission_again_is_answered_as_the_first_time():
    task = make_task()
    lease = claim(task.queue, make_annotator(task.queue.project))
    first = judge(lease, active_ms=10)

    assert judge(lease, active_ms=99) == first
    assert Annotation.objects.count() == 1


def test_another_payload_under_the_same_token_is_refused_and_the_first_stands():
    task = make_task()
    lease = claim(task.queue, make_annotator(task.queue.project))
    judge(lease)

    with pytest.raises(Conflict) as refusal:
        judge(lease, "delivery")

    assert refusal.value.code == "idempotency_mismatch"
    assert Annotation.objects.get().answers.get().value == "refund"


@pytest.mark.parametrize("whose", ["nobody", "somebody else"])
def test_an_unknown_token_and_a_foreign_one_are_refused_alike(whose):
    task = make_task()
    ann, bob = two_people(task)
    token = claim(task.queue, bob).token if whose == "somebody else" else uuid4()

    with pytest.raises(Conflict) as refusal:
        submit(ann, token, Payload({"topic": "refund"}), at=timezone.now())

    assert refusal.value.code == "lease_unknown"
    assert not Annotation.objects.exists()


def test_an_expired_lease_that_nobody_took_over_still_counts():
    task = make_task(overlap=1)
    lease = claim(task.queue, make_annotator(task.queue.project))
    Slot.objects.update(leased_until=timezone.now() - timedelta(hours=1))

    judge(lease)

    assert Annotation.objects.counted().count() == 1


def test_a_late_answer_takes_a_free_slot_of_its_task():
    task = make_task(overlap=2)
    ann, bob = two_people(task)
    late = claim(task.queue, ann)
    take_over(task, bob)

    judge(late)

    assert {slot.annotator for slot in task.slots.all()} == {ann, bob}
    assert Annotation.objects.counted().get().annotator == ann


def test_a_late_answer_without_a_free_slot_is_kept_as_surplus_and_answered_alike():
    task = make_task(overlap=1)
    ann, bob = two_people(task)
    late = claim(task.queue, ann)
    in_time = take_over(task, bob)
    counted, surplus = judge(in_time), judge(late, "delivery")

    assert Annotation.objects.counted().get().annotator == bob
    assert Annotation.objects.get(uid=surplus.annotation).annotator == ann
    assert type(surplus) is type(counted)
    assert Task.objects.get().state == "settled"
    assert Adjudication.objects.count() == 1


def test_a_second_tab_under_an_older_token_fills_the_own_slot():
    task = make_task(overlap=2)
    ann, bob = two_people(task)
    old = claim(task.queue, ann)
    take_over(task, bob)
    new = claim(task.queue, ann)
    assert (new.task, new.token == old.token) == (task, False)

    judge(old)

    assert Annotation.objects.counted().get().annotator == ann
    with pytest.raises(Conflict) as refusal:
        judge(new, "delivery")
    assert refusal.value.code == "already_submitted"


def test_a_closed_queue_takes_nothing_more_and_a_paused_one_takes_what_was_begun():
    task = make_task(overlap=2)
    ann, bob = two_people(task)
    begun, too_late = claim(task.queue, ann), claim(task.queue, bob)
    set_state(task, "paused")
    judge(begun)
    set_state(task, "closed")

    with pytest.raises(Conflict) as refusal:
        judge(too_late)

    assert refusal.value.code == "queue_closed"


def set_state(task, state):
    task.queue.state = state
    task.queue.save()


def test_each_criterion_says_what_is_wrong_with_its_answer():
    project = make_project()
    intents = make_taxonomy(project, [("money", None), ("refund", "money")])
    version = make_rubric_version(
        project,
        [
            topic(),
            topic(key="sure", cannot_tell=False),
            {"key": "intent", "kind": "taxonomy", "prompt": "Intent?", "taxonomy": intents},
            {"key": "polite", "kind": "yes_no", "prompt": "Polite?", "required": False},
            {"key": "why", "kind": "free_text", "prompt": "Why?", "required": False},
        ],
    )
    task = make_task(project, version=version)
    lease = claim(task.queue, make_annotator(project))
    answers = {"sure": None, "intent": "weather", "polite": "maybe", "why": "x" * 10_001, "no": "1"}

    with pytest.raises(ValidationError) as refusal:
        submit(lease.annotator, lease.token, Payload(answers), at=timezone.now())

    assert set(refusal.value.message_dict) == {"topic", "sure", "intent", "polite", "why", "no"}
    good = {"topic": None, "sure": "other", "intent": "refund", "polite": "", "why": " "}
    submit(lease.annotator, lease.token, Payload(good), at=timezone.now())
    stored = Annotation.objects.get().answers.values_list("criterion__key", "value", "cannot_tell")
    assert set(stored) == {
        ("topic", "", True),
        ("sure", "other", False),
        ("intent", "refund", False),
    }


def test_an_annotation_remembers_the_order_of_options_and_a_shown_prediction():
    blinding = {"show": {"prediction": True}, "shuffle_options": True}
    task = make_task(blinding=blinding)

    judge(claim(task.queue, make_annotator(task.queue.project)))

    annotation = Annotation.objects.get()
    assert annotation.revealed
    assert sorted(annotation.shown["options"]["topic"]) == ["delivery", "other", "refund"]


def test_submitting_ends_the_draft():
    task = make_task()
    ann = make_annotator(task.queue.project)
    lease = claim(task.queue, ann)
    save_draft(ann, lease.token, Payload({"topic": "refund"}, "so far"), 1, at=timezone.now())

    judge(lease)

    assert not Draft.objects.exists()


def test_a_tab_that_is_behind_does_not_overwrite_the_draft():
    task = make_task()
    ann = make_annotator(task.queue.project)
    token = claim(task.queue, ann).token
    save_draft(ann, token, Payload({"topic": "refund"}), 3, at=timezone.now())

    with pytest.raises(Conflict) as refusal:
        save_draft(ann, token, Payload({"topic": "other"}), 3, at=timezone.now())

    assert refusal.value.code == "newer_draft"
    assert Draft.objects.get().answers == {"topic": "refund"}


def test_undo_gives_the_item_back_with_what_was_answered():
    task = make_task(overlap=1)
    ann = make_annotator(task.queue.project)
    judge(claim(task.queue, ann), comment="hm")
    annotation = Annotation.objects.get()

    lease = undo(ann, annotation, at=timezone.now())

    assert claim_next(ann).token == lease.token
    draft = Draft.objects.get()
    assert (draft.answers, draft.comment) == ({"topic": "refund"}, "hm")
    assert Task.objects.get().state == "open"
    assert not Adjudication.objects.current().exists()
    assert not Annotation.objects.counted().exists()


def test_a_new_answer_follows_the_withdrawal_and_settles_again():
    task = make_task(overlap=1)
    ann = make_annotator(task.queue.project)
    judge(claim(task.queue, ann))
    lease = undo(ann, Annotation.objects.get(), at=timezone.now())

    judge(lease, "delivery")

    kinds = Annotation.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["submitted", "withdrawn", "submitted"]
    assert Annotation.objects.counted().get().answers.get().value == "delivery"
    standing = Adjudication.objects.current().get()
    assert standing.rulings.get().value == "delivery"
    assert Adjudication.objects.count() == 3


def test_undo_puts_the_next_item_back_into_the_queue():
    project = make_project()
    queue = make_queue(project, make_items(project, 2), overlap=1)
    ann, bob = (make_annotator(project) for _ in range(2))
    judge(claim(queue, ann))
    following = claim(queue, ann)

    lease = undo(ann, Annotation.objects.get(), at=timezone.now())

    assert claim(queue, ann).token == lease.token
    assert claim(queue, bob).task == following.task


def test_undo_is_refused_after_ten_seconds_and_twice():
    task = make_task(overlap=1)
    ann = make_annotator(task.queue.project)
    judge(claim(task.queue, ann))
    annotation = Annotation.objects.get()

    with pytest.raises(Conflict) as late:
        undo(ann, annotation, at=timezone.now() + timedelta(seconds=11))
    undo(ann, annotation, at=timezone.now())
    with pytest.raises(Conflict) as twice:
        undo(ann, annotation, at=timezone.now())

    assert [refusal.value.code for refusal in (late, twice)] == ["too_late", "already_withdrawn"]


def test_undoing_a_surplus_answer_looks_the_same_and_changes_nothing_else():
    task = make_task(overlap=1)
    ann, bob = two_people(task)
    late = claim(task.queue, ann)
    judge(take_over(task, bob))
    surplus = judge(late)

    lease = undo(ann, Annotation.objects.get(uid=surplus.annotation), at=timezone.now())

    assert lease.task == task
    assert Task.objects.get().state == "settled"
    judge(lease, "delivery")
    assert Annotation.objects.counted().get().annotator == bob


def test_a_machine_answers_beside_the_slots():
    task = make_task(overlap=1)
    machine = make_annotator(task.queue.project, kind="machine")
    payloads = {task: Payload({"topic": "refund"})}

    stored = submit_machine(machine, task.queue, payloads, by=machine, at=timezone.now())
    again = submit_machine(machine, task.queue, payloads, by=machine, at=timezone.now())

    assert (stored, again) == (1, 0)
    assert Annotation.objects.get().annotator == machine
    assert not Annotation.objects.counted().exists()
    assert claim(task.queue, make_annotator(task.queue.project)).task == task
    other = {task: Payload({"topic": "other"})}
    with pytest.raises(Conflict):
        submit_machine(machine, task.queue, other, by=machine, at=timezone.now())


def test_a_person_cannot_be_sent_for_as_a_machine():
    task = make_task()
    ann = make_annotator(task.queue.project)

    with pytest.raises(ValidationError):
        submit_machine(
            ann, task.queue, {task: Payload({"topic": "refund"})}, by=ann, at=timezone.now()
        )


def test_submit_takes_few_statements():
    task = make_task(overlap=2)
    lease = claim(task.queue, make_annotator(task.queue.project))

    with CaptureQueriesContext(connection) as queries:
        judge(lease)

    assert len(queries) <= 16, "\n".join(query["sql"][:150] for query in queries)
    assert Ruling.objects.count() == 0
