"""What a lead finds on the page of a rubric: everything that people said while judging by it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from labeling.models import Task
from labeling.reports.rubric_remarks import remarks_on
from labeling.services import questions
from labeling.services.annotations import submit
from labeling.services.answers import Payload
from labeling.services.assignment import claim, skip
from labeling.services.queues import settle_skips
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_task,
    topic,
)
from tests.labeling.makers import decide, hold, make_adjudicator, make_dispute

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def lead(project):
    return make_member(project, "lead")


def asking(project, version=None, **fields):
    version = version or make_rubric_version(project, [topic(propose=True)])
    return make_queue(project, make_items(project, 3), overlap=2, version=version, **fields)


def ask(queue, text, criterion=""):
    lease = claim(queue, make_annotator(queue.project))
    return questions.ask(lease.annotator, lease.token, text, criterion, at=NOW)


def find_unclear(queue, note="What is a kettle?", reason="unclear_rubric"):
    lease = claim(queue, make_annotator(queue.project))
    skip(lease.annotator, lease.token, reason, note, at=NOW)
    return lease.task


def page_of(browser, rubric):
    return browser.get(f"/p/shop/rubrics/{rubric.uid}/notes/").text


def test_a_lead_finds_questions_skips_and_missed_labels_of_every_version(project, lead, browse):
    queue = asking(project)
    rubric = queue.rubric_version.rubric
    later = asking(project, make_rubric_version(project, [topic(propose=True)], rubric=rubric))
    answered = ask(queue, "Is a voucher money?", "topic")
    questions.answer(answered, "It is, as the guidance says.", by=lead, at=NOW)
    ask(later, "And a gift card?")
    find_unclear(queue)
    find_unclear(later, "Nor what a pot is.")
    lease = claim(later, make_annotator(project))
    missed = Payload({"topic": "none_of_these"}, proposed={"topic": "Gift cards"})
    submit(lease.annotator, lease.token, missed, at=NOW)
    page = page_of(browse(lead), rubric)
    for said in (
        "Is a voucher money?",
        "It is, as the guidance says.",
        "And a gift card?",
        "What is a kettle?",
        "Nor what a pot is.",
        "One label that people missed waits for a decision.",
    ):
        assert said in page, said


def test_what_was_said_about_another_rubric_is_not_there(project, lead):
    queue, other = asking(project), asking(project)
    ask(other, "Is this ours?")
    find_unclear(other)
    found = remarks_on(queue.rubric_version.rubric, lead)
    assert (found.asked.waiting, found.unclear.said, found.proposed) == ([], [], 0)


def test_skips_for_other_reasons_and_those_dealt_with_are_not_listed(project, lead):
    queue = asking(project)
    find_unclear(queue, "It is torn.", reason="broken_item")
    task = find_unclear(queue)
    settle_skips(task, "unclear_rubric", by=lead)
    found = remarks_on(queue.rubric_version.rubric, lead).unclear
    assert (found.said, found.settled) == ([], 1)


def test_disputes_that_were_laid_to_the_rubric_are_there_with_the_reason(project, lead, browse):
    task = make_dispute(project)
    adjudicator = make_adjudicator(project)
    decide(adjudicator, hold(adjudicator), cause="rubric_gap", rationale="Nothing on vouchers.")
    slip = make_dispute(project)
    decide(adjudicator, hold(adjudicator), cause="slip", rationale="A misread.")
    page = page_of(browse(lead), task.queue.rubric_version.rubric)
    assert "Nothing on vouchers." in page
    assert "The rubric says nothing about this" in page
    assert remarks_on(slip.queue.rubric_version.rubric, lead).faults.rulings == []


def test_who_answers_no_questions_sees_none_and_who_edits_nothing_no_proposals(project, browse):
    queue = asking(project)
    ask(queue, "Is a voucher money?")
    find_unclear(queue)
    viewer = make_member(project, "viewer")
    page = page_of(browse(viewer), queue.rubric_version.rubric)
    assert "Is a voucher money?" not in page
    assert "What is a kettle?" in page
    assert remarks_on(queue.rubric_version.rubric, viewer).asked is None


def test_the_inbox_can_be_asked_for_one_rubric(project, lead, browse):
    queue, other = asking(project), asking(project)
    ask(queue, "Is a voucher money?")
    ask(other, "Is this ours?")
    client = browse(lead)
    page = client.get(f"/p/shop/questions/?rubric={queue.rubric_version.rubric.uid}").text
    assert "Is a voucher money?" in page
    assert "Is this ours?" not in page
    for odd in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.get(f"/p/shop/questions/?rubric={odd}").status_code == 404


def test_of_many_disputes_the_latest_are_shown_and_all_are_counted(project, lead, monkeypatch):
    monkeypatch.setattr("labeling.reports.rubric_remarks.MOST", 1)
    first = make_dispute(project)
    rubric = first.queue.rubric_version.rubric
    second = make_task(project, version=first.queue.rubric_version)
    for vote in ("refund", "delivery"):
        make_annotation(second, answers={"topic": vote})
    Task.objects.filter(pk=second.pk).update(state="disputed")
    adjudicator = make_adjudicator(project)
    for said in ("One.", "Two."):
        decide(adjudicator, hold(adjudicator), cause="rubric_unclear", rationale=said)
    found = remarks_on(rubric, lead).faults
    assert ([ruling.rationale for ruling in found.rulings], found.in_all) == (["Two."], 2)
