from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.maintenance.failing_urls")]
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
EVERYWHERE = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def assert_protected(response):
    policy = {part.strip() for part in response["Content-Security-Policy"].split(";")}
    assert policy == POLICY
    for name, value in EVERYWHERE.items():
        assert response[name] == value
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Request-Id"]


@pytest.mark.parametrize(
    "path",
    [
        "/login/",
        "/healthz",
        "/readyz",
        "/robots.txt",
        "/metrics",
        "/nothing/",
        "/fails/conflict/",
        "/fails/invalid/",
        "/fails/denied/",
        "/fails/large/",
        "/fails/busy/",
        "/fails/bug/",
        "/system/",
        "/api/v1/nothing/",
        "/api/v1/fails/bug/",
        "/api/v1/fails/denied/",
    ],
)
def test_every_answer_carries_the_headers_that_protect_it(path):
    response = Client(raise_request_exception=False).get(path)
    assert_protected(response)
    assert response["Cache-Control"] == "private, no-store"
    assert {"Cookie", "Authorization"} <= {name.strip() for name in response["Vary"].split(",")}


def test_the_pages_of_a_member_carry_them_too(browse):
    member = make_member(None, "lead")
    assert_protected(browse(member).get(f"/p/{member.project.slug}/jobs/"))
    assert_protected(browse(make_user(is_superuser=True)).get("/system/"))


def test_a_refused_host_and_a_refused_form_carry_them_too():
    assert_protected(Client().get("/login/", headers={"Host": "evil.example"}))
    assert_protected(Client(enforce_csrf_checks=True).post("/fails/x/"))


def test_a_redirect_to_https_carries_them_too(settings):
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/login/")
    assert response.status_code == 301
    assert_protected(response)
    assert_protected(Client().get("/login/", headers={"Host": "evil.example"}))


def test_health_is_asked_over_http_from_inside(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = ["^healthz$"]
    assert Client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "given", ["short", "x" * 200, "new\u2028line", "<script>alert(1)</script>"]
)
def test_a_request_id_from_outside_is_taken_only_if_it_is_one(given):
    response = Client().get("/healthz", headers={"X-Request-Id": given})
    assert response["X-Request-Id"] != given
    assert len(response["X-Request-Id"]) == 32


def test_search_engines_are_sent_away():
    assert Client().get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_nobody_is_told_about_the_inside():
    client = Client(raise_request_exception=False)
    assert client.get("/fails/bug/").headers.get("Server") is None
    assert b"Django" not in client.get("/fails/bug/").content
    browsed = client.get("/api/v1/fails/missing/", headers={"Accept": "text/html"})
    assert browsed["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "given", ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)"]
)
def test_next_leads_nowhere_else(given):
    from tests.factories import PASSWORD

    person = make_user(password=PASSWORD)
    response = Client().post(
        f"/login/?next={given}",
        {"username": person.email, "password": PASSWORD, "next": given},
        REMOTE_ADDR="203.0.113.7",
    )
    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert not response["Location"].startswith(("//", "/\\"))
