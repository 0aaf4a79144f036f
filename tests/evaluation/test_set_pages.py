"""The pages of evaluation sets: who may open them, what they say, what they do."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from evaluation.models import EvaluationSet, SetVersion
from evaluation.services.sets import import_labeled
from labeling.models import Job, Membership
from tests.evaluation.frozen import decide, decided_queue, frozen
from tests.factories import make_member, make_project, make_rubric_version, make_taxonomy
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
TABS = ["", "coverage/", "quality/", "diff/", "export/"]


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def test_a_lead_makes_a_set_and_freezes_a_queue(lead, browse):
    # given a queue with two finished tasks
    queue = decided_queue(lead.project, ["refund", "delivery"], name="Week 6")
    page = browse(lead)
    assert "No set yet" in text_of(page.get("/p/shop/sets/"))

    # when a lead makes a set and freezes the queue
    made = page.post("/p/shop/sets/new/", {"name": "Golden", "role": "frozen"})
    assert made.status_code == 302
    shown = text_of(page.get(made.url))
    assert "Week 6: 2 finished tasks" in shown
    asked = {"queues": [str(queue.uid)], "criterion": "topic"}
    assert page.post(f"{made.url}freeze/", asked).status_code == 302
    assert "being frozen" in text_of(page.get(made.url))
    run_jobs()

    # then the list and the page say what is frozen
    version = SetVersion.objects.get()
    assert version.digest[:12] in text_of(page.get(made.url))
    assert "Version 1 holds 2 examples with right answers to topic." in text_of(page.get(made.url))
    assert "frozen benchmark" in text_of(page.get("/p/shop/sets/"))


@pytest.mark.parametrize(
    "fields", [{"name": "", "role": "frozen"}, {"name": "Golden", "role": "x"}]
)
def test_a_set_without_a_name_or_role_is_not_made(lead, browse, fields):
    assert browse(lead).post("/p/shop/sets/new/", fields).status_code == 400
    assert not EvaluationSet.objects.exists()


def test_a_second_set_of_a_name_is_refused(lead, browse):
    frozen(decided_queue(lead.project), by=lead)
    again = browse(lead).post("/p/shop/sets/new/", {"name": "Golden", "role": "edge"})
    assert again.status_code == 400
    assert "already an evaluation set" in again.content.decode()


def test_queues_that_do_not_fit_are_refused_in_place(lead, browse):
    queues = [decided_queue(lead.project, ["refund"]), decided_queue(lead.project, ["refund"])]
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="frozen")
    asked = {"queues": [str(queue.uid) for queue in queues], "criterion": "topic"}
    answer = browse(lead).post(f"{row.get_absolute_url()}freeze/", asked)
    assert answer.status_code == 400
    assert "different rubric versions" in answer.content.decode()
    assert browse(lead).post(f"{row.get_absolute_url()}freeze/", {}).status_code == 400


def test_a_labeled_file_is_uploaded_mapped_and_frozen(lead, browse):
    # given a set without versions
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="edge")
    page = browse(lead)

    # when a file is uploaded
    file = SimpleUploadedFile("golden.csv", b"id,text,topic\n1,Where is it?,delivery\n")
    sent = page.post(f"{row.get_absolute_url()}files/", {"file": file})
    assert sent.status_code == 302

    # then its columns are suggested
    shown = text_of(page.get(sent.url))
    assert '<option value="topic" selected>' in shown
    assert "Where is it?" in shown

    # and freezing it gives a version that says that nobody knows its quality
    chosen = {"label": "topic", "external_id": "id", "content": ["text"]}
    assert page.post(sent.url, chosen).status_code == 302
    run_jobs()
    version = SetVersion.objects.get()
    assert (version.state, version.size) == ("frozen", 1)
    assert "nobody here knows" in text_of(page.get(row.get_absolute_url()))
    assert "These labels were imported" in text_of(page.get(f"{row.get_absolute_url()}quality/"))


def test_a_file_that_cannot_be_read_or_mapped_is_refused(lead, browse):
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="edge")
    page = browse(lead)
    address = f"{row.get_absolute_url()}files/"
    assert page.post(address).status_code == 400
    broken = SimpleUploadedFile("golden.csv", b"%PDF-1.7")
    refused = page.post(address, {"file": broken})
    assert refused.status_code == 400
    assert "PDF" in refused.content.decode()
    fine = SimpleUploadedFile("golden.csv", b"id,text,topic\n1,Hello,x\n")
    mapping = page.post(address, {"file": fine}).url
    wrong = page.post(mapping, {"label": "topic", "external_id": "topic"})
    assert wrong.status_code == 400
    assert "cannot be a part of the item" in wrong.content.decode()


def test_the_columns_are_shown_to_whoever_uploaded_the_file_alone(lead, browse):
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="edge")
    file = SimpleUploadedFile("golden.csv", b"id,text,topic\n1,Hello,x\n")
    mapping = browse(lead).post(f"{row.get_absolute_url()}files/", {"file": file}).url
    other = browse(make_member(lead.project, "lead"))
    assert other.get(mapping).status_code == 302
    assert other.get(f"{row.get_absolute_url()}columns/?file=x").status_code == 302


def test_coverage_counts_answers_branches_and_attributes(lead, browse):
    nodes = [("money", None), ("refund", "money"), ("parcel", None), ("lost", "parcel")]
    taxonomy = make_taxonomy(lead.project, nodes)
    asked = {"key": "topic", "kind": "taxonomy", "prompt": "Which?", "taxonomy": taxonomy}
    rubric = make_rubric_version(lead.project, [asked])
    queue = decided_queue(lead.project, ["refund", "refund", "lost"], version=rubric)
    for task in queue.tasks.all():
        type(task.item).objects.filter(pk=task.item_id).update(attributes={"channel": "app"})
    version = frozen(queue, by=lead)
    shown = text_of(browse(lead).get(f"{version.evaluation_set.get_absolute_url()}coverage/"))
    for words in ("Branches of the right answer", "Money", "66.7%", "channel", "app"):
        assert words in shown


def test_quality_shows_agreement_and_what_was_left_out(lead, browse):
    queue = decided_queue(lead.project, ["refund", None])
    decide(queue.tasks.order_by("pk")[0], "other", by=lead)
    version = frozen(queue, by=lead)
    shown = text_of(browse(lead).get(f"{version.evaluation_set.get_absolute_url()}quality/"))
    assert "answered “cannot tell”" in shown
    assert "Decided by a person" in shown


def test_two_versions_are_compared(lead, browse):
    rows = [{"id": "1", "text": "Hello", "label": "a"}, {"id": "2", "text": "You", "label": "b"}]
    first = import_labeled(lead.project, "Golden", "frozen", rows, by=lead)
    import_labeled(lead.project, "Golden", "frozen", [{"id": "1", "label": "c"}], by=lead)
    address = first.evaluation_set.get_absolute_url()
    shown = text_of(browse(lead).get(f"{address}diff/"))
    assert "Answered otherwise" in shown
    assert "not in it" in shown
    assert browse(lead).get(f"{address}diff/?version=1&against=2").status_code == 200
    assert browse(lead).get(f"{address}diff/?version=9").status_code == 404
    assert browse(lead).get(f"{address}diff/?version=x").status_code == 404


def test_an_archive_is_asked_for_and_fetched(lead, browse):
    version = frozen(decided_queue(lead.project), by=lead)
    page = browse(lead)
    address = f"{version.evaluation_set.get_absolute_url()}export/"
    assert page.post(address, {"layout": "csv", "contents": "whole"}).status_code == 302
    run_jobs()
    assert "Download" in text_of(page.get(address))
    job = Job.objects.get(kind="export_set")
    assert job.arguments["profile"] == "spreadsheet"
    assert page.post(address, {"layout": "xlsx"}).status_code == 400
    file = page.get(f"/p/shop/jobs/{job.uid}/file/")
    file.close()
    assert file.status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_a_set_without_versions_shows_every_tab(lead, browse, tab):
    row = EvaluationSet.objects.create(project=lead.project, name="Golden", role="edge")
    assert (
        "Nothing is frozen yet" in text_of(browse(lead).get(f"{row.get_absolute_url()}{tab}"))
        or tab == "diff/"
    )
    exported = browse(lead).post(
        f"{row.get_absolute_url()}export/", {"layout": "csv", "contents": "whole"}
    )
    assert exported.status_code == 409


@pytest.mark.parametrize("tab", TABS)
def test_a_viewer_reads_a_set_and_changes_nothing(lead, browse, tab):
    version = frozen(decided_queue(lead.project), by=lead)
    page = browse(make_member(lead.project, "viewer"))
    address = version.evaluation_set.get_absolute_url()
    assert page.get(f"{address}{tab}").status_code == 200
    assert page.post(f"{address}export/", {}).status_code in (403, 404)
    assert page.post(f"{address}freeze/", {}).status_code == 403


@pytest.mark.parametrize("tab", TABS)
def test_annotators_and_strangers_see_no_set(lead, browse, tab):
    version = frozen(decided_queue(lead.project), by=lead)
    address = version.evaluation_set.get_absolute_url()
    assert browse(make_member(lead.project, "annotator")).get(f"{address}{tab}").status_code == 404
    assert browse(make_member()).get(f"{address}{tab}").status_code == 404
