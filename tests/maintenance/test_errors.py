from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.factories import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.maintenance.failing_urls")]
INSIDE = re.compile(r"labeling_secret|/secret/path|Traceback|KeyError|site-packages")


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("conflict", 409, "Somebody changed this."),
        ("invalid", 400, "Seven is not a number here."),
        ("denied", 403, "Your role"),
        ("missing", 404, "nothing that you may see"),
        ("large", 413, "larger than can be taken"),
        ("clash", 409, "faster"),
        ("busy", 503, "busy"),
        ("bug", 500, "broke on our side"),
    ],
)
def test_a_refusal_is_a_page_in_words_with_the_requests_id(client, name, status, sentence):
    response = client.get(f"/fails/{name}/", headers={"X-Request-Id": "a-request-id"})
    page = response.content.decode()
    assert response.status_code == status
    assert sentence in page
    assert "a-request-id" in page
    assert page.count("<h1") == 1
    assert not INSIDE.search(page)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("conflict", 409, "stale"),
        ("invalid", 400, "invalid"),
        ("fields", 400, "invalid"),
        ("denied", 403, "forbidden"),
        ("missing", 404, "not_found"),
        ("large", 413, "too_large"),
        ("clash", 409, "conflict"),
        ("busy", 503, "unavailable"),
        ("unstorable", 400, "invalid"),
        ("in_use", 409, "in_use"),
        ("bug", 500, "error"),
    ],
)
def test_a_program_is_refused_in_one_shape(client, name, status, code):
    response = client.get(f"/api/v1/fails/{name}/", headers={"X-Request-Id": "a-request-id"})
    body = response.json()
    assert (response.status_code, body["code"], body["request_id"]) == (
        status,
        code,
        "a-request-id",
    )
    assert body["message"]
    assert set(body) <= {"code", "message", "fields", "request_id"}
    assert not INSIDE.search(response.content.decode())


def test_an_api_route_that_does_not_exist_answers_in_json(client):
    response = client.get("/api/v1/nothing/")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_a_program_that_is_not_logged_in_gets_401(client):
    for url in ("/api/v1/projects/shop/jobs/", f"/api/v1/jobs/{uuid4()}/"):
        response = client.get(url)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response.json()["code"] == "not_authenticated"


def test_whoever_asks_for_json_gets_json(client):
    assert client.get("/nothing/", headers={"Accept": "application/json"}).json()["code"]


def test_a_host_that_is_not_ours_is_refused_as_a_page(client):
    response = client.get("/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_a_form_without_its_token_is_told_to_reload(browse):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/fails/x/", {"text": "hello"})
    assert response.status_code == 403
    assert "out of date" in response.content.decode()


def test_a_session_without_the_token_cannot_write_through_the_api():
    member = make_member()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(member.user, backend="labeling.sessions.PersonBackend")
    assert client.post("/api/v1/fails/x/", {"a": 1}).status_code == 403


def test_a_body_above_the_limit_is_413_for_pages_and_for_programs(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    form = client.post(
        "/fails/x/", "text=" + "x" * 2000, content_type="application/x-www-form-urlencoded"
    )
    assert form.status_code == 413
    program = APIClient().post("/api/v1/fails/x/", {"text": "x" * 2000})
    assert (program.status_code, program.json()["code"]) == (413, "too_large")


def test_a_broken_page_is_shown_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/fails/bug/").status_code == 500
