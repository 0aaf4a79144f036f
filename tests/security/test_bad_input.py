"""Whatever is sent, the answer is a refusal that changes nothing, and never a failure of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from labeling.models import AuditEvent, Item
from tests.security.bodies import JSON, properties_of, writes
from tests.security.columns import every_model
from tests.security.content import Structure
from tests.security.growth import make_site_admin
from tests.security.routes import Route, routes
from tests.security.test_route_table import HOLDERS, address, client_of
from tests.security.visits import pages, visits
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

#: A39: bodies that are no sound JSON, or hold what no database could keep.
BROKEN_BODIES = {
    "cut off": b'{"name": ',
    "two documents": b"{} {}",
    "nested deeply": b"[" * 100_000 + b"]" * 100_000,
    "a key twice": b'{"name": "a", "name": "b"}',
    "not a number": b'{"name": NaN}',
    "infinite": b'{"name": -Infinity}',
    "out of range": b'{"name": 1e400}',
    "5000 digits": b'{"name": ' + b"9" * 5_000 + b"}",
    "NUL": b'{"name": "a\\u0000b"}',
    "a bare NUL": b'{"name": "a\x00b"}',
    "half a character": b'{"name": "\\ud800"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "latin-1": '{"name": "é"}'.encode("latin-1"),
}
#: A58, A59: values that are of no use to any field, or that only look like one.
BAD_VALUES: dict[str, Any] = {
    "a list": [[]],
    "an object": {"a": {"b": {}}},
    "nothing": None,
    "a huge number": 9_223_372_036_854_775_807,
    "a small number": -9_223_372_036_854_775_808,
    "a fraction": -0.5e-300,
    "no calendar": "9999-12-31T23:59:60Z",
    "the last day": "9999-12-31T23:59:59-14:00",
    "the first day": "0001-01-01T00:00:00+14:00",
    "digits of others": "١٢٣",
    "a long number": "1e999999999",
    "a long text": "(" * 100_000,
    "marks": "Z" + "\u0315" * 5_000,
    "no uid": "00000000-0000-0000-0000-00000000000g",
}
BAD_TEXTS = ("a huge number", "the last day", "the first day", "a long number", "marks")
#: A21, A22, A58: what a list refuses to be asked.
BAD_QUERIES = (
    *("page_size=1000000000", "page_size=-1", "page_size=1e9", "page_size=%D9%A3", "page_size="),
    *(
        "cursor=tampered",
        "cursor=cD14",
        "cursor=%FF%FE",
        "page_size=1&page_size=2",
    ),
    *("nothing=1", "ordering=-pk", "fields=digest", "expand=user", "search=a", "limit=-1"),
    *("annotator__password__startswith=a", "project__members__user__email__regex=a"),
    *("_connector=OR&_negated=1", "pk__in=1,2,3", "id=1e999999999", "meta__a%22b=1", "%00=1"),
)
#: What pages search and page by, and what they refer to, asked with odd values.
SEARCHED = ("page", "q", "text", "since", "until", "before", "after", "role", "min_confidence")
REFERRED = ("queue", "sample", "kind", "criterion", "lane", "done", "slice", "preview_language")
ODD = ("%00", "1e999", "9" * 400, "9999-12-31", "0001-01-01", "(a%2B)%2B%24")
ODD_QUERIES = (
    *("&".join(f"{name}={odd}" for name in SEARCHED) for odd in ODD),
    *("&".join(f"{name}={odd}" for name in REFERRED) for odd in ODD[:1]),
)
#: These read row by row, with a limit of their own, and keep a report of what they refused.
STREAMED = {
    "api:items",
    "evaluation-api:version_predictions",
    "evaluation-api:set_labeled_rows",
}


@pytest.fixture
def world() -> World:
    world = make_world("first")
    make_site_admin(world.everything.user)
    return world


@pytest.fixture
def client(world) -> Client:
    return client_of(world.everything)


def test_no_broken_body_is_read_and_none_changes_anything(world, client):
    before = everything_kept()
    wrong = []
    for route, method in writes():
        if route.name in STREAMED:
            continue
        for name, body in BROKEN_BODIES.items():
            got = client.generic(method, address(route, world), body, JSON)
            if not 400 <= got.status_code < 500:
                wrong.append((route.name, name, got.status_code))
    assert wrong == []
    assert everything_kept() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "x"])
def test_only_json_is_read(world, client, kind):
    before = everything_kept()
    wrong = []
    for route, method in writes():
        got = client.generic(method, address(route, world), b'{"name": "a"}', kind)
        if got.status_code not in {400, 415} | gone(route):
            wrong.append((route.name, got.status_code))
    assert wrong == []
    assert everything_kept() == before


def test_a_body_above_the_limit_is_refused_unread(world, client):
    body = b'{"name": "' + b"a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    wrong = []
    for route, method in writes():
        got = client.generic(method, address(route, world), body, JSON)
        limit = {400} if route.name in STREAMED else {413}
        if got.status_code not in limit | gone(route):
            wrong.append((route.name, got.status_code))
    assert wrong == []


def test_a_push_of_broken_rows_keeps_no_item(world, client):
    before = Item.objects.count()
    for body in BROKEN_BODIES.values():
        got = client.generic("POST", visits(world)["api:items"], body, JSON)
        assert 400 <= got.status_code < 500
    assert Item.objects.count() == before


def test_no_field_of_the_api_breaks_on_a_value_that_is_none(world, client):
    wrong = []
    for route, method in writes():
        fields = fields_of(route, method)
        for value in BAD_VALUES.values():
            body = dict.fromkeys(fields, value)
            wrong += asked(client, method, address(route, world), body, route.name)
    assert wrong == []


def test_no_form_breaks_on_a_value_that_is_none(world, client):
    names = form_names(world)
    forms = [route for route in routes() if "POST" in route.verbs and not route.is_api]
    wrong = []
    for route in forms:
        for bad in BAD_TEXTS if route.name != "logout" else ():
            body = dict.fromkeys(names, BAD_VALUES[bad])
            wrong += asked(client, "FORM", address(route, world), body, route.name)
    assert wrong == []


def test_lists_refuse_what_they_do_not_know(world, client):
    wrong = []
    for name, path in visits(world).items():
        if "api:" not in name:
            continue
        is_list = b'"results"' in b"".join(client.get(path))
        for query in BAD_QUERIES:
            got = client.get(f"{path}?{query}")
            list(got)
            if got.status_code >= 500 or (is_list and got.status_code != 400):
                wrong.append((name, query, got.status_code))
    assert wrong == []


def test_pages_stand_odd_questions(world, client):
    broken = []
    for name, path in pages(world).items():
        for query in ODD_QUERIES:
            got = client.get(f"{path}?{query}")
            if got.status_code >= 500:
                broken.append((name, query[:60], got.status_code))
    assert broken == []


@pytest.mark.parametrize("header", ["HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_REQUEST_ID"])
def test_long_headers_are_taken_calmly(client, header):
    for value in ("a," * 100_000, "(" * 100_000, "é" * 1_000, "*/*;q=1e999"):
        assert client.get("/me/", **{header: value}).status_code < 500
        assert client.get("/api/v1/me/", **{header: value}).status_code < 500


def asked(client: Client, method: str, path: str, body: dict[str, Any], name: str) -> list[Any]:
    """What is wrong with the answer: a failure, or a refusal that left something behind."""
    before = AuditEvent.objects.count()
    if method == "FORM":
        got = client.post(path, body)
    else:
        got = client.generic(method, path, _json(body), JSON)
    if got.status_code >= 500:
        return [(name, got.status_code)]
    if name not in STREAMED and got.status_code >= 400 and AuditEvent.objects.count() != before:
        return [(name, "refused, and yet something happened")]
    return []


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def gone(route: Route) -> set[int]:
    """How a claim is answered that somebody has to hold first, before its body is read."""
    return {404, 409} if route.row in HOLDERS else set()


def fields_of(route: Route, method: str) -> list[str]:
    """The names that the described body of an operation has."""
    return list(properties_of(route, method))


def form_names(world: World) -> set[str]:
    """The names of all inputs on all pages."""
    client = client_of(world.everything)
    names = set()
    for path in pages(world).values():
        page = Structure()
        page.feed(client.get(path).content.decode())
        names |= page.inputs
    return names - {"csrfmiddlewaretoken"}


def everything_kept() -> dict[str, int]:
    """How many rows each table has."""
    return {model.__name__: model._default_manager.count() for model in every_model()}
