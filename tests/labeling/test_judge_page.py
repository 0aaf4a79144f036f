from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.models import Annotation, ContentField, Draft, Skip, Slot
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_task,
    make_taxonomy,
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


def begin(client):
    """Claim an item and give its token."""
    client.post(PAGE)
    return Slot.objects.get(annotation=None, annotator__isnull=False).token


def submit(client, token, member, script=False, **fields):
    sent = {"member": str(member.uid), "answer-topic": "=refund", **fields}
    extra = SCRIPT if script else {}
    return client.post(f"{PAGE}{token}/submit/", sent, **extra)


def test_looking_at_the_page_claims_nothing(ann, client):
    queue = make_queue(ann.project, name="German intents")

    page = client.get(PAGE)

    assert page.status_code == 200
    assert "German intents" in page.text
    assert "Continue" in page.text
    assert not queue.slots.filter(annotator__isnull=False).exists()


def test_continue_shows_an_item_and_a_reload_shows_it_again(ann, client):
    make_queue(ann.project)

    assert client.post(PAGE).status_code == 302
    pages = [client.get(PAGE).text for _ in range(2)]

    assert all("Message" in page and "What is it about?" in page for page in pages)
    assert Slot.objects.filter(annotator=ann).count() == 1


def test_the_page_works_without_scripts(ann, client):
    make_queue(ann.project)
    token = begin(client)

    answer = submit(client, token, ann, comment="plain")

    annotation = Annotation.objects.get()
    assert annotation.comment == "plain"
    assert answer["Location"] == f"{PAGE}?done={annotation.uid}"
    page = client.get(answer["Location"]).text
    assert f"{PAGE}{annotation.uid}/undo/" in page
    assert str(token) not in page


def test_the_script_gets_the_next_item_in_the_same_answer(ann, client):
    make_queue(ann.project)
    token = begin(client)

    answer = submit(client, token, ann, script=True, active_ms="1500")

    assert answer.status_code == 200
    assert Annotation.objects.get().active_ms == 1500
    following = Slot.objects.get(annotation=None, annotator=ann).token
    assert str(following) in answer.text


def test_what_is_missing_is_said_and_what_was_typed_is_kept(ann, client):
    version = make_rubric_version(ann.project, [topic(), topic(key="tone")])
    make_task(ann.project, version=version)
    token = begin(client)

    answer = submit(client, token, ann, comment="my own words")

    assert answer.status_code == 400
    assert "Answer this first." in answer.text
    assert "my own words" in answer.text
    assert not Annotation.objects.exists()


def test_cannot_tell_and_texts_come_through_the_form(ann, client):
    note = {"key": "note", "kind": "free_text", "prompt": "Note?", "required": False}
    other = {"key": "why", "kind": "free_text", "prompt": "Why?"}
    version = make_rubric_version(ann.project, [topic(), note, other])
    make_task(ann.project, version=version)
    token = begin(client)

    submit(client, token, ann, **{"answer-topic": "?", "text-note": " hm ", "answer-why": "?"})

    stored = Annotation.objects.get().answers.values_list("criterion__key", "value", "cannot_tell")
    assert set(stored) == {("topic", "", True), ("note", " hm ", False), ("why", "", True)}


def test_a_skip_needs_its_reason_and_goes_on(ann, client):
    make_queue(ann.project)
    token = begin(client)
    url = f"{PAGE}{token}/skip/"

    assert client.post(url, {"member": str(ann.uid)}).status_code == 400
    assert client.post(url, {"member": str(ann.uid), "reason": "other"}).status_code == 302

    assert Skip.objects.get().reason == "other"


def test_undo_brings_item_and_answers_back(ann, client):
    make_queue(ann.project)
    submit(client, begin(client), ann)
    annotation = Annotation.objects.get()

    answer = client.post(f"{PAGE}{annotation.uid}/undo/", **SCRIPT)

    assert re.search(r'value="=refund"\s+checked', answer.text)
    assert Annotation.objects.filter(kind="withdrawn").exists()


def test_the_undo_bar_is_gone_after_ten_seconds(ann, client):
    make_queue(ann.project)
    page = submit(client, begin(client), ann)["Location"]
    Annotation.objects.update(submitted_at=timezone.now() - timedelta(seconds=11))

    assert "/undo/" not in client.get(page).text


def test_a_page_opened_by_somebody_else_submits_nothing(ann, client):
    make_queue(ann.project)
    token = begin(client)
    other = make_annotator(ann.project)

    answer = submit(client, token, other, script=True)

    assert (answer.status_code, answer.json()["code"]) == (409, "user_changed")
    assert not Annotation.objects.exists()


def test_what_was_written_for_a_closed_queue_is_kept(ann, client):
    queue = make_queue(ann.project)
    token = begin(client)
    queue.state = "closed"
    queue.save()

    answer = submit(client, token, ann, comment="long thought")

    assert answer.status_code == 409
    assert Draft.objects.get().comment == "long thought"


def test_a_foreign_token_submits_nothing(ann, client, browse):
    make_queue(ann.project)
    bob = make_annotator(ann.project)
    foreign = begin(browse(bob))

    for token in (foreign, uuid4()):
        assert submit(client, token, ann, script=True).json()["code"] == "lease_unknown"


def test_who_may_not_judge_finds_no_page(ann, browse):
    for member in (make_member(ann.project, "lead"), make_annotator(make_project("other"))):
        assert browse(member).get(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("open", "All done"), ("paused", "Paused"), ("preparing", "All done")],
)
def test_the_end_of_a_queue_says_why(ann, client, state, sentence):
    queue = make_queue(ann.project, state=state)
    if state == "open":
        queue.tasks.update(state="settled")

    assert sentence in client.get(PAGE).text


def test_what_others_hold_is_looked_for_again_by_itself(ann, client, browse):
    make_task(ann.project, overlap=1)
    begin(browse(make_annotator(ann.project)))

    page = client.get(PAGE).text

    assert "Nothing for you at this moment" in page
    assert 'hx-trigger="every 15s"' in page


def test_words_of_the_rubric_come_in_the_persons_language(ann, client):
    german = {"prompt": "Worum geht es?", "options": {"refund": {"label": "Erstattung"}}}
    version = make_rubric_version(ann.project, [topic(translations={"de": german})])
    make_task(ann.project, version=version)
    ann.user.language = "de"
    ann.user.save()
    token = begin(client)

    page = client.get(PAGE).text
    assert "Worum geht es?" in page
    assert "Erstattung" in page
    submit(client, token, ann, language="de")

    annotation = Annotation.objects.get()
    assert (annotation.language, annotation.answers.get().value) == ("de", "refund")


def test_a_taxonomy_is_shown_branch_by_branch(ann, client):
    nodes = make_taxonomy(ann.project, [("refund", "money"), ("money", None), ("other", None)])
    intent = {"key": "intent", "kind": "taxonomy", "prompt": "Intent?", "taxonomy": nodes}
    make_task(ann.project, version=make_rubric_version(ann.project, [intent]))
    begin(client)

    page = client.get(PAGE).text

    assert page.index("=money") < page.index("=refund") < page.index("=other")


def test_masked_and_hidden_fields_do_not_leave_the_server(ann, client):
    ContentField.objects.create(project=ann.project, name="mail", visibility="masked")
    ContentField.objects.create(project=ann.project, name="notes", visibility="hidden")
    content = {"text": "Hello", "mail": "from jo@example.org, 0171", "notes": "secret note"}
    make_queue(ann.project, make_items(ann.project, 1, content=content))
    begin(client)

    page = client.get(PAGE).text

    assert "from •••, ••••" in page
    assert "jo@example.org" not in page
    assert "secret note" not in page


def test_an_item_cannot_write_into_the_page(ann, client):
    content = {"text": "<script>alert(1)</script><img src=x onerror=alert(1)>"}
    make_queue(ann.project, make_items(ann.project, 1, content=content))
    begin(client)

    page = client.get(PAGE).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_page_and_the_step_to_the_next_item_take_few_statements(ann, client):
    make_queue(ann.project, make_items(ann.project, 30))
    token = begin(client)
    client.get(PAGE)

    with CaptureQueriesContext(connection) as looking:
        client.get(PAGE)
    with CaptureQueriesContext(connection) as stepping:
        submit(client, token, ann, script=True)

    assert len(looking) <= 12
    assert len(stepping) <= 30


def test_continue_works_before_or_without_the_script():
    """The page's own form carries the token that the site asks of every form."""
    member = make_annotator(make_queue().project)
    client = Client(enforce_csrf_checks=True)
    client.force_login(member.user, backend="labeling.sessions.PersonBackend")
    page = client.get(f"/p/{member.project.slug}/judge/")
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text))

    begun = client.post(f"/p/{member.project.slug}/judge/", {"csrfmiddlewaretoken": token})

    assert begun.status_code == 302
