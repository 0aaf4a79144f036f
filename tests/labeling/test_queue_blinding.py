"""Blinding as a policy of the queue: what it hides, and what may give something away."""

from __future__ import annotations

import pytest
from django.urls import reverse

from labeling.models import Annotation, ContentField, Item, Queue, Task
from labeling.policy.naming import names_in
from labeling.reports.blinding import blinding_of, given_away
from tests.factories import (
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
    make_rubric_version,
    make_sample,
    topic,
)
from tests.jobs import run_jobs
from tests.labeling.makers import better
from tests.programs import answered, program

pytestmark = pytest.mark.django_db
HIDING = {"show": {"attributes": ["channel"]}, "hide": {"content": ["reply"]}}


@pytest.fixture
def project():
    project = make_project("shop")
    for name in ("reply", "notes"):
        ContentField.objects.create(project=project, name=name, visibility="shown")
    return project


def make_replies(project, count=2):
    said = {"text": "Where is it?", "reply": "Under way since Monday.", "notes": "Twice asked."}
    return make_items(project, count, content=said, attributes={"channel": "phone", "vip": "yes"})


def test_a_queue_hides_content_that_the_project_shows(project):
    queue = make_queue(project, make_replies(project), blinding=HIDING)
    caller = program(make_annotator(project), "annotate")

    claimed = answered(caller.post("/api/v1/projects/shop/claims/", {"queue": str(queue.uid)}))
    names = [field["name"] for field in claimed["item"]["content"]]
    assert set(names) == {"text", "notes"}
    assert claimed["item"]["attributes"] == {"channel": "phone"}

    path = f"/api/v1/leases/{claimed['lease']['token']}/submit/"
    caller.post(path, {"answers": {"topic": "refund"}})
    (own,) = answered(caller.get("/api/v1/projects/shop/work/"))["results"]
    assert "Under way" not in str(own)


@pytest.mark.parametrize("outputs", [[], ["Under way since Monday.", "No idea."]])
def test_own_work_is_not_found_by_what_was_hidden(project, outputs):
    blinding = {} if outputs else HIDING
    queue = make_queue(project, make_replies(project), blinding=blinding)
    queue.tasks.update(outputs=outputs)
    person = make_annotator(project)
    caller = program(person, "annotate")
    claimed = answered(caller.post("/api/v1/projects/shop/claims/", {}))
    path = f"/api/v1/leases/{claimed['lease']['token']}/submit/"
    caller.post(path, {"answers": {"topic": "refund"}, "comment": "Mine"})

    for text, found in (("under way", 0), ("mine", 1)):
        page = answered(caller.get("/api/v1/projects/shop/work/", {"text": text}))
        assert len(page["results"]) == found, text


def test_an_own_question_quotes_nothing_hidden(project, browse):
    ContentField.objects.filter(project=project).exclude(name="reply").update(visibility="hidden")
    queue = make_queue(project, make_replies(project), blinding=HIDING)
    person = make_annotator(project)
    caller = program(person, "annotate")
    claimed = answered(caller.post("/api/v1/projects/shop/claims/", {"queue": str(queue.uid)}))
    path = f"/api/v1/leases/{claimed['lease']['token']}/questions/"
    answered(caller.post(path, {"text": "Which?"}), 200, 201)

    page = browse(person).get(reverse("own_questions", args=["shop"]))
    assert "Which?" in page.text
    assert "Under way" not in page.text


def test_the_form_offers_to_hide_what_the_project_shows(project, browse):
    version, sample = make_rubric_version(project), make_sample(project, make_replies(project))
    browser = browse(make_member(project, "lead"))
    assert 'value="reply"' in browser.get("/p/shop/queues/new/").text
    form = {"name": "Blind", "rubric_version": version.uid, "sample": sample.uid, "overlap": 2}
    form |= {"settling": "unanimous", "lease_minutes": 15, "order": "random"}
    form |= {"hide_fields": ["reply"], "show_attributes": "channel, plan"}

    assert browser.post("/p/shop/queues/new/", form).status_code == 302
    run_jobs()
    assert Queue.objects.get().blinding == {
        "show": {"prediction": False, "attributes": ["channel", "plan"]},
        "shuffle_options": False,
        "hide": {"content": ["reply"]},
    }
    refused = browser.post("/p/shop/queues/new/", form | {"hide_fields": ["nothing"]})
    assert refused.status_code == 400


def test_programs_hide_content_too(project):
    version, sample = make_rubric_version(project), make_sample(project, make_replies(project))
    lead = program(make_member(project, "lead"), "manage", "read")
    body = {"name": "Q", "rubric_version": str(version.uid), "sample": str(sample.uid)}
    for hide, kept in (({"content": ["reply"]}, {"content": ["reply"]}), ({}, None)):
        sent = lead.post("/api/v1/projects/shop/queues/", body | {"blinding": {"hide": hide}})
        assert answered(sent, 202)["blinding"].get("hide") == kept


def test_the_policy_is_told_by_the_labels_that_people_read(project):
    ContentField.objects.filter(project=project, name="notes").update(
        visibility="masked", label="Notes of the desk"
    )
    version = make_rubric_version(project, [topic(), better() | {"subject": "pair"}])
    items = make_replies(project)
    blinding = {**HIDING, "shuffle_options": True}
    queue = make_queue(project, items, version=version, blinding=blinding, order="arrival")

    said = blinding_of(queue)

    assert (said.masked, said.hidden) == (["Notes of the desk"], ["reply"])
    assert "reply" not in said.shown
    assert (said.attributes, said.prediction) == (["channel"], False)
    assert [text.partition(",")[0] for text in said.shuffled] == ["options", "sides"]
    assert [text.partition(",")[0] for text in said.fixed] == ["items"]


def test_names_of_models_in_shown_texts_are_told_and_hidden_ones_are_not(project, browse):
    items = make_replies(project, 3)
    Item.objects.filter(pk=items[0].pk).update(model_version="intent-v7")
    queue = make_queue(project, items, blinding={"hide": {"content": ["notes"]}})
    for item, text in zip(items, ("Ask INTENT-V7!", "As an AI, I cannot.", "gpt-4o"), strict=True):
        shown = {"text": text, "reply": "", "notes": "written by claude-3"}
        Item.objects.filter(pk=item.pk).update(content=shown)

    found = given_away(queue)

    assert [(row.name, row.tasks) for row in found.names] == [
        ("as an ai", 1),
        ("gpt-4o", 1),
        ("intent-v7", 1),
    ]
    assert (found.looked_at, found.tasks) == (3, 3)
    page = browse(make_member(project, "lead")).get(f"/p/shop/queues/{queue.uid}/blinding/").text
    assert "may tell them what they must not know" in page
    assert "gpt-4o" in page
    assert "claude-3" not in page


def test_names_in_outputs_are_told_and_a_version_that_is_judged_by_its_name(project):
    queue = make_queue(project, make_replies(project))
    Task.objects.update(outputs=["I am reply-v2.", "Hello."])

    assert [row.name for row in given_away(queue, ["reply-v2"]).names] == ["reply-v2"]


def test_fields_and_attributes_that_hold_the_answer_by_their_names_are_told(project):
    ContentField.objects.create(project=project, name="gold", visibility="shown")
    ContentField.objects.create(project=project, name="label", visibility="hidden")
    blinding = {"show": {"attributes": ["is_gold", "channel"]}}
    queue = make_queue(project, make_replies(project), blinding=blinding)

    assert given_away(queue).columns == ["gold", "is_gold"]


def test_a_queue_without_anything_of_the_kind_says_so(project, browse):
    queue = make_queue(project, make_replies(project))
    lead = make_member(project, "lead")

    assert given_away(queue).nothing
    page = browse(lead).get(f"/p/shop/queues/{queue.uid}/blinding/").text
    assert "No shown text names a model." in page
    body = answered(program(lead, "read").get(f"/api/v1/queues/{queue.uid}/blinding/"))
    assert body["given_away"] == {"looked_at": 2, "tasks": 2, "names": [], "columns": []}
    assert not Annotation.objects.exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("As a large language model I can.", ["as a large language model"]),
        ("ChatGPT and GPT-3.5-turbo", ["chatgpt", "gpt-3.5-turbo"]),
        ("Llama 2 by Meta", ["llama 2"]),
        ("Claude Monet painted a llama in Geminiland.", []),
        ("The pythia spoke; a falcon flew; my opt-out stands.", []),
    ],
)
def test_everyday_words_are_no_models(text, found):
    assert names_in([text]) == found


def test_long_texts_are_read_in_time():
    assert names_in(["gpt-" * 200_000 + "as an a " * 50_000], ["x" * 60]) == []
