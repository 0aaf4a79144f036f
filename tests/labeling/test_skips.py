"""Typed skips: what goes to the lead, what goes to others, and how it is dealt with."""

from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, Skip
from labeling.reports.queues import inbox
from labeling.services.assignment import claim, skip
from labeling.services.queues import settle_skips
from maintenance.reports.todos import todos
from tests.factories import make_annotator, make_item, make_member, make_project, make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def queue(lead):
    make_annotator(lead.project)
    make_annotator(lead.project)
    make_annotator(lead.project)
    return make_queue(lead.project, [make_item(lead.project)])


def refuse(queue, reason, note=""):
    """Somebody new skips the queue's item."""
    annotator = make_annotator(queue.project)
    lease = claim(queue, annotator)
    skip(annotator, lease.token, reason, note, at=timezone.now())
    return annotator


@pytest.mark.parametrize("reason", ["unclear_rubric", "broken_item"])
def test_what_is_said_of_rubric_or_item_waits_for_the_lead(queue, reason):
    refuse(queue, reason, "which of the two?")
    refuse(queue, reason)
    (said,) = inbox(queue)[reason]
    assert (said.task, said.notes, len(said.skips)) == (
        queue.tasks.get(),
        ["which of the two?"],
        2,
    )


@pytest.mark.parametrize("reason", ["not_my_expertise", "conflict_of_interest", "other"])
def test_other_reasons_only_pass_the_task_on(queue, lead, reason):
    refuse(queue, reason)
    assert not any(inbox(queue).values())
    assert claim(queue, make_annotator(queue.project)) is not None


def test_whoever_skipped_is_not_asked_again_even_when_it_was_dealt_with(queue, lead):
    annotator = refuse(queue, "broken_item")
    settle_skips(queue.tasks.get(), "broken_item", by=lead)
    assert claim(queue, annotator) is None
    assert claim(queue, make_annotator(queue.project)) is not None


def test_dealing_with_it_takes_every_skip_of_that_reason_and_is_recorded_once(queue, lead):
    refuse(queue, "broken_item")
    refuse(queue, "broken_item")
    refuse(queue, "unclear_rubric")
    assert settle_skips(queue.tasks.get(), "broken_item", by=lead) == 2
    assert [bool(rows) for rows in inbox(queue).values()] == [True, False]
    assert Skip.objects.filter(settled_by=lead).count() == 2
    assert AuditEvent.objects.filter(verb="settled_skips").count() == 1


def test_dealing_with_it_twice_is_a_conflict(queue, lead):
    refuse(queue, "broken_item")
    settle_skips(queue.tasks.get(), "broken_item", by=lead)
    with pytest.raises(Conflict, match="dealt with"):
        settle_skips(queue.tasks.get(), "broken_item", by=lead)


def test_today_tells_the_lead_until_it_is_dealt_with(queue, lead):
    refuse(queue, "unclear_rubric")
    refuse(queue, "broken_item")
    sentences = " ".join(todo.sentence for todo in todos(lead))
    assert "The rubric is said to be unclear for 1 item of" in sentences
    assert "is said to be broken" in sentences
    for reason in ("unclear_rubric", "broken_item"):
        settle_skips(queue.tasks.get(), reason, by=lead)
    assert "is said to be" not in " ".join(todo.sentence for todo in todos(lead))


def test_the_lead_marks_it_on_the_queues_page(queue, lead, browse):
    refuse(queue, "broken_item", "the text ends in mid-")
    page = browse(lead).get(queue.get_absolute_url()).text
    assert "Said to be broken" in page
    assert "the text ends in mid-" in page
    said = {"task": str(queue.tasks.get().uid), "reason": "broken_item"}
    after = browse(lead).post(f"{queue.get_absolute_url()}skips/", said, follow=True).text
    assert "Said to be broken" not in after


def test_a_form_that_names_no_task_or_reason_is_refused(queue, lead, browse):
    for said in ({}, {"task": "x", "reason": "other"}):
        assert browse(lead).post(f"{queue.get_absolute_url()}skips/", said).status_code == 400


def test_programs_read_and_mark_skips_without_learning_who_it_was(queue, lead, call):
    refuse(queue, "unclear_rubric", "which of the two?")
    client, path = call(lead, "read", "manage"), f"/api/v1/queues/{queue.uid}/skips/"
    (row,) = client.get(path).json()["results"]
    assert (row["reason"], row["note"]) == ("unclear_rubric", "which of the two?")
    assert set(row) == {"task", "item", "external_id", "reason", "note", "at"}
    said = {"task": row["task"], "reason": "unclear_rubric"}
    assert client.post(path, said, format="json").json() == {"settled": 1}
    assert client.post(path, said, format="json").status_code == 409
    foreign = {**said, "task": str(lead.uid)}
    assert client.post(path, foreign, format="json").status_code == 400
