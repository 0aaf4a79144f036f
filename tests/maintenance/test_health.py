from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from labeling.models import Job, RunnerHeartbeat
from labeling.services import runner
from maintenance.views import health
from tests.factories import make_project

Usage = namedtuple("Usage", "total used free")


def test_the_process_is_alive_whatever_the_database_does():
    response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_ready_when_a_runner_has_been_seen_within_a_minute():
    assert Client().get("/readyz").json() == {
        "ready": False,
        "checks": {"database": True, "migrations": True, "jobs": False, "disk": True},
    }
    runner.note_seen()
    assert Client().get("/readyz").status_code == 200
    RunnerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert Client().get("/readyz").status_code == 503


@pytest.mark.django_db
def test_it_is_not_ready_before_its_migrations(monkeypatch):
    runner.note_seen()
    monkeypatch.setattr(health, "_on_disk", lambda: frozenset({("labeling", "9999_later")}))
    assert Client().get("/readyz").json()["checks"]["migrations"] is False


@pytest.mark.django_db
def test_it_is_not_ready_on_a_full_disk(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 99, 1))
    assert Client().get("/readyz").json()["checks"]["disk"] is False


@pytest.mark.django_db
def test_it_is_not_ready_when_the_database_does_not_answer(monkeypatch):
    def away():
        raise OperationalError("host db-7.internal refused")

    monkeypatch.setattr(health, "_database_answers", away)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert b"db-7" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "sent"),
    [("", "Bearer "), ("", ""), ("abc", ""), ("abc", "Bearer abd"), ("abc", "Basic abc")],
)
def test_metrics_do_not_exist_without_their_token(settings, token, sent):
    settings.METRICS_TOKEN = token
    assert Client().get("/metrics", headers={"Authorization": sent}).status_code == 404


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_jobs_by_state(settings):
    settings.METRICS_TOKEN = "abc"
    Job.objects.create(kind="x", not_before=timezone.now() - timedelta(minutes=1))
    make_project("secret-project")
    Client().get("/p/secret-project/jobs/")
    Client().get("/secret-path/")
    text = Client().get("/metrics", headers={"Authorization": "Bearer abc"}).content.decode()
    assert 'fettle_request_seconds_count{method="GET",route="jobs",status="302"}' in text
    assert 'fettle_jobs{state="queued"} 1.0' in text
    assert "fettle_jobs_due 1.0" in text
    assert "secret" not in text
