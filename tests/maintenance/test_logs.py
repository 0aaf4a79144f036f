from __future__ import annotations

import json
import logging

import pytest

from maintenance.logs import JsonFormatter, RequestFilter, current_request_id


def line(message, *args, **fields):
    """What one log call becomes."""
    record = logging.LogRecord("fettle", logging.INFO, __file__, 1, message, args, None)
    for name, value in fields.items():
        setattr(record, name, value)
    RequestFilter().filter(record)
    return JsonFormatter().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "two\r\nlines",
        "\x1b[31mred\x1b[0m",
        "separator\u2028here",
        '"quotes" and \\ back',
        "x" * 1_000_000,
        "nul \x00 and bell \x07",
    ],
)
def test_whatever_is_logged_is_one_short_json_line(text):
    written = line("path %s", text)
    assert len(written.splitlines()) == 1
    assert written.isascii()
    assert len(json.loads(written)["message"]) <= 2048
    assert "\x1b" not in written


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary-1",
        "{'password': 'canary-1'}",
        '{"token": "canary-1"}',
        "reset?token=canary-1&next=/",
        "SECRET_KEY=canary-1",
        "sessionid cookie: canary-1; path=/",
        "postgres://fettle:canary-1@db/fettle",
        "redis://:canary-1@cache:6379/0",
        "/set-up/canary-1/ was opened",
        "/invite/canary-1/ was opened",
        "/password/reset/0d2f/canary-1/ was opened",
        "fettle_canary-1 was used",
    ],
)
def test_secrets_are_blotted_out(text):
    assert "canary-1" not in line("%s", text)


def test_secrets_in_the_text_of_an_exception_are_blotted_out():
    with pytest.raises(ValueError, match="password") as broken:
        int("password=canary-1 " + "x" * 100_000)
    cause = (broken.type, broken.value, broken.tb)
    record = logging.LogRecord("fettle", logging.ERROR, __file__, 1, "broke", (), cause)
    RequestFilter().filter(record)
    written = JsonFormatter().format(record)
    assert "canary-1" not in written
    assert len(written) < 20_000
    assert "ValueError" in written


def test_a_line_names_the_request_it_belongs_to():
    mark = current_request_id.set("abc")
    try:
        assert json.loads(line("hello"))["request_id"] == "abc"
    finally:
        current_request_id.reset(mark)
