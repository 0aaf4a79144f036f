"""What must hold of the settings, asked of the real ones in a process of their own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends import cached_db, db

SECRET = "a-secret-key-of-a-deployment-with-more-than-fifty-letters-in-it"
DEPLOYED = {"FETTLE_URL": "https://fettle.example.org", "SECRET_KEY": SECRET}
SHOW = """
import json
from maintenance import settings
shown = {name: value for name, value in vars(settings).items() if name.isupper()}
print(json.dumps(shown, default=lambda value: None))
"""


def run(folder, *command, **environment):
    """A process that sees only these variables."""
    clean = {"PATH": os.environ["PATH"], "FETTLE_DATA": str(folder), **environment}
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *command],
        env=clean,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings_with(folder, **environment):
    done = run(folder, "-c", SHOW, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    redis = {"REDIS_URL": "redis://127.0.0.1:6379/0"}
    return settings_with(tmp_path_factory.mktemp("deployed"), **DEPLOYED, **redis)


def test_the_deployment_check_has_nothing_to_say(tmp_path):
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = run(tmp_path, *check, **DEPLOYED)
    assert done.returncode == 0, done.stderr


def test_cookies_are_bound_to_the_host_and_to_https(deployed):
    assert deployed["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert deployed["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert deployed["SESSION_COOKIE_SECURE"]
    assert deployed["CSRF_COOKIE_SECURE"]
    assert deployed["SESSION_COOKIE_HTTPONLY"]
    assert deployed["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert deployed["SESSION_COOKIE_AGE"] <= 12 * 3600
    assert "SESSION_COOKIE_DOMAIN" not in deployed


def test_sessions_are_in_the_database_so_that_losing_redis_logs_nobody_out(deployed):
    engine = import_module(deployed["SESSION_ENGINE"])
    assert issubclass(engine.SessionStore, db.SessionStore)
    assert not issubclass(engine.SessionStore, cached_db.SessionStore)
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")


def test_only_our_host_is_answered_over_https_for_a_year(deployed):
    assert deployed["ALLOWED_HOSTS"] == ["fettle.example.org"]
    assert deployed["CSRF_TRUSTED_ORIGINS"] == ["https://fettle.example.org"]
    assert deployed["SECURE_SSL_REDIRECT"]
    assert deployed["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert "SECURE_PROXY_SSL_HEADER" not in deployed
    assert not settings.USE_X_FORWARDED_HOST
    assert not deployed["DEBUG"]


def test_uploads_are_bounded(deployed):
    assert deployed["DATA_UPLOAD_MAX_MEMORY_SIZE"] <= 2 * 1024 * 1024
    assert deployed["DATA_UPLOAD_MAX_NUMBER_FIELDS"] <= 2000
    assert deployed["DATA_UPLOAD_MAX_NUMBER_FILES"] <= 5
    assert deployed["FILE_UPLOAD_PERMISSIONS"] == 0o640


def test_workers_take_ids_as_json_and_lose_nothing(deployed):
    assert deployed["CELERY_ACCEPT_CONTENT"] == ["json"]
    assert deployed["CELERY_RESULT_ACCEPT_CONTENT"] == ["json"]
    assert deployed["CELERY_TASK_IGNORE_RESULT"]
    assert deployed["CELERY_TASK_ACKS_LATE"]
    assert deployed["CELERY_TASK_REJECT_ON_WORKER_LOST"]
    assert deployed["CELERY_WORKER_PREFETCH_MULTIPLIER"] == 1
    assert deployed["CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT"] == 60
    assert deployed["CELERY_TASK_SOFT_TIME_LIMIT"] < deployed["CELERY_TASK_TIME_LIMIT"]
    visible_again = deployed["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"]
    assert deployed["CELERY_TASK_TIME_LIMIT"] < visible_again


def test_the_api_denies_by_default_and_speaks_only_json(deployed):
    rest = deployed["REST_FRAMEWORK"]
    assert rest["DEFAULT_PERMISSION_CLASSES"] == ["labeling.api.permissions.Deny"]
    assert rest["DEFAULT_RENDERER_CLASSES"] == ["rest_framework.renderers.JSONRenderer"]
    assert not any("Basic" in name for name in rest["DEFAULT_AUTHENTICATION_CLASSES"])
    assert rest["DEFAULT_THROTTLE_CLASSES"]
    assert rest["DEFAULT_PAGINATION_CLASS"]


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({**DEPLOYED, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({**DEPLOYED, "DEBUG": "true"}, "DEBUG"),
        ({**DEPLOYED, "DEBUG": "1"}, "DEBUG"),
        ({**DEPLOYED, "DEBUG": "True"}, "DEBUG"),
    ],
)
def test_it_does_not_start_with_settings_that_give_it_away(tmp_path, environment, word):
    done = run(tmp_path, "-c", SHOW, **environment)
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {word}" in done.stderr


def test_a_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = settings_with(tmp_path / "var")
    file = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= 50
    assert settings_with(tmp_path / "var")["SECRET_KEY"] == first["SECRET_KEY"]
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        keys = pool.map(lambda _: settings_with(tmp_path)["SECRET_KEY"], range(3))
    assert len(set(keys)) == 1


def test_without_redis_and_postgresql_it_works_alone(tmp_path):
    alone = settings_with(tmp_path)
    assert alone["DATABASES"]["default"]["ENGINE"].endswith("sqlite3")
    assert alone["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert alone["CELERY_BROKER_URL"] == "memory://"


def test_web_queries_on_postgresql_end_in_time(tmp_path):
    database = {"DATABASE_URL": "postgres://db/fettle", "DATABASE_STATEMENT_TIMEOUT": "30"}
    options = settings_with(tmp_path, **database)["DATABASES"]["default"]["OPTIONS"]["options"]
    assert "statement_timeout=30s" in options
    assert "lock_timeout=10s" in options


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("ALLOWED_HOSTS", ["*"], "E001"),
        ("ALLOWED_HOSTS", [".example.org"], "E001"),
        ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"script-src": ["'unsafe-inline'"]}}, "E002"),
        ("CONTENT_SECURITY_POLICY", {}, "E002"),
        ("REST_FRAMEWORK", {}, "E003"),
        ("CELERY_BROKER_TRANSPORT_OPTIONS", {"visibility_timeout": 60}, "E004"),
    ],
)
def test_our_own_checks_see_what_djangos_do_not(monkeypatch, name, value, number):
    from django.core.checks import run_checks

    monkeypatch.setattr(settings, name, value)
    found = run_checks(tags=["security"], include_deployment_checks=True)
    assert f"fettle.{number}" in [message.id for message in found]
