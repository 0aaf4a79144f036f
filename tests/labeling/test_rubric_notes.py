"""Notes in rubric files: what was ruled beside the guidance goes out and comes in with it."""

from __future__ import annotations

import json

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from labeling.models import Note, RubricVersion
from labeling.reports.rubrics import is_unchanged
from labeling.services.questions import publish_note, withdraw_note
from labeling.services.rubrics import create_rubric, publish, save_draft, start_draft
from tests.factories import make_member, make_project, topic

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ALL, ONE = (
    {"criterion": "", "text": "Sarcasm counts."},
    {"criterion": "topic", "text": "So **do** fees."},
)


@pytest.fixture
def lead():
    return make_member(make_project("shop"), "lead")


@pytest.fixture
def version(lead):
    """A published version with two notes that stand and one that was taken back."""
    version = publish(create_rubric(lead.project, document(), by=lead), by=lead)
    for note in (ALL, ONE):
        publish_note(version, note["text"], note["criterion"], by=lead, at=NOW)
    gone = publish_note(version, "A slip.", by=lead, at=NOW)
    withdraw_note(gone, by=lead, at=NOW)
    return version


def document(**fields):
    return {"name": "Topics", "criteria": [topic()], **fields}


def texts(version):
    return list(version.notes.filter(withdrawn_at=None).values_list("text", flat=True))


def file_of(browser, version, kind):
    base = f"/p/shop/rubrics/{version.rubric.uid}"
    return browser.get(f"{base}/versions/{version.number}/{kind}/").text


def test_a_file_holds_the_notes_that_stand_and_the_version_is_still_what_was_published(
    lead, version, browse
):
    browser = browse(lead)
    assert yaml.safe_load(file_of(browser, version, "yaml"))["notes"] == [ALL, ONE]
    assert json.loads(file_of(browser, version, "json"))["notes"] == [ALL, ONE]
    assert "Sarcasm counts." in browser.get(f"/p/shop/rubrics/{version.rubric.uid}/export/").text
    assert is_unchanged(version)


def test_a_file_brought_in_elsewhere_asks_the_same_with_the_same_notes(lead, version, browse):
    text = file_of(browse(lead), version, "yaml")
    other = make_member(make_project("depot"), "lead")
    file = SimpleUploadedFile("topics.yaml", text.encode())
    assert browse(other).post("/p/depot/rubrics/new/", {"file": file}).status_code == 302
    draft = RubricVersion.objects.get(rubric__project=other.project)
    published = publish(draft, by=other)
    assert texts(published) == [ALL["text"], ONE["text"]]
    assert published.digest == version.digest
    assert {note.published_by for note in published.notes.all()} == {other}
    assert "<strong>do</strong>" in published.notes.get(criterion="topic").text_html


def test_programs_read_the_notes_and_say_them_for_a_draft(lead, version, call):
    client = call(lead, "manage", "read")
    read = client.get(f"/api/v1/rubric-versions/{version.uid}/").json()["document"]
    assert read["notes"] == [ALL, ONE]
    body = {"document": {**read, "name": "Copy", "notes": [ONE]}}
    made = client.post("/api/v1/projects/shop/rubrics/", body, format="json")
    assert made.json()["document"]["notes"] == [ONE]


def test_saving_a_draft_keeps_its_notes_unless_it_names_others(lead):
    draft = create_rubric(lead.project, document(notes=[ALL, ONE]), by=lead)
    draft = save_draft(draft, document(), revision=1, by=lead)
    assert texts(draft) == [ALL["text"], ONE["text"]]
    draft = save_draft(draft, document(notes=[ONE]), revision=2, by=lead)
    assert texts(draft) == [ONE["text"]]
    draft = save_draft(draft, document(notes=[]), revision=3, by=lead)
    assert texts(draft) == []


def test_a_note_whose_question_is_gone_is_not_published(lead):
    draft = create_rubric(lead.project, document(notes=[ALL, ONE]), by=lead)
    draft = save_draft(draft, document(criteria=[topic(key="subject")]), revision=1, by=lead)
    assert texts(publish(draft, by=lead)) == [ALL["text"]]


def test_a_note_that_the_version_before_has_too_is_there_once(lead, version):
    draft = start_draft(version.rubric, by=lead)
    fresh = {"criterion": "", "text": "New."}
    draft = save_draft(draft, document(notes=[ONE, fresh]), revision=1, by=lead)
    assert sorted(texts(publish(draft, by=lead))) == ["New.", ALL["text"], ONE["text"]]
    assert Note.objects.filter(version=version, withdrawn_at=None).count() == 2


@pytest.mark.parametrize(
    ("notes", "where"),
    [
        ({}, "notes"),
        ([ALL] * 501, "notes"),
        (["Sarcasm counts."], "notes.0"),
        ([{"criterion": ""}], "notes.0.text"),
        ([{"text": "x" * 4_001}], "notes.0.text"),
        ([ALL, {"text": "| a" * 42}], "notes.1.text"),
        ([{"text": "Ours.", "criterion": "tone"}], "notes.0.criterion"),
        ([{"text": "Ours.", "criterion": ["topic"]}], "notes.0.criterion"),
        ([{"text": "Ours.", "by": "Ruth"}], "notes.0.by"),
    ],
)
def test_what_is_no_note_is_refused_by_its_place(lead, call, notes, where):
    body = {"document": document(notes=notes)}
    answer = call(lead, "manage").post("/api/v1/projects/shop/rubrics/", body, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [where])


def test_label_studio_is_said_not_to_take_the_notes(lead, version, call):
    client = call(lead, "read")
    found = client.get(f"/api/v1/rubric-versions/{version.uid}/label-studio/").json()
    assert {"criterion": "", "lost": "notes", "what": "the notes"} in found["missing"]
