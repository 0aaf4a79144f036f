"""Questions while judging: to the lead, back to who asked, and as notes to everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AuditEvent, Note, Offer, Question, Seat, Skip
from labeling.reports.questions import answerable_by, notes_of, open_by_queue, stamp_of
from labeling.services import questions as services
from labeling.services.assignment import claim_next
from labeling.services.rubrics import publish, start_draft
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_team,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def ann(project):
    return make_annotator(project)


@pytest.fixture
def lead(project):
    return make_member(project, "lead")


@pytest.fixture
def lease(ann):
    make_queue(ann.project, make_items(ann.project, 30), overlap=2)
    lease = claim_next(ann)
    Seat.objects.update(acknowledged_at=NOW)
    return lease


def ask(member, lease, text="Does it count?", criterion="topic"):
    return services.ask(member, lease.token, text, criterion, at=NOW)


def test_a_question_reaches_the_lead_and_its_answer_only_who_asked(ann, lead, lease, browse):
    other = make_annotator(ann.project)
    url = f"/p/shop/judge/{lease.token}/ask/"
    assert browse(ann).get(url).status_code == 200
    sent = browse(ann).post(url, {"text": "Is <b>this</b> one?", "criterion": "topic"})
    assert sent.status_code == 302
    question = Question.objects.get()
    assert "Is &lt;b&gt;this&lt;/b&gt; one?" in browse(lead).get("/p/shop/questions/").text
    page = f"/p/shop/questions/{question.uid}/"
    shown = browse(lead).get(page).text
    assert lease.task.item.content["text"] in shown
    assert str(ann) in shown
    assert browse(lead).post(page, {"text": "Yes, it is."}).status_code == 302

    own = browse(ann).get("/p/shop/questions/own/").text
    assert "Yes, it is." in own
    assert "new answer" in own
    assert str(lead) not in own
    assert "Yes, it is." not in browse(other).get("/p/shop/questions/own/").text
    assert browse(other).get(page).status_code == 404
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"asked_question", "answered_question"} <= verbs


def test_the_judging_page_counts_new_answers_until_they_are_read(ann, lead, lease, browse):
    services.answer(ask(ann, lease), "Yes.", by=lead, at=NOW)
    client = browse(ann)
    assert "1 answer\n" in client.get("/p/shop/judge/").text
    client.post("/p/shop/questions/own/")
    assert "1 answer\n" not in client.get("/p/shop/judge/").text
    assert Question.objects.get().read_at is not None


def test_a_gap_in_the_rubric_reaches_the_lead_without_a_skip(ann, lead, lease, browse):
    url = f"/p/shop/judge/{lease.token}/ask/"
    form = browse(ann).get(f"{url}?kind=gap").text
    assert "A gap in the rubric" in form
    told = {"kind": "gap", "text": "Vouchers are nowhere.", "criterion": "topic"}
    assert browse(ann).post(url, told).status_code == 302
    services.ask(ann, lease.token, "Does it count?", at=NOW)

    gaps = browse(lead).get("/p/shop/questions/?gaps").text
    assert "Vouchers are nowhere." in gaps
    assert "Does it count?" not in gaps
    both = browse(lead).get("/p/shop/questions/").text
    assert "Vouchers are nowhere." in both
    assert "Does it count?" in both
    page = browse(lead).get(f"/p/shop/questions/{Question.objects.get(kind='gap').uid}/").text
    assert "the rubric does not say" in page
    assert AuditEvent.objects.filter(verb="flagged_gap").exists()
    assert not Skip.objects.exists()


def test_an_unknown_kind_of_question_is_refused(ann, lease, browse):
    sent = browse(ann).post(
        f"/p/shop/judge/{lease.token}/ask/", {"kind": "praise", "text": "Fine."}
    )
    assert sent.status_code == 400
    assert not Question.objects.exists()


def test_programs_tell_of_gaps_and_list_them_by_their_kind(ann, lead, lease, call):
    asking, url = call(ann, "annotate"), f"/api/v1/leases/{lease.token}/questions/"
    assert asking.post(url, {"text": "Vouchers?", "kind": "gap"}).json()["kind"] == "gap"
    assert asking.post(url, {"text": "Vouchers?"}).json()["kind"] == "question"
    assert asking.post(url, {"text": "Vouchers?", "kind": "praise"}).status_code == 400

    inbox = call(lead, "read")
    path = "/api/v1/projects/shop/questions/"
    assert [row["kind"] for row in inbox.get(f"{path}?kind=gap").json()["results"]] == ["gap"]
    assert inbox.get(f"{path}?kind=praise").status_code == 400


def test_asking_twice_is_asking_once(ann, lease):
    assert ask(ann, lease) == ask(ann, lease)
    assert ask(ann, lease, text="And this?") != ask(ann, lease)


def test_nobody_asks_about_what_was_not_given_to_them(project, lease):
    with pytest.raises(Conflict) as refused:
        ask(make_annotator(project), lease)
    assert refused.value.code == "lease_unknown"


def test_one_person_cannot_flood_the_inbox(ann, lease, monkeypatch):
    monkeypatch.setattr(services, "DAILY", 2)
    for number in range(2):
        ask(ann, lease, text=f"Number {number}?")
    with pytest.raises(Conflict) as refused:
        ask(ann, lease, text="Number 3?")
    assert refused.value.code == "too_many_questions"
    Question.objects.update(asked_at=NOW - timedelta(days=2))
    ask(ann, lease, text="Number 3?")


@pytest.mark.parametrize(
    "body", [{"text": " "}, {"text": "x" * 2_001}, {"text": "x", "criterion": "tone"}, {}]
)
def test_a_question_that_says_nothing_or_too_much_is_refused(ann, lease, call, body):
    answer = call(ann, "annotate").post(f"/api/v1/leases/{lease.token}/questions/", body)
    assert answer.status_code == 400
    assert not Question.objects.exists()


def test_a_question_is_answered_once(ann, lead, lease):
    question = ask(ann, lease)
    services.answer(question, "Yes.", by=lead, at=NOW)
    with pytest.raises(Conflict) as refused:
        services.answer(question, "No.", by=lead, at=NOW)
    assert refused.value.code == "already_answered"
    assert Question.objects.get().answer == "Yes."


def test_a_vendors_lead_answers_the_own_team_and_publishes_nothing(project, lease, ann, browse):
    team = make_team(project, "vendor")
    theirs = make_annotator(project, team=team)
    own = ask(theirs, claim_next(theirs))
    foreign = ask(ann, lease)
    vendor = make_member(project, "lead", team=team)
    assert list(answerable_by(vendor)) == [own]
    client = browse(vendor)
    assert client.get(f"/p/shop/questions/{foreign.uid}/").status_code == 404
    client.post(f"/p/shop/questions/{own.uid}/", {"text": "Yes.", "note": "For all"})
    assert (Question.objects.get(pk=own.pk).answer, Note.objects.count()) == ("Yes.", 0)


def test_a_published_answer_is_a_note_for_everybody_without_the_asker(
    ann, lead, lease, browse, call
):
    question = ask(ann, lease)
    body = {"text": "Yes, yours too.", "note": "Vouchers **count**."}
    browse(lead).post(f"/p/shop/questions/{question.uid}/", body)
    other = make_annotator(ann.project)
    claimed = call(other, "annotate").post("/api/v1/projects/shop/claims/", {}).json()
    assert claimed["notes"] == [
        {
            "criterion": "topic",
            "text": "Vouchers **count**.",
            "html": "<p>Vouchers <strong>count</strong>.</p>\n",
        }
    ]
    assert claimed["unread_answers"] == 0
    page = browse(other).get("/p/shop/judge/").text
    assert "Vouchers <strong>count</strong>." in page
    assert "yours too" not in page
    assert str(ann.user.name) not in page.replace(str(other.user.name), "")


def test_a_withdrawn_note_is_shown_no_more_and_stays_on_record(lead, lease, ann, browse):
    version = lease.queue.rubric_version
    note = services.publish_note(version, "It counts.", by=lead, at=NOW)
    assert "It counts." in browse(ann).get("/p/shop/judge/").text
    assert browse(lead).post(f"/p/shop/notes/{note.uid}/withdraw/").status_code == 302
    assert "It counts." not in browse(ann).get("/p/shop/judge/").text
    page = browse(lead).get(f"/p/shop/rubrics/{version.rubric.uid}/notes/").text
    assert "It counts." in page
    assert "withdrawn" in page
    with pytest.raises(Conflict):
        services.withdraw_note(note, by=lead, at=NOW)


def test_a_note_can_be_published_without_a_question(lead, lease, browse):
    rubric = lease.queue.rubric_version.rubric
    url = f"/p/shop/rubrics/{rubric.uid}/notes/"
    client = browse(lead)
    assert client.post(url, {"note": "", "criterion": ""}).status_code == 400
    assert client.post(url, {"note": "[" * 5_000, "criterion": ""}).status_code == 400
    assert client.post(url, {"note": "All of it.", "criterion": "topic"}).status_code == 302
    assert Note.objects.get().criterion == "topic"


def test_a_draft_takes_no_notes(project, lead):
    draft = make_rubric_version(project, state="draft", published_at=None)
    with pytest.raises(Conflict) as refused:
        services.publish_note(draft, "x", by=lead, at=NOW)
    assert refused.value.code == "not_published"


def test_programs_answer_publish_and_withdraw(ann, lead, lease, call):
    question = ask(ann, lease)
    client = call(lead, "manage")
    waiting = client.get("/api/v1/projects/shop/questions/?answered=false").json()["results"]
    assert [row["uid"] for row in waiting] == [str(question.uid)]
    body = {"text": "Yes.", "note": "It counts."}
    answer = client.post(f"/api/v1/questions/{question.uid}/answers/", body)
    assert answer.status_code == 201
    version = lease.queue.rubric_version
    notes = client.get(f"/api/v1/rubric-versions/{version.uid}/notes/").json()
    assert [note["uid"] for note in notes] == [answer.json()["note"]]
    gone = client.post(f"/api/v1/notes/{notes[0]['uid']}/withdrawals/")
    assert gone.json()["withdrawn_at"]
    mine = call(ann, "annotate").get("/api/v1/projects/shop/questions/own/").json()["results"]
    assert (mine[0]["answer"], "annotator" in mine[0]) == ("Yes.", False)
    assert call(ann, "annotate").post("/api/v1/projects/shop/questions/own/").json() == {"read": 1}


def test_new_notes_are_noticed_and_otherwise_cost_no_statement(ann, lead, lease, browse):
    version = lease.queue.rubric_version
    client = browse(ann)
    client.get("/p/shop/judge/")
    services.publish_note(version, "First.", by=lead, at=NOW)
    assert "First." in client.get("/p/shop/judge/").text
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get("/p/shop/judge/")
    assert not [row for row in asked.captured_queries if 'FROM "labeling_note"' in row["sql"]]
    assert len(notes_of(version.uid, stamp_of(version))) == 1


def test_standing_notes_are_carried_to_the_next_version(project, lead):
    before = make_rubric_version(project)
    after = make_rubric_version(project, rubric=before.rubric)
    services.publish_note(before, "All.", by=lead, at=NOW)
    services.publish_note(before, "Topic.", "topic", by=lead, at=NOW)
    gone = services.publish_note(before, "Gone.", by=lead, at=NOW)
    services.withdraw_note(gone, by=lead, at=NOW)
    after.criteria.update(key="subject")
    assert services.carry_notes(before, after, by=lead, at=NOW) == 1
    assert [note.text for note in after.notes.all()] == ["All."]


def test_waiting_questions_are_counted_by_queue_and_language(ann, lead, lease):
    services.answer(ask(ann, lease), "Yes.", by=lead, at=NOW)
    ask(ann, lease, text="And this?")
    assert open_by_queue([lease.queue]) == {(lease.queue.pk, ""): 1}


def test_an_erased_item_takes_no_more_questions_and_its_old_ones_show_nothing_of_it(
    ann, lead, lease, browse
):
    question = ask(ann, lease)
    item = lease.task.item
    said = item.content["text"]
    item.content, item.erased_at = {}, NOW
    item.save()
    with pytest.raises(Conflict) as refused:
        ask(ann, lease, text="More?")
    assert refused.value.code == "item_erased"
    assert said not in browse(ann).get("/p/shop/questions/own/").text
    assert said not in browse(lead).get(f"/p/shop/questions/{question.uid}/").text


def test_asking_needs_an_offer_that_is_still_known(ann, lease, browse):
    Offer.objects.all().delete()
    assert browse(ann).get(f"/p/shop/judge/{lease.token}/ask/").status_code == 409


def test_publishing_the_next_version_carries_the_notes(lead, lease):
    before = lease.queue.rubric_version
    services.publish_note(before, "It counts.", by=lead, at=NOW)
    draft = start_draft(before.rubric, by=lead)
    publish(draft, by=lead)
    assert [note.text for note in draft.notes.all()] == ["It counts."]
    assert AuditEvent.objects.get(verb="published_rubric").detail["notes_carried"] == 1


def test_today_tells_the_lead_of_questions_and_who_asked_of_answers(ann, lead, lease, browse):
    question = ask(ann, lease)
    assert "1 question of an annotator waits" in browse(lead).get("/").text
    services.answer(question, "Yes.", by=lead, at=NOW)
    assert "waits for an answer" not in browse(lead).get("/").text
    assert "1 question of yours has been answered" in browse(ann).get("/").text


def test_the_board_counts_what_waits_for_an_answer(ann, lead, lease, browse, call):
    ask(ann, lease)
    board = call(lead, "read").get("/api/v1/projects/shop/queues/board/").json()
    assert str(board).count("'questions': 1") == 1
    assert 'href="/p/shop/questions/">1</a>' in browse(lead).get("/p/shop/queues/").text
