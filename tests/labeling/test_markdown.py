from __future__ import annotations

import time

import pytest
from django.core.exceptions import ValidationError

from labeling.markdown import render_markdown


def test_prose_becomes_html():
    html = render_markdown("# Title\n\nBe **fair**.\n\n- one\n- two\n")
    assert "<h2>Title</h2>" in html
    assert "<strong>fair</strong>" in html
    assert html.count("<li>") == 2


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHN2Zz4=)",
        "[x](//elsewhere.example/)",
        "[x](/logout/)",
        "[x]: javascript:alert(1)\n\n[x]",
        "![x](https://elsewhere.example/pixel.png)",
        "<javascript:alert(1)>",
        "<math><style><img src=x onerror=alert(1)></style></math>",
        "<base href=//elsewhere.example>",
        "<meta http-equiv=refresh content=0>",
    ],
)
def test_nothing_that_acts_comes_through(text):
    html = render_markdown(text)
    for tag in ("<script", "<img", "<math", "<style", "<base", "<meta", "<svg"):
        assert tag not in html
    for link in ('href="java', 'href="vb', 'href="data', 'href="/'):
        assert link not in html.lower()


def test_a_link_elsewhere_says_nothing_about_us():
    html = render_markdown("[help](https://example.org/help)")
    assert 'href="https://example.org/help"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "*" * 60_000,
        "![" * 30_000,
        "a|" * 5_000 + "\n" + "-|" * 5_000,
        "&" * 60_000,
        "a\n" * 30_000,
        "x" * 100_001,
    ],
)
def test_what_would_take_long_is_refused(text):
    with pytest.raises(ValidationError) as refusal:
        render_markdown(text)
    assert refusal.value.code == "too_complex"


@pytest.mark.parametrize(
    "text",
    ["[" * 4_000, "[a](" * 1_300, "*a_" * 1_300, "~~a" * 1_300, "> " * 50_000, "x " * 50_000],
)
def test_what_is_taken_renders_quickly(text):
    begin = time.process_time()
    render_markdown(text)
    assert time.process_time() - begin < 0.5
