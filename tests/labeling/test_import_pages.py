from __future__ import annotations

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import ContentField, Import, Item, StoredFile
from tests.factories import make_import, make_member, make_project
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

ROWS = [
    {"id": "a", "text": "Where is it?", "gold_label": "delivery", "lang": "en"},
    {"id": "b", "text": "Geld zurück", "gold_label": "refund", "lang": "de"},
]


def jsonl(rows=ROWS, name="items.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(json.dumps(row) for row in rows).encode())


@pytest.fixture
def engineer():
    return make_member(make_project("x"), "engineer")


@pytest.fixture
def client(engineer, browse):
    return browse(engineer)


def upload(client, file=None) -> Import:
    answer = client.post("/p/x/imports/new/", {"file": file or jsonl()})
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("pk")


def chosen(client, batch: Import, **changes: str) -> dict[str, str]:
    """The mapping page's form as it is offered, with changes."""
    form = client.get(f"/p/x/imports/{batch.uid}/map/").context["form"]
    fields = {field.html_name: field.value() or "" for field in form}
    return {**fields, **changes}


def test_a_file_is_uploaded_mapped_and_brought_in(client):
    batch = upload(client)
    mapping = chosen(client, batch)

    answer = client.post(f"/p/x/imports/{batch.uid}/map/", mapping)
    run_jobs()

    assert answer.url == f"/p/x/imports/{batch.uid}/"
    assert Item.objects.get(external_id="b").content == {"text": "Geld zurück"}
    assert Item.objects.get(external_id="b").attributes == {"lang": "de"}
    assert b"2 new items have come in" in client.get(answer.url).content


def test_columns_that_may_tell_the_answer_are_left_out_and_marked(client):
    batch = upload(client)

    page = client.get(f"/p/x/imports/{batch.uid}/map/")

    told = {
        row.column.path: (row.tells, row.place.value()) for row in page.context["form"].choices()
    }
    assert told["gold_label"] == (True, "")
    assert told["text"] == (False, "content")
    assert "may tell the answer" in page.content.decode()


def test_content_is_hidden_from_annotators_unless_somebody_shows_it(client, engineer):
    engineer.project.content_fields.all().delete()
    batch = upload(client, jsonl([{"id": "a", "text": "Hi", "context": "Before", "title": "T"}]))
    names = {row.column.path: row for row in _choices(client, batch)}
    mapping = chosen(
        client,
        batch,
        **{
            names["text"].visibility.html_name: "shown",
            names["context"].visibility.html_name: "masked",
        },
    )

    client.post(f"/p/x/imports/{batch.uid}/map/", mapping)
    run_jobs()

    assert dict(ContentField.objects.values_list("name", "visibility")) == {
        "text": "shown",
        "context": "masked",
        "title": "hidden",
    }


def test_the_next_file_with_these_columns_is_read_the_same_way(client):
    batch = upload(client)
    by_column = {row.column.path: row for row in _choices(client, batch)}
    changed = {
        by_column["gold_label"].place.html_name: "attribute",
        by_column["gold_label"].name.html_name: "intent",
    }
    client.post(f"/p/x/imports/{batch.uid}/map/", chosen(client, batch, **changed))

    page = client.get(f"/p/x/imports/{upload(client).uid}/map/")

    again = {row.column.path: row for row in page.context["form"].choices()}
    assert again["gold_label"].name.value() == "intent"
    assert "as the last file with these columns" in page.content.decode()


def test_a_wrong_mapping_is_said_and_kept_on_the_page(client):
    batch = upload(client)
    by_column = {row.column.path: row for row in _choices(client, batch)}
    twice = chosen(client, batch, **{by_column["lang"].place.html_name: "external_id"})
    none = chosen(client, batch, **{by_column["text"].place.html_name: ""})

    for mapping, sentence in [
        (twice, "Choose at most one column as “external id”."),
        (none, "Choose at least one column for the content."),
    ]:
        answer = client.post(f"/p/x/imports/{batch.uid}/map/", mapping)
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    assert not Item.objects.exists()


def test_an_import_is_started_once(client):
    batch = upload(client)
    mapping = chosen(client, batch)

    client.post(f"/p/x/imports/{batch.uid}/map/", mapping)

    assert client.post(f"/p/x/imports/{batch.uid}/map/", mapping).status_code == 409
    run_jobs()
    assert Item.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jsonl", b""),
        ("a.parquet", b"PK\x03\x04 not parquet"),
        ("a.jsonl", b"<html><body>hello</body></html>"),
        ("a.csv", b"\xff\xfea\x00b\x00"),
        ("a.jsonl", b"\x7fELF\x00\x00"),
    ],
)
def test_a_file_that_holds_no_rows_is_refused_and_forgotten(client, name, body):
    answer = client.post("/p/x/imports/new/", {"file": SimpleUploadedFile(name, body)})

    assert answer.status_code == 400
    assert not StoredFile.objects.exists()
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../x.jsonl",
        "CON.jsonl",
        "a" * 400 + ".jsonl",
        "txt.lnosj\u202e.jsonl",
        "<img src=x>.jsonl",
    ],
)
def test_whatever_a_file_is_called_its_name_is_only_text(client, name):
    batch = upload(client, jsonl(name=name))

    assert "/" not in batch.file.key[3:]
    assert "\u202e" not in batch.name
    page = client.get("/p/x/imports/").content.decode()
    assert "<img src=x>" not in page


def test_refused_rows_are_shown_by_line_and_downloadable(client):
    batch = upload(client, jsonl([*ROWS, {"id": "", "text": "x"}]))
    client.post(f"/p/x/imports/{batch.uid}/map/", chosen(client, batch, valid_rows_only="yes"))
    run_jobs()

    page = client.get(f"/p/x/imports/{batch.uid}/").content.decode()
    download = client.get(f"/p/x/imports/{batch.uid}/refused/")

    assert "column “id” is empty" in page
    assert Item.objects.count() == 2
    assert b"".join(download.streaming_content).decode().splitlines()[1].startswith("3,")
    assert download["Content-Disposition"].startswith("attachment")


def test_a_failed_import_can_be_mapped_again(client):
    batch = upload(client, jsonl([*ROWS, {"id": "", "text": "x"}]))
    client.post(f"/p/x/imports/{batch.uid}/map/", chosen(client, batch))
    run_jobs()
    assert (
        "1 row was refused, so nothing was taken"
        in client.get(f"/p/x/imports/{batch.uid}/").content.decode()
    )

    client.post(f"/p/x/imports/{batch.uid}/map/", chosen(client, batch, valid_rows_only="yes"))
    run_jobs()

    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.refused) == ("done", 2, 1)


def test_an_import_is_withdrawn_from_its_page(client):
    batch = upload(client)
    client.post(f"/p/x/imports/{batch.uid}/map/", chosen(client, batch))
    run_jobs()

    client.post(f"/p/x/imports/{batch.uid}/withdraw/")
    run_jobs()

    assert not Item.objects.exists()
    assert "Withdrawn" in client.get(f"/p/x/imports/{batch.uid}/").content.decode()


def test_each_door_opens_for_the_right_roles_only(engineer, browse):
    project = engineer.project
    batch = make_import(project)
    pages = ["imports/", f"imports/{batch.uid}/", f"imports/{batch.uid}/refused/"]
    acts = ["imports/new/", f"imports/{batch.uid}/withdraw/"]
    lead, annotator = make_member(project, "lead"), make_member(project, "annotator")
    stranger = make_member(make_project("y"), "engineer")

    for page in pages:
        assert browse(engineer).get(f"/p/x/{page}").status_code == 200
        assert browse(lead).get(f"/p/x/{page}").status_code == 200
        assert browse(annotator).get(f"/p/x/{page}").status_code == 404
        assert browse(stranger).get(f"/p/x/{page}").status_code == 404
    for act in acts:
        assert browse(lead).post(f"/p/x/{act}").status_code == 403
        assert browse(annotator).post(f"/p/x/{act}").status_code == 404
        assert browse(engineer).get(f"/p/x/{act}").status_code == 405
    assert browse(stranger).get(f"/p/y/imports/{batch.uid}/").status_code == 404
    assert browse(stranger).get(f"/p/y/imports/{uuid.uuid4()}/").status_code == 404


def test_the_list_takes_as_many_queries_for_many_imports_as_for_one(client, engineer):
    counts = []
    for more in (1, 20):
        for _ in range(more):
            make_import(engineer.project, created_by=engineer)
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/x/imports/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def _choices(client, batch: Import):
    return client.get(f"/p/x/imports/{batch.uid}/map/").context["form"].choices()
