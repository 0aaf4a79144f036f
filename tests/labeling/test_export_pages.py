"""The pages and endpoints of exports: who gets in, what they offer, what a download is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.models import Export, Membership, Slice, StoredFile
from labeling.services.exports import request_export
from labeling.services.settling import settle_if_complete
from tests.factories import (
    make_annotation,
    make_annotator,
    make_items,
    make_member,
    make_project,
    make_queue,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
NOBODY = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def lead() -> Membership:
    return make_member(make_project("shop"), "lead")


def settled_queue(member: Membership, count: int = 2):
    queue = make_queue(member.project, make_items(member.project, count))
    people = [make_annotator(member.project), make_annotator(member.project)]
    for task in queue.tasks.all():
        for person in people:
            make_annotation(task, person, {"topic": "refund"})
        settle_if_complete(task, at=timezone.now())
    return queue


def exported(member: Membership, kind: str = "adjudications") -> Export:
    export = request_export(member.project, kind, "jsonl", "raw", {}, by=member)
    run_jobs()
    export.refresh_from_db()
    return export


def test_a_person_asks_and_downloads(lead, browse):
    # given a queue with labels
    queue = settled_queue(lead)
    page = browse(lead)

    # when a lead asks for them
    answer = page.post(
        "/p/shop/exports/new/",
        {
            "kind": "adjudications",
            "queue": str(queue.uid),
            "file_format": "csv",
            "profile": "spreadsheet",
        },
    )
    assert answer.status_code == 302
    waiting = page.get(answer.url).content.decode()
    assert "Being written" in waiting
    run_jobs()

    # then the page says what is in it and offers the file
    done = page.get(answer.url).content.decode()
    assert "2 rows as CSV" in done
    assert "file/" in done
    file = page.get(f"{answer.url}file/")
    assert file["Content-Disposition"].startswith('attachment; filename="shop-labels-')
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file.getvalue()[:2] == b"PK"


def test_the_card_asks_again_until_the_job_has_ended(lead, browse):
    export = request_export(lead.project, "items", "jsonl", "raw", {}, by=lead)
    page = browse(lead)
    running = page.get(export.get_absolute_url(), headers={"HX-Request": "true"})
    assert b"hx-get" in running.content
    run_jobs()
    ended = page.get(export.get_absolute_url(), headers={"HX-Request": "true"})
    assert ended["HX-Refresh"] == "true"


def test_the_filters_of_the_items_page_come_along(lead, browse):
    make_items(lead.project, 2, attributes={"channel": "mail"})
    make_items(lead.project, 3)
    condition = {"field": "attributes.channel", "operator": "is", "value": "mail"}
    row = Slice.objects.create(project=lead.project, name="Mail", conditions=[condition])
    page = browse(lead)
    url = f"/p/shop/exports/new/?q=&slice={row.uid}&kind=items"
    shown = page.get(url).content.decode()
    assert "attributes.channel" in shown
    page.post(url, {"kind": "items", "file_format": "jsonl", "profile": "raw"})
    run_jobs()
    assert Export.objects.get().manifest["files"][0]["rows"] == 2


def test_a_form_that_makes_no_sense_is_shown_again(lead, browse):
    answer = browse(lead).post("/p/shop/exports/new/", {"kind": "everything"})
    assert answer.status_code == 400
    assert not Export.objects.exists()
    assert browse(lead).get(f"/p/shop/exports/new/?slice={NOBODY}").status_code == 400


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "viewer", "admin"])
def test_other_roles_find_no_exports(role, lead, browse, call):
    export = exported(lead)
    other = make_member(lead.project, role)
    urls = ["/p/shop/exports/", "/p/shop/exports/new/", export.get_absolute_url()]
    for url in [*urls, f"{export.get_absolute_url()}file/"]:
        assert browse(other).get(url).status_code == 404, url
    programs = call(other, "exports", "read")
    for url in ("projects/shop/exports/", f"exports/{export.uid}/", f"exports/{export.uid}/file/"):
        assert programs.get(f"/api/v1/{url}").status_code == 404, url


def test_another_projects_export_is_like_none(lead, browse, call):
    export = exported(lead)
    stranger = make_member(make_project("other"), "lead", "engineer")
    pages, programs = browse(stranger), call(stranger, "exports")
    for uid in (export.uid, NOBODY):
        assert pages.get(f"/p/other/exports/{uid}/file/").status_code == 404
        assert programs.get(f"/api/v1/exports/{uid}/file/").status_code == 404


def test_a_download_ends_with_the_role_and_with_its_time(lead, browse):
    export = exported(lead)
    page, url = browse(lead), f"{export.get_absolute_url()}file/"
    whole = page.get(f"{url}?response-content-type=text/html")
    assert whole["Content-Type"] == "application/zip"
    assert whole.getvalue()
    StoredFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert page.get(url).status_code == 404
    StoredFile.objects.update(expires_at=timezone.now() + timedelta(days=1))
    lead.roles = ["annotator"]
    lead.save()
    assert page.get(url).status_code == 404


@pytest.mark.parametrize(
    "name", ["a\r\nX-Evil: 1", 'quote";filename=x', "名前", "n" * 120, "../.."]
)
def test_no_name_of_a_project_reaches_a_header_as_it_is(name, lead, browse):
    lead.project.name = name
    lead.project.save()
    export = exported(lead)
    answer = browse(lead).get(f"{export.get_absolute_url()}file/")
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    assert answer["Content-Disposition"].count("filename") == 1
    assert answer.getvalue()


def test_a_list_of_exports_costs_the_same_whatever_its_length(lead, browse):
    page = browse(lead)
    exported(lead)
    page.get("/p/shop/exports/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        page.get("/p/shop/exports/")
    for _number in range(5):
        exported(lead)
    with CaptureQueriesContext(connection) as many:
        page.get("/p/shop/exports/")
    assert len(many) == len(one) <= 10


def test_a_program_asks_for_an_export(lead, call):
    settled_queue(lead)
    program = call(lead, "exports")
    made = program.post("/api/v1/projects/shop/exports/", {"kind": "annotations"})
    assert made.status_code == 202
    assert (made.data["state"], made.data["file_format"]) == ("running", "jsonl")
    assert program.get(f"/api/v1/exports/{made.data['uid']}/file/").status_code == 404
    run_jobs()
    done = program.get(f"/api/v1/exports/{made.data['uid']}/")
    assert done.data["state"] == "done"
    assert done.data["manifest"]["files"][0]["rows"] == 4
    (row,) = program.get("/api/v1/projects/shop/exports/").data["results"]
    assert "manifest" not in row


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "people"}, "kind"),
        ({"kind": "items", "queue": NOBODY}, "queue"),
        ({"kind": "adjudications", "slice": NOBODY}, "slice"),
        ({"kind": "adjudications", "queue": NOBODY}, "queue"),
        ({"kind": "items", "slice": NOBODY}, "slice"),
        ({"kind": "items", "conditions": [{"field": "x", "operator": "is", "value": 1}]}, "condi"),
        ({"kind": "items", "path": "/etc"}, "path"),
        ({}, "kind"),
    ],
)
def test_what_a_program_asks_wrongly_is_named(body, field, lead, call):
    answer = call(lead, "exports").post("/api/v1/projects/shop/exports/", body)
    assert answer.status_code == 400
    assert field in answer.data["message"]
    assert not Export.objects.exists()


def test_a_token_for_reading_may_not_take_labels_out(lead, call):
    queue = settled_queue(lead)
    program = call(lead, "read")
    assert program.get(f"/api/v1/queues/{queue.uid}/labels/").status_code == 404
    assert program.post("/api/v1/projects/shop/exports/", {"kind": "items"}).status_code == 404


def test_labels_come_page_by_page(lead, call):
    queue = settled_queue(lead, 5)
    program = call(lead, "exports")
    url, seen = f"/api/v1/queues/{queue.uid}/labels/?page_size=2", []
    while url:
        page = program.get(url).data
        seen += page["results"]
        url = page["next"]
    assert len(seen) == len({row["external_id"] for row in seen}) == 5
    assert all(row["answers"]["topic"]["value"] == "refund" for row in seen)
    json.dumps(seen, default=str)


def test_a_page_of_labels_costs_few_queries(lead, call):
    queue = settled_queue(lead, 8)
    program = call(lead, "exports")
    program.get(f"/api/v1/queues/{queue.uid}/labels/")
    for what in ("labels", "annotations"):
        with CaptureQueriesContext(connection) as queries:
            program.get(f"/api/v1/queues/{queue.uid}/{what}/")
        assert len(queries) <= 9, [query["sql"][:200] for query in queries]


def test_annotations_come_with_their_status_and_an_unknown_filter_is_refused(lead, call):
    queue = settled_queue(lead)
    program = call(lead, "exports")
    rows = program.get(f"/api/v1/queues/{queue.uid}/annotations/").data["results"]
    assert [row["status"] for row in rows] == ["active"] * 4
    refused = program.get(f"/api/v1/queues/{queue.uid}/annotations/?annotator=x")
    assert (refused.status_code, refused.data["code"]) == (400, "unknown_filter")
