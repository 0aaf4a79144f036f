from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import AuditEvent, Item
from labeling.services import imports
from tests.factories import (
    make_import,
    make_item,
    make_items,
    make_member,
    make_project,
)
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

#: Nobody has it; the same in every process, since tests are found again by their names.
NOBODY = "5f0c2d3e-8a41-4b7e-9c66-2f1d0e9b7a58"


def pushed(count: int, **fields):
    return [
        {"external_id": f"a-{n}", "content": {"text": f"Message {n}"}, **fields}
        for n in range(count)
    ]


def lines(rows) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def engineer():
    return make_member(make_project("x"), "engineer")


def test_a_few_pushed_items_are_there_at_once(engineer, call):
    answer = call(engineer, "items").post("/api/v1/projects/x/items/", pushed(3))

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["state"], answer.json()["accepted"]) == ("done", 3)
    assert Item.objects.count() == 3


def test_pushing_the_same_again_changes_nothing(engineer, call):
    client = call(engineer, "items")
    client.post("/api/v1/projects/x/items/", pushed(3))

    again = client.post("/api/v1/projects/x/items/", pushed(4)).json()

    assert (again["accepted"], again["unchanged"]) == (1, 3)


def test_lines_are_taken_as_they_stream_in(engineer, call):
    answer = call(engineer, "items").post(
        "/api/v1/projects/x/items/", data=lines(pushed(2)), content_type="application/x-ndjson"
    )

    assert answer.status_code == 200, answer.json()
    assert Item.objects.count() == 2


def test_many_items_are_taken_by_a_job(engineer, call, django_capture_on_commit_callbacks):
    client = call(engineer, "items")

    answer = client.post(
        "/api/v1/projects/x/items/",
        data=lines(pushed(imports.AT_ONCE + 1)),
        content_type="application/x-ndjson",
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert not Item.objects.exists()
    run_jobs()

    batch = client.get(f"/api/v1/imports/{answer.json()['uid']}/").json()
    assert (batch["state"], batch["accepted"]) == ("done", imports.AT_ONCE + 1)


def test_a_refused_row_is_named_and_nothing_is_taken(engineer, call):
    rows = [*pushed(2), {"external_id": "b"}, {**pushed(1)[0], "external_id": "c", "colour": "red"}]

    answer = call(engineer, "items").post("/api/v1/projects/x/items/", rows)

    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "line 3": ["“content” must be an object of names and values"],
        "line 4": ["unknown field “colour”"],
    }
    assert not Item.objects.exists()


def test_valid_rows_are_taken_when_asked_for(engineer, call):
    rows = [*pushed(2), {"external_id": "b"}]

    answer = call(engineer, "items").post("/api/v1/projects/x/items/?valid_rows_only=true", rows)

    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["refused"]) == (2, 1)
    assert answer.json()["refused_rows"][0]["line"] == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b'[{"external_id": ', b"\xff\xfe[", b"[" * 100_000, b'{"external_id": NaN}'],
)
def test_a_body_that_holds_no_rows_is_a_400(engineer, call, body):
    answer = call(engineer, "items").post(
        "/api/v1/projects/x/items/", data=body, content_type="application/json"
    )

    assert answer.status_code == 400, answer.json()
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    "field", [{"confidence": 1.5}, {"confidence": -0.0}, {"occurred_at": "9999-12-31T23:59:60Z"}]
)
def test_numbers_and_times_out_of_range_are_refused(engineer, call, field):
    answer = call(engineer, "items").post("/api/v1/projects/x/items/", pushed(1, **field))

    assert answer.status_code == 400


def test_only_who_may_import_pushes(engineer, call):
    lead = make_member(engineer.project, "lead")
    annotator = make_member(engineer.project, "annotator")
    stranger = make_member(make_project("y"), "engineer")
    url = "/api/v1/projects/x/items/"

    assert call(lead, "items").post(url, pushed(1)).status_code == 403
    assert call(engineer, "read").post(url, pushed(1)).status_code == 403
    assert call(annotator, "items").post(url, pushed(1)).status_code == 404
    assert call(stranger, "items").post(url, pushed(1)).status_code == 404


def test_items_are_listed_newest_first_with_a_cursor(engineer, call):
    rows = make_items(engineer.project, 5)
    client = call(engineer, "read")

    first = client.get("/api/v1/projects/x/items/?page_size=3").json()
    second = client.get(first["next"]).json()

    found = [row["external_id"] for row in first["results"] + second["results"]]
    assert found == [row.external_id for row in reversed(rows)]
    assert second["next"] is None
    assert "id" not in first["results"][0]


def test_items_are_filtered_by_allow_list_only(engineer, call):
    make_item(engineer.project, attributes={"language": "de"}, model_version="v1")
    make_item(engineer.project, attributes={"language": "en"}, model_version="v2")
    client = call(engineer, "read")
    url = "/api/v1/projects/x/items/"

    assert len(client.get(url, {"attributes.language": "de"}).json()["results"]) == 1
    assert len(client.get(url, {"model_version": "v2"}).json()["results"]) == 1
    for asked in [
        'attributes.a"b=1',
        "attributes__language=de",
        "project__slug=y",
        "ordering=salt",
        "fields=salt",
        "_connector=OR",
        "batch__created_by__user__password__startswith=a",
    ]:
        answer = client.get(f"{url}?{asked}")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_filter"), asked


@pytest.mark.parametrize(
    "asked",
    [
        "cursor=nonsense",
        f"cursor={NOBODY}",
        "page_size=-1",
        "page_size=1000000000",
        "since=1e999999999",
        "since=0000-01-01",
        "until=%D9%A1%D9%A2",
        "slice=1",
        f"slice={NOBODY}",
        "model_version=%00",
        "model_version=a&model_version=b",
        "q=" + "a" * 201,
    ],
)
def test_values_that_mean_nothing_are_a_400(engineer, call, asked):
    assert call(engineer, "read").get(f"/api/v1/projects/x/items/?{asked}").status_code == 400


def test_text_is_searched_literally(engineer, call):
    make_item(engineer.project, content={"text": "100% of (a+)+$"})
    make_item(engineer.project, content={"text": "100 of them"})
    client = call(engineer, "read")
    make_member(engineer.project)

    for text, count in [("100%", 1), ("%", 1), ("(A+)+$", 1), ("100", 2), ("_", 0)]:
        found = client.get("/api/v1/projects/x/items/", {"q": text}).json()["results"]
        assert len(found) == count, text


def test_who_judges_is_not_told_what_the_model_said(engineer, call):
    item = make_item(engineer.project, prediction="refund", confidence=0.5)
    judge = make_member(engineer.project, "lead", "annotator")

    listed = call(judge, "read").get("/api/v1/projects/x/items/").json()["results"][0]
    single = call(judge, "read").get(f"/api/v1/items/{item.uid}/").json()

    assert not {"prediction", "confidence"} & set(listed)
    assert "prediction" not in single
    assert call(engineer, "read").get(f"/api/v1/items/{item.uid}/").json()["prediction"] == "refund"


@pytest.mark.parametrize("path", ["items", "imports", "slices"])
def test_rows_of_other_projects_look_like_rows_that_are_not_there(engineer, call, path):
    other = make_project("y")
    foreign = {
        "items": lambda: make_item(other).uid,
        "imports": lambda: make_import(other).uid,
        "slices": lambda: other.slices.create(name="S", conditions=[]).uid,
    }[path]()
    client = call(engineer, "read", "items", "manage")

    theirs = client.get(f"/api/v1/{path}/{foreign}/")
    nobodys = client.get(f"/api/v1/{path}/{uuid.uuid4()}/")

    assert theirs.status_code == nobodys.status_code == 404
    body, other_body = theirs.json(), nobodys.json()
    assert {**body, "request_id": ""} == {**other_body, "request_id": ""}


def test_a_foreign_slice_filters_like_a_random_one(engineer, call):
    foreign = make_project("y").slices.create(name="S", conditions=[])
    client = call(engineer, "read")

    theirs = client.get(f"/api/v1/projects/x/items/?slice={foreign.uid}").json()
    nobodys = client.get(f"/api/v1/projects/x/items/?slice={uuid.uuid4()}").json()

    assert {**theirs, "request_id": ""} == {**nobodys, "request_id": ""}


def test_an_item_is_erased_once(engineer, call):
    item = make_item(engineer.project)
    client = call(engineer, "read", "items", "manage")
    url = f"/api/v1/items/{item.uid}/erasures/"

    assert client.post(url, {"why": "asked", "project": "y"}).json()["code"] == "unknown_field"
    answer = client.post(url, {"why": "The person asked for it"})

    assert answer.status_code == 201, answer.json()
    assert answer.json()["content"] == {}
    assert client.post(url, {"why": "again"}).status_code == 409
    assert AuditEvent.objects.filter(verb="erased_item").count() == 1


def test_an_import_is_withdrawn_until_it_is_sampled(engineer, call):
    client = call(engineer, "items")
    uid = client.post("/api/v1/projects/x/items/", pushed(2)).json()["uid"]

    answer = client.post(f"/api/v1/imports/{uid}/withdrawals/")
    run_jobs()

    assert (answer.status_code, answer.json()["state"]) == (202, "withdrawn")
    assert not Item.objects.exists()
    assert client.post(f"/api/v1/imports/{uid}/withdrawals/").status_code == 409


def test_refused_rows_come_in_pages(engineer, call):
    batch = make_import(engineer.project, refused=3)
    for line in (3, 1, 2):
        batch.refused_rows.create(line=line, reason="no")
    client = call(engineer, "read")

    first = client.get(f"/api/v1/imports/{batch.uid}/refused-rows/?page_size=2").json()
    second = client.get(first["next"]).json()

    assert [row["line"] for row in first["results"] + second["results"]] == [1, 2, 3]


def test_slices_are_made_changed_and_dropped(engineer, call):
    client = call(engineer, "manage")
    german = {"field": "attributes.language", "operator": "is", "value": "de"}

    made = client.post("/api/v1/projects/x/slices/", {"name": "German", "conditions": [german]})
    url = f"/api/v1/slices/{made.json()['uid']}/"
    twice = client.post("/api/v1/projects/x/slices/", {"name": "German", "conditions": [german]})
    changed = client.put(url, {"name": "Deutsch", "conditions": [german], "weight": "2"})
    listed = client.get("/api/v1/projects/x/slices/").json()["results"]

    assert (made.status_code, twice.status_code, changed.status_code) == (201, 409, 200)
    assert [(row["name"], row["weight"]) for row in listed] == [("Deutsch", "2.000")]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "project", "operator": "is", "value": "y"},
        {"field": "attributes.a__b__regex", "operator": "regex", "value": "(a+)+$"},
        {"field": "attributes.x'", "operator": "is", "value": "1"},
        {"field": "confidence", "operator": "at_least", "value": "1e999"},
        {"field": "confidence", "operator": "is", "value": 1},
        {"field": "occurred_at", "operator": "after", "value": "0000-00-00"},
        {"field": "group", "operator": "one_of", "value": ["a"] * 51},
        {"field": "group", "operator": "contains", "value": "a" * 501},
        {"field": "group", "operator": "is", "value": {"or": []}},
    ],
)
def test_conditions_are_checked(engineer, call, condition):
    answer = call(engineer, "manage").post(
        "/api/v1/projects/x/slices/", {"name": "S", "conditions": [condition]}
    )

    assert answer.status_code == 400, answer.json()


def test_a_list_takes_as_many_queries_for_many_items_as_for_one(engineer, call):
    client = call(engineer, "read")
    client.get("/api/v1/projects/x/items/")  # the first use of a token is noted
    counts = []
    for more in (1, 30):
        make_items(engineer.project, more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/api/v1/projects/x/items/?q=Message")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
