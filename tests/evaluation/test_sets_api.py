"""Sets for programs: freezing, labeled rows, examples, differences, exports."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from evaluation.models import EvaluationSet, Example, SetVersion
from labeling.models import Item, Membership
from tests.evaluation.frozen import decide, decided_queue, frozen
from tests.factories import make_member, make_project, make_rubric_version, make_taxonomy
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
NOBODY = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


def test_a_program_freezes_a_queue_and_reads_the_examples(lead, call):
    # given a queue with two finished tasks
    queue = decided_queue(lead.project, ["refund", "delivery"])
    api = call(lead, "manage", "read")

    # when a program makes a set and freezes the queue into it
    made = api.post(
        "/api/v1/projects/shop/sets/", {"name": "Golden", "role": "frozen"}, format="json"
    )
    assert made.status_code == 201, made.content
    address = f"/api/v1/sets/{made.json()['uid']}/"
    asked = api.post(
        f"{address}versions/", {"queues": [str(queue.uid)], "criterion": "topic"}, format="json"
    )
    assert asked.status_code == 202, asked.content
    assert asked.json()["state"] == "freezing"
    run_jobs()

    # then its version and examples are there
    version = api.get(f"/api/v1/set-versions/{asked.json()['uid']}/").json()
    assert (version["state"], version["size"]) == ("frozen", 2)
    assert len(version["digest"]) == 64
    page = api.get(f"/api/v1/set-versions/{version['uid']}/examples/?page_size=1").json()
    assert page["results"][0]["references"] == {"topic": "refund"}
    assert page["results"][0]["weight"] == "1.000000000"
    assert len(api.get(page["next"]).json()["results"]) == 1
    assert api.get(address).json()["newest_version"] == 1
    listed = api.get("/api/v1/projects/shop/sets/").json()["results"]
    assert [(row["name"], row["size"]) for row in listed] == [("Golden", 2)]
    assert api.get(f"{address}versions/").json()["results"][0]["number"] == 1


def test_labeled_rows_become_a_version(lead, call):
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="frozen")
    rows = [{"id": str(place), "text": f"Hello {place}", "topic": "refund"} for place in (1, 2)]
    lines = "\n".join(map(json.dumps, rows)).encode()
    sent = call(lead, "manage").post(
        f"/api/v1/sets/{row.uid}/labeled-rows/?label=topic",
        data=lines,
        content_type="application/x-ndjson",
    )
    assert sent.status_code == 202, sent.content
    run_jobs()
    version = SetVersion.objects.get()
    assert (version.state, version.size, version.criterion) == ("frozen", 2, "topic")
    assert Item.objects.count() == 2


@pytest.mark.parametrize("body", [b"", b'{"text": "no label"}\n', b"<html>"])
def test_rows_without_a_label_are_refused_at_once(lead, call, body):
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="frozen")
    sent = call(lead, "manage").post(
        f"/api/v1/sets/{row.uid}/labeled-rows/", data=body, content_type="application/x-ndjson"
    )
    assert sent.status_code == 400, sent.content
    assert not SetVersion.objects.exists()


def test_two_versions_are_compared(lead, call):
    queue = decided_queue(lead.project, ["refund", "delivery"])
    first = frozen(queue, by=lead)
    decide(queue.tasks.order_by("pk")[0], "other", by=lead)
    api = call(lead, "manage")
    asked = {"queues": [str(queue.uid)], "criterion": "topic"}
    address = f"/api/v1/sets/{first.evaluation_set.uid}/versions/"
    second = api.post(address, asked, format="json").json()["uid"]
    run_jobs()
    got = api.get(f"/api/v1/set-versions/{second}/diff/?against={first.uid}").json()
    assert (got["added"], got["removed"], got["changed"], got["unchanged"]) == (0, 0, 1, 1)
    assert (got["changes"][0]["before"], got["changes"][0]["after"]) == ("refund", "other")


def test_an_export_is_asked_for_and_fetched_through_its_job(lead, call):
    version = frozen(decided_queue(lead.project), by=lead)
    api = call(lead, "evaluate", "exports")
    asked = api.post(
        f"/api/v1/set-versions/{version.uid}/exports/", {"layout": "huggingface"}, format="json"
    )
    assert asked.status_code == 202, asked.content
    run_jobs()
    got = api.get(f"/api/v1/jobs/{asked.json()['uid']}/file/")
    got.close()
    assert got.status_code == 200
    assert got["Content-Type"] == "application/zip"


def test_foreign_and_random_references_are_refused_alike(lead, call):
    theirs = decided_queue(make_project("other"))
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="frozen")
    version = frozen(decided_queue(lead.project), "Mine", by=lead)
    foreign = frozen(theirs, "Theirs")
    api = call(lead, "manage")

    def without_id(answer):
        return {name: value for name, value in answer.json().items() if name != "request_id"}

    answers = [
        api.post(
            f"/api/v1/sets/{row.uid}/versions/",
            {"queues": [uid], "criterion": "topic"},
            format="json",
        )
        for uid in (str(theirs.uid), NOBODY)
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert without_id(answers[0]) == without_id(answers[1])
    answers = [
        api.get(f"/api/v1/set-versions/{version.uid}/diff/?against={uid}")
        for uid in (foreign.uid, NOBODY, "x")
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert without_id(answers[0]) == without_id(answers[1])


def test_labeled_rows_may_say_which_criterion_they_answer(lead, call):
    taxonomy = make_taxonomy(lead.project, [("money", None), ("refund", "money")])
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": taxonomy}
    rubric = make_rubric_version(lead.project, [asked])
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="frozen")
    rows = [{"id": "1", "text": "Hello", "label": "refund"}]
    address = f"/api/v1/sets/{row.uid}/labeled-rows/?rubric_version={rubric.uid}&criterion="
    api = call(lead, "manage", "read")
    made = api.post(f"{address}topic", rows, format="json")
    assert made.status_code == 202, made.content
    assert [node["key"] for node in made.json()["taxonomy"]] == ["money", "refund"]
    assert made.json()["rubric_version"] == str(rubric.uid)
    unknown = api.post(f"{address}tone", rows, format="json")
    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["criterion"])
    foreign = api.post(f"/api/v1/sets/{row.uid}/labeled-rows/?criterion=topic", rows, format="json")
    assert (foreign.status_code, list(foreign.json()["fields"])) == (400, ["rubric_version"])


@pytest.mark.parametrize("scopes", [["read"], ["evaluate"], ["annotate"]])
def test_a_token_without_the_scope_freezes_nothing(lead, call, scopes):
    answer = call(lead, *scopes).post(
        "/api/v1/projects/shop/sets/", {"name": "Golden", "role": "frozen"}, format="json"
    )
    assert answer.status_code in (403, 404)


def test_the_shell_imports_and_verifies(lead, tmp_path):
    # given a labeled file
    path = tmp_path / "golden.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Hello", "intent": "greeting"}))

    # when it is imported from the shell
    said = io.StringIO()
    call_command("import_set", "shop", str(path), name="Golden", stdout=said)
    assert "Golden v1: 1 examples" in said.getvalue()

    # then it verifies, until a byte changes
    call_command("verify_set", project="shop", stdout=said)
    assert "Golden v1: whole" in said.getvalue()
    Example.objects.update(stratum="x")
    with pytest.raises(CommandError, match="1 versions"):
        call_command("verify_set", stdout=said)
    assert "its digest does not fit" in said.getvalue()
    with pytest.raises(CommandError, match="no frozen version"):
        call_command("verify_set", NOBODY)


def test_the_shell_says_why_a_file_is_not_taken(lead, tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Hello"}))
    with pytest.raises(CommandError, match="Choose the column"):
        call_command("import_set", "shop", str(path), name="Golden")
    with pytest.raises(CommandError, match="no project"):
        call_command("import_set", "nowhere", str(path), name="Golden")
    with pytest.raises(CommandError, match="no file"):
        call_command("import_set", "shop", str(tmp_path / "none"), name="Golden")
