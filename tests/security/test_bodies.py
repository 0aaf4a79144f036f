"""What a program may write and name, over the API: nothing of Fettle's own, nobody else's rows."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.security.bodies import (
    APART,
    BODIES,
    JSON,
    filled,
    named_in,
    operation,
    properties_of,
    references,
    rows_to_name,
    writes,
)
from tests.security.columns import every_model
from tests.security.routes import Route, routes
from tests.security.test_bad_input import STREAMED, gone
from tests.security.test_route_table import (
    REQUEST_ID,
    _rows_of_all_tables,
    address,
    client_of,
)
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

#: What A18 names besides the columns of the models themselves.
USUAL = (
    *("id", "pk", "uid", "created_at", "user", "annotator", "project", "role", "is_staff"),
    *("is_superuser", "is_gold", "score", "status", "version", "lease_expires_at", "audit_hash"),
    *("weight", "side", "prediction", "outcome", "state", "digest", "at", "by"),
)
#: Fields of a list that has one body for all of it, or that is read row by row.
BY_ROW = STREAMED | {"maintenance-api:readings"}
#: A number, a text, a date: what is not the value of most filters.
ODD_VALUES = ("%00", "1e999", "9" * 400, "0001-01-01", "a,b", "(a%2B)%2B%24")


@pytest.fixture
def world() -> World:
    return make_world("first")


@pytest.fixture
def client(world) -> Client:
    return client_of(world.everything)


def send(client: Client, method: str, path: str, body: Any):
    return client.generic(method, path, json.dumps(body), JSON)


def test_every_field_that_names_a_row_has_a_sound_body_here():
    """A12: a new reference without an entry in BODIES fails."""
    described = {(route.name, method): references(route, method) for route, method in writes()}
    missing = {
        key: left
        for key, names in described.items()
        if (left := names - set(BODIES.get(key, {})) - APART.get(key, set()))
    }
    assert missing == {}


def test_a12_a_row_of_another_project_is_refused_like_one_that_is_not_there(world, client):
    foreign = rows_to_name(make_world("second"))
    own = rows_to_name(world)
    before = _rows_of_all_tables()
    wrong = []
    for route, method in writes():
        body = BODIES.get((route.name, method), {})
        for kind in named_in(body):
            path = address(route, world)
            theirs = send(client, method, path, filled(body, {**own, kind: foreign[kind]}))
            nothing = send(client, method, path, filled(body, {**own, kind: uuid4()}))
            said = theirs.status_code, REQUEST_ID.sub(b"", theirs.content)
            if said != (nothing.status_code, REQUEST_ID.sub(b"", nothing.content)):
                wrong.append((route.name, kind, theirs.content, nothing.content))
            elif theirs.json()["code"] not in {"invalid_reference", "not_found"}:
                wrong.append((route.name, kind, theirs.status_code, theirs.content[:200]))
    assert wrong == []
    assert _rows_of_all_tables() == before


def test_a12_the_same_bodies_are_taken_when_they_name_rows_of_ones_own(world, client):
    """What the test before it rests on: nothing else is wrong with these bodies."""
    own = rows_to_name(world)
    wrong = []
    for route, method in writes():
        if body := BODIES.get((route.name, method)):
            answer = send(client, method, address(route, world), filled(body, own))
            at_fault = set(answer.json().get("fields", ())) & set(body)
            if answer.status_code == 404 or at_fault:
                wrong.append((route.name, answer.status_code, answer.content[:300]))
    assert wrong == []


def columns() -> set[str]:
    """The name of every column of every model."""
    return {field.name for model in every_model() for field in model._meta.fields} | set(USUAL)


def test_a18_a19_no_column_is_written_that_a_body_does_not_offer(world, client):
    """Each write is sent every column of every model, with the values of rows that are there."""
    before = _rows_of_all_tables()
    wrong = []
    for route, method in writes():
        if route.name in BY_ROW:
            continue
        sound = filled(BODIES.get((route.name, method), {}), rows_to_name(world))
        extra = columns() - set(properties_of(route, method))
        body = {**sound, **dict.fromkeys(extra, str(world.rows["version"]))}
        answer = send(client, method, address(route, world), body)
        told = answer.json()
        if answer.status_code in gone(route):
            continue
        if (answer.status_code, told["code"]) != (400, "unknown_field"):
            wrong.append((route.name, method, answer.status_code, told["code"]))
        elif set(told["fields"]) != extra:
            wrong.append((route.name, method, extra - set(told["fields"])))
    assert wrong == []
    assert _rows_of_all_tables() == before


def test_a18_readings_are_taken_with_their_own_fields_only(world, client):
    path = next(address(route, world) for route in routes() if route.name in BY_ROW - STREAMED)
    before = _rows_of_all_tables()
    row = {"signal": "x", "at": "2026-01-01T00:00:00Z", "value": 1}
    for name in sorted(columns() - {"signal", "at", "value", "low", "high", "n", "slice"}):
        if name != "model_version":
            assert send(client, "POST", path, [{**row, name: "1"}]).status_code == 400, name
    assert _rows_of_all_tables() == before


def shown(answer: Any) -> tuple[int, bytes]:
    """What somebody is told, without what differs every time."""
    return answer.status_code, REQUEST_ID.sub(b"", b"".join(answer))


def filters() -> list[tuple[Route, dict[str, Any]]]:
    """Every filter of every list, as the description of the API names it."""
    return [
        (route, one)
        for route in routes()
        if route.is_api and "GET" in route.verbs and route.name not in {"api_schema", "api_docs"}
        for one in operation(route, "GET").get("parameters", ())
        if one["in"] == "query"
    ]


def test_a21_a22_a_known_filter_with_an_odd_value_is_answered_calmly(world, client):
    wrong = []
    for route, one in filters():
        for value in ODD_VALUES:
            answer = client.get(f"{address(route, world)}?{one['name']}={value}")
            list(answer)
            if answer.status_code >= 500:
                wrong.append((route.name, one["name"], value, answer.status_code))
    assert wrong == []


def test_a12_a_filter_by_a_foreign_row_is_answered_like_one_by_no_row(world, client):
    foreign = make_world("second").rows
    wrong = []
    for route, one in filters():
        if one["schema"].get("format") != "uuid":
            continue
        path = address(route, world)
        expected = shown(client.get(f"{path}?{one['name']}={uuid4()}"))
        for kind, uid in foreign.items():
            if shown(client.get(f"{path}?{one['name']}={uid}")) != expected:
                wrong.append((route.name, one["name"], kind))
    assert wrong == []
