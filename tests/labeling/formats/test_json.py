from __future__ import annotations

import functools
import json
import operator
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.formats.json_files import ArraySplitter
from labeling.formats.reading import read_chunks, read_rows
from labeling.formats.rows import FileTooComplex, Format, FormatError, Limits, Refusal, Row
from tests.labeling.formats.files import make_file, read, reasons, values

HOSTILE_LINES = {
    "100,000 levels of nesting": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep"),
    "51 levels of nesting": (b'{"a":' + b"[" * 50 + b"]" * 50 + b"}", "more than 50 levels"),
    "a line above a megabyte": (b'{"a":"' + b"x" * 1_048_576 + b'"}', "longer than 1 MB"),
    "latin-1": ('{"a":"é"}'.encode("latin-1"), "not UTF-8 (byte 0xE9 at position 7)"),
    "half of a surrogate pair": (b'{"a":"\\ud800"}', "half of a surrogate pair"),
    "an escaped NUL": (b'{"a":"x\\u0000y"}', "NUL"),
    "an escaped NUL deep inside": (b'{"a":[{"b":"\\u0000"}]}', "NUL"),
    "an escaped NUL in a key": (b'{"a\\u0000":1}', "NUL"),
    "a raw NUL": (b'{"a":"\x00"}', "control character"),
    "NaN": (b'{"a":NaN}', "not valid JSON"),
    "Infinity": (b'{"a":-Infinity}', "not valid JSON"),
    "1e400": (b'{"a":1e400}', "number is infinity"),
    "an integer of 5,000 digits": (b'{"a":' + b"9" * 5_000 + b"}", "number is infinity"),
    "a hundred thousand keys": (
        json.dumps({str(n): 0 for n in range(80_000)}).encode(),
        "more than 1,000 keys",
    ),
    "a list": (b"[1, 2]", "must be an object in curly braces, not a list"),
    "a number": (b"17", "not a number"),
    "null": (b"null", "not null"),
    "two objects": (b'{"a":1} {"b":2}', "at column 9"),
    "plain text": (b"hello", "not valid JSON"),
    "half an object": (b'{"a": 1', "not valid JSON"),
}
# Half an object has no end inside an array: that is a broken array, tested further down.
ELEMENTS = {name: case for name, case in HOSTILE_LINES.items() if name != "half an object"}


@pytest.mark.parametrize(("line", "why"), HOSTILE_LINES.values(), ids=HOSTILE_LINES.keys())
def test_a_hostile_line_is_refused_by_number_and_its_neighbours_are_read(tmp_path, line, why):
    content = b'{"a": 1}\n' + line + b'\n{"a": 3}\n'
    before, refused, after = read(tmp_path, content, Format.JSON_LINES)
    assert isinstance(refused, Refusal)
    assert str(refused).startswith("line 2: ")
    assert why in refused.reason
    assert len(refused.reason) < 300
    assert (before, after) == (Row(1, {"a": 1}), Row(3, {"a": 3}))


@pytest.mark.parametrize(("line", "why"), ELEMENTS.values(), ids=ELEMENTS.keys())
def test_a_hostile_element_of_an_array_is_refused_by_its_position(tmp_path, line, why):
    content = b'[{"a": 1},\n' + line + b',{"a": 3}]'
    before, refused, after = read(tmp_path, content, Format.JSON_ARRAY)
    assert isinstance(refused, Refusal)
    assert refused.line == 2
    assert why in refused.reason
    assert (before, after) == (Row(1, {"a": 1}), Row(3, {"a": 3}))


def test_line_ends_marks_and_empty_lines_do_not_matter(tmp_path):
    content = b'\xef\xbb\xbf{"a":1}\r\n\n   \r\n{"a":2}'
    assert read(tmp_path, content, Format.JSON_LINES) == [Row(1, {"a": 1}), Row(4, {"a": 2})]


def test_a_million_empty_lines_are_nothing(tmp_path):
    assert read(tmp_path, b"\n" * 1_000_000, Format.JSON_LINES) == []


def test_of_duplicate_keys_the_last_one_counts(tmp_path):
    assert values(read(tmp_path, '{"a":1,"a":2}', Format.JSON_LINES)) == [{"a": 2}]


def test_a_backslash_before_u0000_is_text_and_not_a_nul(tmp_path):
    [row] = values(read(tmp_path, rb'{"a":"\\u0000"}', Format.JSON_LINES))
    assert row == {"a": "\\u0000"}


def test_many_brackets_and_colons_in_a_text_are_not_structure(tmp_path):
    text = "{[:" * 2_000
    [row] = values(read(tmp_path, json.dumps({"a": text}), Format.JSON_LINES))
    assert row == {"a": text}


@pytest.mark.parametrize("file_format", [Format.JSON_LINES, Format.JSON_ARRAY, Format.CSV])
def test_one_line_of_sixty_megabytes_takes_hardly_any_memory(tmp_path, file_format):
    opening = {Format.JSON_LINES: b"", Format.JSON_ARRAY: b"[", Format.CSV: b"a\n"}[file_format]
    closing = {Format.JSON_LINES: b"\n", Format.JSON_ARRAY: b"]", Format.CSV: b"\n"}[file_format]
    path = make_file(tmp_path, opening + b'{"a":"' + b"x" * 60_000_000 + b'"}' + closing)
    tracemalloc.start()
    [refused] = read_rows(path, file_format)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "longer than 1 MB" in str(refused)
    assert peak < 8_000_000


def test_more_rows_than_the_limit_end_the_reading(tmp_path):
    path = make_file(tmp_path, b'{"a":1}\n' * 11)
    rows = read_rows(path, Format.JSON_LINES, Limits(rows=10))
    assert len(list(islice(rows, 10))) == 10
    with pytest.raises(FileTooComplex, match="more than 10 rows"):
        next(rows)


def test_chunks_hold_the_same_rows(tmp_path):
    path = make_file(tmp_path, b'{"a":1}\nx\n' * 5)
    chunks = list(read_chunks(path, Format.JSON_LINES, size=4))
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    assert functools.reduce(operator.iadd, chunks, []) == list(read_rows(path, Format.JSON_LINES))


BROKEN_ARRAYS = {
    "never closed": ('[{"a":1},{"a":2}', "“]” is missing"),
    "a string never closed": ('[{"a":1},{"a":"2}]', "“]” is missing"),
    "text after it": ('[{"a":1}] {"a":2}', "text after the end"),
    "closed by a brace": ('[{"a":1}}', "text after the end"),
    "a comma at the end": ('[{"a":1},]', "nothing between two commas"),
    "two commas": ('[{"a":1},,{"a":2}]', "nothing between two commas"),
    "brackets that do not match": ('[{"a":1},{"a":[}},{"a":2}]', "not valid JSON"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN_ARRAYS.values(), ids=BROKEN_ARRAYS.keys())
def test_a_broken_array_says_what_is_wrong(tmp_path, content, why):
    rows = read(tmp_path, content, Format.JSON_ARRAY)
    assert rows[0] == Row(1, {"a": 1})
    assert any(why in reason for reason in reasons(rows))


@pytest.mark.parametrize("content", ["[]", " [ ]\n", "\ufeff[]"])
def test_an_empty_array_holds_nothing(tmp_path, content):
    assert read(tmp_path, content, Format.JSON_ARRAY) == []


def test_much_space_after_an_array_is_nothing_and_text_after_it_is_told(tmp_path):
    content = '[{"a":1}]' + " " * 600_000
    assert read(tmp_path, content, Format.JSON_ARRAY) == [Row(1, {"a": 1})]
    assert reasons(read(tmp_path, content + "x", Format.JSON_ARRAY)) == [
        "line 2: there is text after the end of the array"
    ]


def test_what_is_no_array_is_not_read_as_one(tmp_path):
    with pytest.raises(FormatError, match="does not start with"):
        read(tmp_path, '{"a":1}', Format.JSON_ARRAY)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=5), st.integers(1, 9))
def test_an_array_is_cut_the_same_wherever_its_chunks_end(objects, size):
    body = json.dumps(objects, ensure_ascii=False).encode("utf-8", "surrogatepass")[1:]
    splitter = ArraySplitter(limit=1_000_000)
    cut = [
        element
        for start in range(0, len(body), size)
        for _, element in splitter.feed(body[start : start + size])
    ]
    assert [json.loads(element or b"") for element in cut] == objects
    assert splitter.trouble() == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_reasons(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    for file_format in (Format.JSON_LINES, Format.CSV):
        try:
            rows = read(folder, content, file_format)
        except FormatError:
            continue
        assert all(isinstance(row, (Row, Refusal)) for row in rows)
    rows = read(folder, b"[" + content, Format.JSON_ARRAY)
    assert all(isinstance(row, (Row, Refusal)) for row in rows)
