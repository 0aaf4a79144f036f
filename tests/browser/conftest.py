"""A real Chromium on the live server; skips where there is none, except in CI."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from labeling.models import Membership
from tests.factories import (
    make_annotator,
    make_items,
    make_project,
    make_queue,
    make_rubric_version,
    topic,
)

expect.set_options(timeout=20_000)  # a busy machine is not a failure


@pytest.fixture
def context(chromium: Browser, live_server) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(30_000)
    context.route = routed(context)  # type: ignore[method-assign, assignment]
    with answered_in_full():
        yield context
        context.close()


def routed(context: BrowserContext) -> Callable[..., None]:
    """`context.route`, in force when it returns: an open page learns of it a moment later."""
    begin = context.route

    def route(*args: Any, **options: Any) -> None:
        begin(*args, **options)
        for page in context.pages:
            page.evaluate("0")

    return route


@contextmanager
def answered_in_full() -> Iterator[None]:
    """Leave only when the server has finished what it was asked: the database is emptied next."""
    running, lock = [0], Lock()

    def count(by: int) -> Callable[..., None]:
        def change(**_: object) -> None:
            with lock:
                running[0] += by

        return change

    began, ended = count(1), count(-1)
    request_started.connect(began)
    request_finished.connect(ended)
    yield
    for _ in range(500):
        time.sleep(0.02)
        if running[0] <= 0:
            break
    request_started.disconnect(began)
    request_finished.disconnect(ended)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; whatever its scripts throw or its policy blocks fails the test."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Policy" in line.text else None)
    yield page
    assert problems == []


@pytest.fixture
def log_in(context: BrowserContext, live_server):
    """Log somebody in without going through the form."""

    def as_member(member: Membership) -> None:
        client = Client()
        client.force_login(member.user, backend="labeling.sessions.PersonBackend")
        name = "sessionid"
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return as_member


@pytest.fixture
def ann():
    return make_annotator(make_project("shop"))


@pytest.fixture
def judging(ann, page, log_in):
    """The judging page with the first of five items on it; topic and tone are asked."""
    version = make_rubric_version(
        ann.project,
        [topic(), topic("good", "bad", key="tone", prompt="How does it sound?")],
    )
    make_queue(ann.project, make_items(ann.project, 5), overlap=1, version=version)
    log_in(ann)
    page.goto("/p/shop/judge/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What is it about?")).to_be_visible()
    return page
