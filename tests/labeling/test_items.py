from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import AuditEvent, Draft, Item
from labeling.policy.slices import parse
from labeling.reports import items as report
from labeling.reports.items import ItemSearch, count_items, page_of_items
from labeling.services.items import SeenFields, note_fields
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_items,
    make_member,
    make_project,
    make_queue,
)

pytestmark = pytest.mark.django_db

#: Nobody has it; the same in every process, since tests are found again by their names.
NOBODY = "5f0c2d3e-8a41-4b7e-9c66-2f1d0e9b7a58"

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}{% debug %}",
    "</textarea><base href=//evil>",
    "a\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "\U000e0041tag",
    "o" + "\u0301" * 5_000,
]


@pytest.fixture
def lead():
    return make_member(make_project("x"), "lead")


def test_items_are_found_by_text_attribute_time_and_version(lead, browse):
    project = lead.project
    attributes = {"language": {"de", "en"}}
    note_fields(project, SeenFields(attributes=attributes, model_versions={"v1", "v2"}))
    german = {"attributes": {"language": "de"}, "model_version": "v1"}
    make_item(project, external_id="first", occurred_at="2026-09-07T12:00Z", **german)
    make_item(project, external_id="second", occurred_at="2026-09-08T12:00Z", model_version="v2")
    make_item(project, external_id="third", content={"text": "A refund"}, occurred_at=None)
    client = browse(lead)

    for query, expected in [
        ("", ["third", "second", "first"]),
        ("q=REFUND", ["third"]),
        ("attributes.language=de", ["first"]),
        ("model_version=v2", ["second"]),
        ("since=2026-09-08", ["second"]),
        ("until=2026-09-08", ["first"]),
        ("since=2026-09-07&until=2026-09-09", ["second", "first"]),
        ("q=Message&model_version=v1", ["first"]),
    ]:
        page = client.get(f"/p/x/items/?{query}")
        assert [item.external_id for item in page.context["page"].rows] == expected, query


def test_a_slice_filters_and_the_page_offers_what_comes_next(lead, browse):
    project = lead.project
    make_item(project, external_id="sure", confidence=0.9)
    make_item(project, external_id="unsure", confidence=0.1)
    condition = {"field": "confidence", "operator": "at_most", "value": 0.5}
    row = project.slices.create(name="Unsure", conditions=[condition])

    page = browse(lead).get(f"/p/x/items/?slice={row.uid}")

    assert [item.external_id for item in page.context["page"].rows] == ["unsure"]
    offered = page.content.decode()
    assert f"/p/x/samples/new/?slice={row.uid}" in offered
    assert f"slice={row.uid}" in offered.partition("/p/x/exports/new/")[2].partition('"')[0]


def test_pages_follow_each_other_without_gap_or_repeat(lead, monkeypatch):
    rows = make_items(lead.project, 7)
    for search in (ItemSearch(), ItemSearch("Message"), ItemSearch("", (_after("2000-01-01"),))):
        found, after = [], None
        while True:
            page = page_of_items(lead.project, search, after=after, size=3)
            found += page.rows
            after = page.following
            if after is None:
                break
        assert found == rows[::-1]


def test_a_search_stops_at_its_limit_and_goes_on_from_there(lead, monkeypatch):
    monkeypatch.setattr(report, "SCAN", 3)
    wanted = make_item(lead.project, content={"text": "needle"})
    make_items(lead.project, 5)
    search = ItemSearch("needle")

    first = page_of_items(lead.project, search)
    second = page_of_items(lead.project, search, after=first.following)

    assert (first.rows, first.complete) == ([], False)
    assert (second.rows, second.following, second.complete) == ([wanted], None, True)
    assert count_items(lead.project, search) == report.CappedCount(0, capped=False, among=3)


def test_counts_stop_where_nobody_reads_on(lead, browse, monkeypatch):
    monkeypatch.setattr(report, "COUNT_LIMIT", 3)
    make_items(lead.project, 5)

    page = browse(lead).get("/p/x/items/").content.decode()

    assert "More than 3 items" in page


@pytest.mark.parametrize(
    "query", ["after=x", f"after={NOBODY}", "slice=x", "since=1e99", "model_version=zz"]
)
def test_filters_that_mean_nothing_are_a_400(lead, browse, query):
    assert browse(lead).get(f"/p/x/items/?{query}").status_code == 400


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_an_item_says_is_only_text(lead, browse, text):
    item = make_item(
        lead.project,
        external_id=text[:200],
        content={"text": text},
        attributes={"channel": text[:400]},
        prediction=text,
        group=text[:200],
    )
    client = browse(lead)

    for url in ("/p/x/items/", item.get_absolute_url()):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<base" not in page
        assert "⟨U+202E⟩" in page or "\u202e" not in text
        if "{{" in text:
            assert "{{7*7}}" in page


def test_the_items_page_takes_as_many_queries_for_many_items_as_for_one(lead, browse):
    client = browse(lead)
    counts = []
    for more in (1, 60):
        make_items(lead.project, more, attributes={"language": "de"})
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/x/items/?q=Message")
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 1  # one more where there is a next page to begin
    assert counts[1] <= 16


def test_each_door_opens_for_the_right_roles_only(lead, browse):
    project = lead.project
    item = make_item(project)
    viewer, annotator = make_member(project, "viewer"), make_member(project, "annotator")
    stranger = make_member(make_project("y"), "lead")

    for path in ("", f"{item.uid}/"):
        assert browse(viewer).get(f"/p/x/items/{path}").status_code == 200
        assert browse(annotator).get(f"/p/x/items/{path}").status_code == 404
        assert browse(stranger).get(f"/p/x/items/{path}").status_code == 404
    erase = f"/p/x/items/{item.uid}/erase/"
    assert browse(viewer).post(erase, {"why": "no"}).status_code == 403
    assert browse(annotator).post(erase, {"why": "no"}).status_code == 404
    assert browse(stranger).post(f"/p/y/items/{item.uid}/erase/", {"why": "no"}).status_code == 404
    assert browse(lead).get(erase).status_code == 405
    assert Item.objects.present().count() == 1


def test_an_item_tells_its_whole_way(lead, browse):
    project = lead.project
    item = make_item(project, prediction="refund", confidence=0.5)
    queue = make_queue(project, [item], name="First queue")
    ana = make_annotator(project)
    make_annotation(queue.tasks.get(), ana, {"topic": "delivery"})

    page = browse(lead).get(item.get_absolute_url()).content.decode()

    for said in ("First queue", "delivery", str(ana), "judged it", "A sample", "items.jsonl"):
        assert said in page


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_who_may_still_judge_sees_neither_answers_nor_prediction(browse, role):
    project = make_project("x")
    reader = make_member(project, "lead", role)
    item = make_item(project, prediction="the-prediction")
    task = make_queue(project, [item]).tasks.get()
    make_annotation(task, make_annotator(project), {"topic": "delivery"})
    client = browse(reader)

    hidden = client.get(item.get_absolute_url()).content.decode()
    listed = client.get("/p/x/items/").content.decode()
    task.state = "adjudicated"
    task.save()
    shown = client.get(item.get_absolute_url()).content.decode()

    for said in ("delivery", "the-prediction"):
        assert said not in hidden
        assert said not in listed
        assert said in shown


def test_the_items_page_of_one_item_takes_as_many_queries_for_many_answers(lead, browse):
    client = browse(lead)
    item = make_item(lead.project)
    counts = []
    for more in (1, 4):
        for _ in range(more):
            task = make_queue(lead.project, [item]).tasks.get()
            make_annotation(task, None, {"topic": "delivery"})
            make_annotation(task, None, {"topic": "refund"})
        with CaptureQueriesContext(connection) as queries:
            client.get(item.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_an_item_is_erased_with_a_reason_and_leaves_a_tombstone(lead, browse):
    item = make_item(lead.project, content={"text": "my name is Ana"}, prediction="about Ana")
    task = make_queue(lead.project, [item]).tasks.get()
    Draft.objects.create(task=task, annotator=make_annotator(lead.project), comment="Ana?")
    client = browse(lead)
    url = f"{item.get_absolute_url()}erase/"

    assert client.post(url, {"why": ""}).status_code == 400
    assert client.post(url, {"why": "She asked"}).status_code == 302
    page = client.get(item.get_absolute_url()).content.decode()

    assert "Erased: She asked" in page
    assert not Draft.objects.exists()
    assert "my name is" not in page
    assert "about Ana" not in page
    assert client.post(url, {"why": "again"}).status_code == 409
    event = AuditEvent.objects.get(verb="erased_item")
    assert event.detail == {"why": "She asked", "content_digest": item.content_digest}


def test_an_empty_project_says_what_to_do(browse):
    engineer = make_member(make_project("x"), "engineer")

    page = browse(engineer).get("/p/x/items/").content.decode()

    assert "No items yet" in page
    assert "/p/x/imports/" in page


def test_the_command_brings_a_file_in(tmp_path, capsys):
    project = make_project("x")
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a", "text": "Hi"}\n{"id": "b", "text": "Ho"}\n')

    call_command("import_items", "x", file, "--suggest")
    mapping = json.loads(capsys.readouterr().out)
    call_command("import_items", "x", file)
    chosen = tmp_path / "map.json"
    chosen.write_text(json.dumps({**mapping, "attributes": {}}))
    call_command("import_items", "x", file, "--map", chosen)

    assert (mapping["external_id"], mapping["content"]) == ("id", {"text": "text"})
    assert capsys.readouterr().out.splitlines() == [
        "2 accepted, 0 unchanged, 0 refused",
        "0 accepted, 2 unchanged, 0 refused",
    ]
    assert project.items.count() == 2


def test_the_command_names_refused_lines_and_fails(tmp_path, capsys):
    make_project("x")
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a", "text": "Hi"}\n{"id": "", "text": "Ho"}\n')

    with pytest.raises(CommandError, match="1 row was refused"):
        call_command("import_items", "x", file)
    assert "line 2: column “id” is empty" in capsys.readouterr().err
    call_command("import_items", "x", file, "--valid-rows-only")
    for wrong in (["nowhere", file], ["x", tmp_path / "missing"]):
        with pytest.raises(CommandError):
            call_command("import_items", *wrong)
    assert Item.objects.count() == 1


def _after(day: str):
    return parse([{"field": "occurred_at", "operator": "after", "value": day}])[0]
