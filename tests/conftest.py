"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, sync_playwright
from rest_framework.test import APIClient

from labeling.models import Membership, User
from tests.factories import make_token

# a busy machine is not a failure
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


LONG = ("test_story_", "test_pages_are_accessible", "test_two_worlds")

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data; skips where it is absent, except in CI."""
    folder = Path(os.environ.get("FETTLE_TEST_DATA", settings.BASE_DIR / "../shared/data"))
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"no real data at {folder}; set FETTLE_TEST_DATA")
        pytest.skip("no real data here; set FETTLE_TEST_DATA to its folder")
    return folder.resolve()


@pytest.fixture
def browse():
    """Log somebody in: `browse(member)` gives a test client of theirs."""

    def log_in(person: Membership | User) -> Client:
        client = Client()
        client.force_login(
            person.user if isinstance(person, Membership) else person,
            backend="labeling.sessions.PersonBackend",
        )
        return client

    return log_in


@pytest.fixture
def call():
    """A program with a token: `call(member, "items")` gives an API client of theirs."""

    def with_token(member: Membership, *scopes: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(member, *scopes)}")
        return client

    return with_token


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long stories begin first, so that no process is alone with one at the end."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is said to be there (CI), a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FETTLE_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _no_memory_between_tests():
    """Throttles count in the cache; each test begins with an empty one."""
    yield
    cache.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of the whole run: Playwright's event loop starts only once in a thread."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium here; set CHROMIUM")
        pytest.skip("no Chromium here; set CHROMIUM to its path")
    # Playwright keeps an event loop in this thread; the test still talks to the database itself.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
