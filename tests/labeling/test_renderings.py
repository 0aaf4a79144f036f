"""What a field's text is shown as: read strictly, shown plainly where it is something else."""

from __future__ import annotations

import base64
import json
import re
import struct
import time

import pytest

from labeling.models import ContentField
from labeling.policy.rendering import Rendered, guess, render, split
from tests.factories import make_annotator, make_items, make_project, make_queue
from tests.security.content import DECEPTIVE, PAYLOADS

KINDS = ["text", "markdown", "code", "json", "chat", "table", "image"]
TURNS = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Here."}]


def png(width: int = 2, height: int = 3) -> str:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
    content = head + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def said(text: str) -> list[tuple[str, str, bool]]:
    value = render(text, "chat").value
    return [(turn.role, turn.text, turn.asks) for turn in value.first]


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_too_strange_to_be_rendered(kind):
    strange = ["", "[" * 5_000, '{"a":' * 900, "\ud800", "|" * 9_000]
    for text in (*PAYLOADS, *DECEPTIVE, *strange):
        shown = render(text, kind)
        assert isinstance(shown, Rendered)
        assert shown.text == text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "a,b\n" * 250_000,
        json.dumps([TURNS[0]] * 20_000),
        json.dumps({"a": [1] * 300_000}),
        "User: hello\n" * 80_000,
    ],
    ids=["words", "cells", "turns", "numbers", "lines"],
)
def test_a_megabyte_is_rendered_at_once(kind, text):
    began = time.process_time()
    render(text, kind)
    assert time.process_time() - began < 2


def test_turns_are_read_from_the_usual_lists():
    wanted = [("user", "Where is it?", True), ("assistant", "Here.", False)]
    assert said(json.dumps(TURNS)) == wanted
    assert said(json.dumps({"messages": TURNS})) == wanted
    assert said('[{"from": "human", "value": "Hi"}]') == [("human", "Hi", True)]
    parts = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "x", "n": 1.50}]}]
    assert said(json.dumps(parts)) == [("user", 'a\n{"type": "x", "n": 1.5}', True)]
    assert said('[{"role": "tool", "content": null}]') == [("tool", "", False)]


def test_turns_are_read_from_lines_that_begin_with_a_name():
    text = "Customer: Where is it?\nI paid.\nAgent Smith: On its way:\n- soon"
    wanted = [("Customer", "Where is it?\nI paid.", True)]
    assert said(text) == [*wanted, ("Agent Smith", "On its way:\n- soon", False)]


@pytest.mark.parametrize(
    "text", ["Hello", "Dear team: hello", "Before\nUser: x\nBot: y", "[]", '[{"role": 1}]', "[3]"]
)
def test_what_is_no_conversation_is_shown_as_it_is(text):
    assert render(text, "chat") == Rendered("text", text, failed=True)


def test_json_keeps_every_digit_and_every_key():
    value = render('{"a": 1.10, "a": 12345678901234567890123, "b": [true, null, {}]}', "json").value
    listed = [(step.kind, step.key, step.text) for step in value.steps]
    assert listed == [
        ("object", None, "{}"),
        ("number", "a", "1.10"),
        ("number", "a", "12345678901234567890123"),
        ("list", "b", "[]"),
        ("constant", None, "true"),
        ("constant", None, "null"),
        ("empty", None, "{}"),
        ("end", None, ""),
        ("end", None, ""),
    ]


def test_each_opened_object_is_closed_however_deep_or_long_it_is():
    for text in ("[" * 300 + "]" * 300, json.dumps([[1] * 50] * 100)):
        tree = render(text, "json").value
        kinds = [step.kind for step in tree.steps]
        assert kinds.count("list") == kinds.count("end")
        assert tree.cut


@pytest.mark.parametrize(
    "text",
    [
        "name,age\nAda,36\nAlan,41",
        "name\tage\nAda\t36\nAlan\t41",
        "name;age\nAda;36\nAlan;41",
        "| name | age |\n|---|---|\n| Ada | 36 |\n| Alan | 41 |",
        '[{"name": "Ada", "age": 36}, {"name": "Alan", "age": 41}]',
        '[["name", "age"], ["Ada", 36], ["Alan", 41]]',
    ],
    ids=["commas", "tabs", "semicolons", "bars", "objects", "lists"],
)
def test_rows_are_read_from_every_usual_form(text):
    table = render(text, "table").value
    assert (table.head, table.first) == (["name", "age"], [["Ada", "36"], ["Alan", "41"]])


@pytest.mark.parametrize(
    "text", ["Hello, you", "one", "a,b", 'a,b\n"c', "[]", "[1]", "a\nb,c,d\ne"]
)
def test_what_is_no_table_is_shown_as_it_is(text):
    assert render(text, "table").failed


def test_a_picture_says_its_size_and_carries_only_what_was_checked():
    image = render(f" {png(4, 5)}\n", "image").value
    assert (image.kind, image.width, image.height) == ("png", 4, 5)
    assert image.address == png(4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x.png",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html;base64,PHN2Zz4=",
        "data:image/png;base64,PHN2Zz4=",
        "data:image/gif;base64,R0lGODlh",
        "data:image/jpeg;base64,/9j/",
        "data:image/webp;base64,UklGRg==",
        png(100_000, 100_000),
        png(0, 1),
        f'{png()}" onerror="alert(1)',
    ],
)
def test_what_is_no_safe_picture_is_shown_as_text(text):
    assert render(text, "image").kind == "text"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"GIF89a" + struct.pack("<HH", 2, 3), "gif"),
        (b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x11\x08" + struct.pack(">HH", 3, 2), "jpeg"),
        (b"RIFFxxxxWEBPVP8X" + b"\0" * 8 + b"\x01\0\0\x02\0\0", "webp"),
        (b"RIFFxxxxWEBPVP8L" + b"\0" * 5 + struct.pack("<I", 1 | 2 << 14), "webp"),
        (b"RIFFxxxxWEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 2, 3), "webp"),
    ],
    ids=["gif", "jpeg", "webp", "webp-lossless", "webp-lossy"],
)
def test_pictures_of_each_kind_say_their_size(content, kind):
    text = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    image = render(text, "image").value
    assert (image.width, image.height) == (2, 3)


def test_code_is_split_into_lines():
    lines = render("\n".join(map(str, range(1_000))), "code").value
    assert (len(lines.first), lines.rest.split("\n")[0]) == (400, "400")


def test_a_long_text_is_cut_between_words_and_nothing_is_lost():
    text = "word " * 10_000
    shown, rest = split(text)
    assert shown + rest == text
    assert shown.endswith(" ")
    assert split("x" * 30_000)[0] == "x" * 20_000


@pytest.mark.parametrize(
    ("texts", "look"),
    [
        (["Hello", "**you**"], "text"),
        ([], "text"),
        (["", '{"a": 1}'], "json"),
        ([json.dumps(TURNS), json.dumps(TURNS)], "chat"),
        ([json.dumps(TURNS), "{}"], "text"),
        ([png()], "image"),
        (["[not json]"], "text"),
    ],
)
def test_a_rendering_is_guessed_only_where_all_texts_agree(texts, look):
    assert guess(texts) == look


@pytest.fixture
def shown(browse):
    """The judging page for one text of a field with a rendering."""

    def page(text: str, rendering: str, visibility: str = "shown") -> str:
        ann = make_annotator(make_project("shop"))
        fields = {"rendering": rendering, "visibility": visibility}
        ContentField.objects.update(**fields)
        make_queue(ann.project, make_items(ann.project, 1, content={"text": text}))
        client = browse(ann)
        client.post("/p/shop/judge/")
        return client.get("/p/shop/judge/").text

    return page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rendering", "text", "wanted"),
    [
        ("markdown", "**Hello**", "<strong>Hello</strong>"),
        ("code", "a\nb", "code-box"),
        ("json", '{"price": 10.50}', ">10.50<"),
        ("chat", json.dumps(TURNS), 'class="turn asks"'),
        ("table", "a,b\n1,2", '<th scope="col">'),
        ("image", png(), f'src="{png()}"'),
    ],
)
@pytest.mark.parametrize("fits", [True, False], ids=["fitting", "unfit"])
def test_the_page_shows_each_rendering_or_says_that_it_cannot(shown, rendering, text, wanted, fits):
    page = shown(text if fits else f"No {rendering} <b>at all", rendering)
    assert (wanted in page) == (fits or rendering == "code")
    if not fits:
        assert f"No {rendering} &lt;b&gt;at all" in page
    assert "labeling/rendering.css" in page


@pytest.mark.django_db
def test_a_plain_short_text_loads_nothing_more(shown):
    page = shown("Hello", "text")
    assert "rendering.css" not in page
    assert "data-act" not in re.sub(r"<form.*", "", page, flags=re.DOTALL).partition("<main")[2]


@pytest.mark.django_db
def test_a_masked_field_is_masked_before_it_is_rendered(shown):
    page = shown('[{"role": "user", "content": "Call 0171"}]', "chat", "masked")
    assert "Call ••••" in page
    assert "0171" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("rendering", KINDS[:-1])
def test_a_hidden_character_is_named_in_every_rendering(shown, rendering):
    texts = {"chat": "User: a\u202eb\nBot: c", "json": '["a\u202eb"]', "table": "x,y\na\u202eb,c"}
    page = shown(texts.get(rendering, "a\u202eb"), rendering)
    assert "⟨U+202E⟩" in page
    assert "data-codes" in page


@pytest.mark.django_db
def test_half_of_a_character_in_json_breaks_no_page(shown):
    assert "⟨U+D800⟩" in shown('["\\ud800"]', "json")
